"""What a search varies: values to choose from, or a range to draw from, of one or more settings.

Written as YAML, in a config, a flag or a piped line:

    learning_rate: 1e-4..1 log, hidden_units: 50..1000, l2_strength: [0, 1e-6, 1e-4]

A key may name several settings that vary together; each of its values is then a list, one for each:

    activation, optimizer: [[relu, sgd], [sigmoid, sgd], [relu, momentum]]
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from nn.errors import SettingError
from nn.settings.checking import Given, check_value
from nn.settings.declaration import SETTINGS
from nn.settings.plain_yaml import read_value
from nn.wording import nearest_hint, shorten

_PATHS = ("data_dir", "save_dir", "name")
_MOST_COMBINATIONS = 100_000
_DIGITS = 4  # significant digits of a number drawn from a range; nobody would read more
EXPECTED = (
    "settings with a list or a range, as in hidden_units: [50, 100], learning_rate: 1e-4..1 log"
)


@dataclass(frozen=True)
class Values:
    """One or more settings with a list of values.

    Attributes:
        names: The settings; several if they vary together.
        choices: For each choice the value of each setting.
    """

    names: tuple[str, ...]
    choices: tuple[tuple[Any, ...], ...]

    @cached_property
    def _by_label(self) -> dict[str, tuple[Any, ...]]:
        return {
            ", ".join(SETTINGS[n].show(v) for n, v in zip(self.names, choice, strict=True)): choice
            for choice in self.choices
        }

    @property
    def labels(self) -> list[str]:
        """Each choice as text."""
        return list(self._by_label)

    def settings(self, label: Any) -> dict[str, Any]:
        """Return the values of the settings for one of the labels."""
        return dict(zip(self.names, self._by_label[label], strict=True))


@dataclass(frozen=True)
class Range:
    """A setting that can be any number from `low` to `high`.

    Attributes:
        name: The setting.
        low: The smallest number.
        high: The largest number.
        log: Whether to draw uniformly on a logarithmic scale.
        whole: Whether to draw whole numbers only.
    """

    name: str
    low: float
    high: float
    log: bool
    whole: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The one setting."""
        return (self.name,)

    def settings(self, drawn: Any) -> dict[str, Any]:
        """Return the value of the setting for a drawn number."""
        if self.whole:
            return {self.name: int(drawn)}
        rounded = float(f"{drawn:.{_DIGITS}g}")
        return {self.name: min(max(rounded, self.low), self.high)}


Dimension = Values | Range
Space = Mapping[str, Dimension]


def read_space(written: object, source: str) -> dict[str, Dimension]:
    """Return what varies, from YAML text or from the mapping that was read from it.

    Raises:
        SettingError: It is not a mapping, names an unknown setting or a value that its setting does
            not take, or has a range from large to small.
    """
    if isinstance(written, str):
        text = written.strip()
        try:
            written = read_value(text if text.startswith("{") else f"{{{text}}}")
        except ValueError:
            raise SettingError(f"{source} is {shorten(text)}; expected {EXPECTED}") from None
        if isinstance(written, dict):
            written = _join_keys(written)
    if not isinstance(written, dict) or not written:
        raise SettingError(f"{source} is {shorten(written or '')}; expected {EXPECTED}")
    space: dict[str, Dimension] = {}
    for key, value in written.items():
        names = tuple(name.strip() for name in key.split(","))
        for name in names:
            _check_name(name, source)
        if any(name in other.names for other in space.values() for name in names):
            raise SettingError(f"{source} names {key} twice")
        space[", ".join(names)] = _dimension(names, value, f"{source}: {key}")
    return space


def _join_keys(written: dict[str, Any]) -> dict[str, Any]:
    """Join `a, b: [...]`, which YAML reads within braces as an empty `a` and a `b`."""
    joined: dict[str, Any] = {}
    waiting: list[str] = []
    for key, value in written.items():
        waiting.append(key)
        if value != "":
            joined[", ".join(waiting)] = value
            waiting = []
    return joined | ({", ".join(waiting): ""} if waiting else {})


