"""From what people wrote to `Settings`, or to an error that says what is expected.

Flags, YAML files and piped answers all arrive here as text together with its source, so that the
same mistake gets the same message wherever it was made.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from nn.errors import SettingError
from nn.settings.declaration import SHORTHAND, TRAINING, Settings
from nn.settings.setting import Declaration, Model, Setting
from nn.wording import nearest_hint, shorten


class Given(NamedTuple):
    """A value as it was written, and its source: `--epochs`, or a file, line and key."""

    value: object
    source: str


def check_settings(given: Mapping[str, Given]) -> Settings:
    """Return the settings with the given values, and defaults for the rest.

    Args:
        given: The values as written, by the names of their settings.

    Raises:
        SettingError: The setting is unknown, or does not accept the value.
    """
    for name in SHORTHAND:
        if "layers" in given and name in given:
            raise SettingError(
                f"{given['layers'].source} and {given[name].source} both define the layers; "
                "keep one of them"
            )
    return check_given(given, TRAINING)


def check_given(given: Mapping[str, Given], declared: Declaration[Model]) -> Model:
    """Return the settings of any declaration with the given values, and defaults for the rest.

    Raises:
        SettingError: The setting is unknown, or does not accept the value.
    """
    for name, (_, source) in given.items():
        if name not in declared.settings:
            raise SettingError(f"{source}: unknown setting{nearest_hint(name, declared.settings)}")
    try:
        return declared.model.model_validate({name: value for name, (value, _) in given.items()})
    except SettingError as error:
        # From a setting with a syntax of its own (layers, vary); its name begins the message.
        name = next(name for name in given if str(error).startswith(name))
        raise SettingError(given[name].source + str(error).removeprefix(name)) from None
    except ValidationError as error:
        name = str(error.errors(include_url=False, include_context=False)[0]["loc"][0])
        raise wrong_value(declared.settings[name], given[name]) from None


def check_value(name: str, given: Given, declared: Declaration[Any] = TRAINING) -> Any:
    """Return the value of one setting, checked.

    Raises:
        SettingError: The setting does not accept it.
    """
    return getattr(check_given({name: given}, declared), name)


def wrong_value(setting: Setting, given: Given) -> SettingError:
    """Return the error for a value that a setting does not accept."""
    spellings = [spelling for choice in setting.choices for spelling in choice.spellings]
    hint = nearest_hint(str(given.value), spellings)
    return SettingError(
        f"{given.source} is {shorten(given.value)}; expected {setting.expected}{hint}"
    )
