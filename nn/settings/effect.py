"""Which settings have an effect, given the others.

Momentum has no effect on plain SGD, nor has the strength of L1 if L1 is off. Two runs that differ
only in such settings are the same training and must be recognized as such.
"""

from collections.abc import Callable

from nn.settings.declaration import SETTINGS, SHORTHAND, Settings

_AROUND = ("data_dir", "save_dir", "name", "checkpoint_steps", "threads")
_WHERE: dict[str, Callable[[Settings], bool]] = {
    **{name: lambda _: False for name in _AROUND},
    **{name: lambda s: not s.layers for name in SHORTHAND},
    "hidden_units": lambda s: not s.layers and s.hidden_layers > 0,
    "activation": lambda s: not s.layers and s.hidden_layers > 0,
    "layers": lambda s: bool(s.layers),
    "initialization": lambda s: not s.start_from,
    "l1_strength": lambda s: s.l1,
    "decay": lambda s: s.learning_rate_decay,
    "decay_rate": lambda s: s.learning_rate_decay and s.decay in ("exponential", "step"),
    "decay_every": lambda s: s.learning_rate_decay and s.decay == "step",
    "momentum": lambda s: s.optimizer == "momentum",
    "dampening": lambda s: s.optimizer == "momentum",
    "monitor": lambda s: bool(s.patience) or s.restore_best_weights,
    "patience_unit": lambda s: bool(s.patience),
    "patience_for": lambda s: bool(s.patience),
    "min_delta": lambda s: bool(s.patience),
    "prepare": lambda s: s.dataset in ("auto", "pictures"),
    "image_size": lambda s: s.dataset in ("auto", "pictures"),
    "color": lambda s: s.dataset != "built-in",
    "validation_size": lambda s: s.split == "official",
}


def has_effect(name: str, settings: Settings) -> bool:
    """Return whether another value of that setting could change the network."""
    return name not in _WHERE or _WHERE[name](settings)


def lasting(settings: Settings) -> dict[str, str]:
    """Return the effective settings that must not change when a run is resumed.

    The number of epochs may grow, unless all learning rates depend on it (cosine and one_cycle).
    """
    falls_with_epochs = settings.learning_rate_decay and settings.decay in ("cosine", "one_cycle")
    same = effective(settings)
    return same if falls_with_epochs else {n: v for n, v in same.items() if n != "epochs"}


def effective(settings: Settings) -> dict[str, str]:
    """Return the values of all settings that have an effect, as text, by name."""
    return {
        name: setting.show(getattr(settings, name))
        for name, setting in SETTINGS.items()
        if has_effect(name, settings)
    }