def _check_name(name: str, source: str) -> None:
    if name not in SETTINGS:
        raise SettingError(
            f"{source}: unknown setting {shorten(name)}{nearest_hint(name, SETTINGS)}"
        )
    if name in _PATHS:
        raise SettingError(f"{source}: {name} is a path or a name; it cannot vary")


def _dimension(names: tuple[str, ...], value: object, source: str) -> Dimension:
    """Return the values or the range of these settings."""
    if isinstance(value, list):
        choices = [_choice(names, item, source) for item in value]
        if not choices:
            raise SettingError(f"{source} has no values")
        return Values(names, tuple(one for i, one in enumerate(choices) if one not in choices[:i]))
    if len(names) == 1 and isinstance(value, str) and ".." in value:
        return _range(names[0], value, source)
    if value == "":
        raise SettingError(f"{source} has no values; expected {EXPECTED}")
    return Values(names, (_choice(names, value, source),))


def _choice(names: tuple[str, ...], item: object, source: str) -> tuple[Any, ...]:
    if len(names) == 1:
        return (check_value(names[0], Given(item, source)),)
    if not isinstance(item, list) or len(item) != len(names):
        raise SettingError(
            f"{source} has the value {shorten(item)}; each value is a list of {len(names)}"
        )
    return tuple(
        check_value(name, Given(one, f"{source} ({name})"))
        for name, one in zip(names, item, strict=True)
    )


def _range(name: str, text: str, source: str) -> Range:
    setting = SETTINGS[name]
    if setting.choices or setting.kind not in (int, float):
        raise SettingError(f"{source} is {shorten(text)}; expected {setting.expected}, not a range")
    span, *rest = text.split()
    first, _, second = span.partition("..")
    if rest not in ([], ["log"]):
        raise SettingError(f"{source} is {shorten(text)}; only the word log may follow a range")
    low, high = (check_value(name, Given(end, source)) for end in (first, second))
    if low > high:
        raise SettingError(f"{source} is {shorten(text)}, from large to small; write {high}..{low}")
    if low == high:
        raise SettingError(f"{source} is {shorten(text)}, which is a single number")
    if rest and low <= 0:
        raise SettingError(f"{source} is {shorten(text)}; a log range must begin above 0")
    return Range(name, low, high, bool(rest), setting.kind is int)


def grid(space: Space) -> Iterator[dict[str, Any]]:
    """Yield every combination, as the label of each dimension's choice.

    Raises:
        SettingError: A dimension is a range, or there are too many combinations.
    """
    labels = []
    for key, dimension in space.items():
        if isinstance(dimension, Range):
            raise SettingError(
                f"vary: {key} is a range; the sampler grid accepts only lists of values; tpe and "
                "random also accept ranges"
            )
        labels.append(dimension.labels)
    combinations = math.prod(map(len, labels))
    if combinations > _MOST_COMBINATIONS:
        raise SettingError(
            f"vary: a grid of {shorten(combinations)} combinations; at most "
            f"{_MOST_COMBINATIONS:,} are allowed"
        )
    for combination in product(*labels):
        yield dict(zip(space, combination, strict=True))


def settings_of(space: Space, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings for one point of the space."""
    return {
        name: value
        for key, dimension in space.items()
        for name, value in dimension.settings(params[key]).items()
    }


def show_space(space: Space) -> str:
    """Return what varies as text."""
    return ", ".join(f"{key}: {_show(dimension)}" for key, dimension in space.items())


def _show(dimension: Dimension) -> str:
    if isinstance(dimension, Range):
        return f"{dimension.low}..{dimension.high}{' log' if dimension.log else ''}"
    wrap = "[{}]" if len(dimension.names) > 1 else "{}"
    return f"[{', '.join(wrap.format(label) for label in dimension.labels)}]"


def show_settings(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of settings as text."""
    return {name: SETTINGS[name].show(value) for name, value in values.items()}
