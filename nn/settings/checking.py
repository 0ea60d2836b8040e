"""From what people wrote to `Settings`, or to an error that says how to write it.

Flags, YAML files and piped answers all arrive here as text with the place it was written at, so
that one wrong value is described in the same words wherever it came from.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from nn.errors import SettingError
from nn.settings.declaration import SHORTHAND, TRAINING, Settings
from nn.settings.setting import Declaration, Model, Setting


class Given(NamedTuple):
    """A value as somebody wrote it, and where: `--epochs`, or a file, its line and the key."""

    value: object
    source: str


def check_settings(given: Mapping[str, Given]) -> Settings:
    """Return the settings with every value given, and defaults for the rest.

    Args:
        given: for each setting's name the value as it was written; a later source of values
            wins over an earlier one by being merged over it.

    Raises:
        SettingError: a name is no setting, or a value is not one that its setting takes.
    """
    for name in SHORTHAND:
        if "layers" in given and name in given:
            raise SettingError(
                f"{given['layers'].source} and {given[name].source} both say what the layers are; "
                "keep one of them"
            )
    return check_given(given, TRAINING)


def check_given(given: Mapping[str, Given], declared: Declaration[Model]) -> Model:
    """Return the values given of any declaration's settings, and defaults for the rest.

    Raises:
        SettingError: a name is no setting, or a value is not one that its setting takes.
    """
    for name, (_, source) in given.items():
        if name not in declared.settings:
            raise SettingError(f"{source} is no setting{nearest_hint(name, declared.settings)}")
    try:
        return declared.model.model_validate({name: value for name, (value, _) in given.items()})
    except SettingError as error:
        # Of a setting that reads its own little language; the message begins with its name.
        name = next(name for name in given if str(error).startswith(name))
        raise SettingError(given[name].source + str(error).removeprefix(name)) from None
    except ValidationError as error:
        name = str(error.errors(include_url=False, include_context=False)[0]["loc"][0])
        raise wrong_value(declared.settings[name], given[name]) from None


def check_value(name: str, given: Given, declared: Declaration[Any] = TRAINING) -> Any:
    """Return the value of one setting, checked.

    Raises:
        SettingError: it is not one that the setting takes.
    """
    return getattr(check_given({name: given}, declared), name)


def wrong_value(setting: Setting, given: Given) -> SettingError:
    """Return the error for a value that the setting does not take."""
    spellings = [spelling for choice in setting.choices for spelling in choice.spellings]
    hint = nearest_hint(str(given.value), spellings)
    return SettingError(
        f"{given.source} is {shorten(given.value)}; it takes {setting.expected}{hint}"
    )


def nearest_hint(written: str, names: Iterable[str]) -> str:
    """Return `. Did you mean ...?` with the name most like `written`, or nothing if none is."""
    any_case = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(written[:100].casefold(), any_case, n=1)
    return f". Did you mean {any_case[near[0]]}?" if near else ""


def shorten(written: object, longest: int = 40) -> str:
    """Return `written` in quotes, on one line, cut after so many characters."""
    text = written if isinstance(written, str) else str(written)
    return repr(text) if len(text) <= longest else f"{text[:longest]!r}..."
