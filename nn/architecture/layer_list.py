"""The list of layers that people write, read and checked.

A network's architecture is data, not code.
A run's `layers` is a list such as

    [{conv2d: {filters: 8, kernel_size: 3, dilation: 2}}, relu, flatten, {dense: 128}, relu]

and the shorthand of the eight questions (layers, units, activation) is expanded to such a list.
`nn.architecture.kinds` lists the layers.
"""

from collections.abc import Mapping
from typing import Any

from nn.architecture.kinds import KINDS
from nn.errors import SettingError
from nn.wording import nearest_hint, shorten

# A layer as it is written: its name, or its name with an option (`{"dense": 128}`) or several
# (`{"conv2d": {"filters": 8, "kernel_size": 3}}`).
LayerSpec = str | Mapping[str, Any]

_MOST_LAYERS = 1000


def hidden_layer_list(hidden_layers: int, hidden_units: int, activation: str) -> list[LayerSpec]:
    """Expand the shorthand: dense layers of equal size, each with its activation.

    >>> hidden_layer_list(1, 64, "relu")
    [{'dense': 64}, 'relu']
    """
    layer: list[LayerSpec] = [{"dense": hidden_units}, activation]
    return layer * hidden_layers


def check_layers(written: object) -> list[LayerSpec]:
    """Return a list of layers in its plainest form: names in lower case, numbers as numbers.

    `build_network` checks what depends on the images (whether sizes fit). Checking a
    checked list returns an equal one.

    Args:
        written: The value from a YAML file or a flag; numbers may be text.

    Raises:
        SettingError: it is not a list of layers; the message names the layer, its value and what is
            expected.
    """
    read = read_layers(written)
    if not read:
        raise SettingError(
            "layers is an empty list; expected at least one layer (for a network without hidden "
            "layers, leave it out and set hidden_layers to 0)"
        )
    return [_in_plain_form(name, options) for name, options in read]


def read_layers(written: object) -> list[tuple[str, dict[str, object]]]:
    """Return every layer's name and options, in the order of the list."""
    if not isinstance(written, list | tuple):
        raise SettingError(
            f"layers is {shorten(written)}; expected a list of layers, as in [{{dense: 64}}, relu]"
        )
    if len(written) > _MOST_LAYERS:
        raise SettingError(
            f"layers has {len(written):,} layers; at most {_MOST_LAYERS:,} are allowed"
        )
    read = [_read_layer(number, layer) for number, layer in enumerate(written, start=1)]
    outputs = [number for number, (name, _) in enumerate(read, start=1) if name == "output"]
    if len(outputs) > 1:
        raise SettingError(f"{layer_source(outputs[1], 'output')}: it appears twice; keep one")
    return read


def _read_layer(number: int, layer: object) -> tuple[str, dict[str, object]]:
    if isinstance(layer, Mapping) and len(layer) == 1:
        ((name, written),) = layer.items()
    else:
        name, written = layer, None
    if not isinstance(name, str):
        raise SettingError(
            f"layers, layer {number} is {shorten(layer)}; expected one layer, such as relu "
            "or {dense: 128}"
        )
    plain_name = name.strip().casefold()
    if plain_name not in KINDS:
        raise SettingError(
            f"layers, layer {number}: unknown layer {shorten(name)}"
            f"{nearest_hint(plain_name, KINDS) or '.'} The layers are {', '.join(KINDS)}"
        )
    return plain_name, _read_options(layer_source(number, plain_name), plain_name, written)


def _read_options(source: str, name: str, written: object) -> dict[str, object]:
    """Return a layer's options, checked, from a mapping, a single value or nothing."""
    kind = KINDS[name]
    if written is None or written == "":
        written = {}
    elif not isinstance(written, Mapping):
        if not kind.options:
            raise SettingError(f"{source} has no options, got {shorten(written)}")
        written = {next(iter(kind.options)): written}

    options = {}
    for option_name, value in written.items():
        option = kind.options.get(option_name)
        if option is None:
            known = f"Its options are {', '.join(kind.options)}" if kind.options else "It has none"
            hint = nearest_hint(str(option_name), kind.options) or "."
            raise SettingError(f"{source}: unknown option {shorten(option_name)}{hint} {known}")
        try:
            options[option_name] = option.read(value)
        except (ValueError, TypeError, OverflowError):
            raise SettingError(
                f"{source}: {option_name} is {shorten(value)}; expected {option.expected}"
            ) from None
    for option_name, option in kind.options.items():
        if option.required and option_name not in options:
            raise SettingError(f"{source}: {option_name} is missing, as in {kind.example}")
    return options


def _in_plain_form(name: str, options: Mapping[str, object]) -> LayerSpec:
    if not options:
        return name
    if list(options) == list(KINDS[name].options)[:1]:
        return {name: next(iter(options.values()))}
    return {name: dict(options)}


def layer_source(number: int, name: str) -> str:
    """Return where a layer is written, for errors."""
    return f"layers, layer {number} ({name})"
