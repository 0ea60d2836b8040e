"""What a search varies, ticked from suggestions; whoever wants anything else writes it as YAML."""

from collections.abc import Mapping
from types import MappingProxyType

from nn.console.interview import BACK, Asker
from nn.settings.declaration import SETTINGS
from nn.settings.setting import Choice

# A range is for samplers that draw numbers; a grid needs values.
_NUMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "learning_rate": ("0.0003", "0.001", "0.003", "0.01", "0.03", "0.1", "1e-4..0.1 log"),
        "hidden_units": ("16", "32", "64", "128", "256", "16..256"),
        "batch_size": ("4", "16", "64", "1..64 log"),
        "momentum": ("0.5", "0.8", "0.9", "0.95", "0.5..0.99"),
        "l2_strength": ("0", "1e-5", "1e-4", "1e-3", "1e-6..1e-2 log"),
        "seed": ("0", "1", "2", "3", "4"),
    }
)
_NAMES = ("learning_rate", "hidden_units", "hidden_layers", "activation", "optimizer",
          "batch_size", "initialization", "normalization", "momentum", "l1", "l2_strength",
          "seed")  # fmt: skip
_YAML = Choice("something else", explain="written as YAML")


def choose_what_varies(asker: Asker) -> str:
    """Let a person tick settings, and values for each of them.

    Args:
        asker: How to ask.

    Returns:
        What varies, as YAML; empty if the person wants to write it.
    """
    settings = [Choice(name, explain=SETTINGS[name].help) for name in _NAMES]
    while True:
        names = asker.tick("Which settings should vary?", [*settings, _YAML])
        if names is BACK or _YAML.value in names:
            return ""
        parts = []
        for name in names:
            ticked = asker.tick(f"Which values of {name}?", suggested_values(name))
            if ticked is BACK:
                break
            ranges = [value for value in ticked if ".." in value]
            parts.append(f"{name}: {ranges[0] if ranges else '[' + ', '.join(ticked) + ']'}")
        else:
            return ", ".join(parts)


def suggested_values(name: str) -> list[Choice]:
    """Return the values of a setting that are worth trying."""
    setting = SETTINGS[name]
    if setting.choices:
        return [Choice(one.shown, explain=one.explain) for one in setting.choices]
    default = f"{name} is {setting.show(setting.default)} by default"
    return [
        Choice(text, explain="any number in between; not for a grid" if ".." in text else default)
        for text in _NUMBERS[name]
    ]
