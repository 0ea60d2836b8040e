"""The settings that a run is resumed with: its own, but for a few that may change."""

from collections.abc import Mapping, Sequence
from typing import Any

from nn.errors import SettingError
from nn.runs.file_names import SETTINGS
from nn.runs.run_folder import RunFolder
from nn.settings.checking import Given, check_settings
from nn.settings.declaration import SETTINGS as DECLARED
from nn.settings.declaration import SHORTHAND, Settings
from nn.settings.effect import effective, lasting
from nn.wording import shorten

_MAY_CHANGE = ("epochs", "data_dir", "checkpoint_steps")


def check_settings_unchanged(folder: RunFolder, saved: Settings, numbers: dict[str, Any]) -> None:
    """Raise if `settings.yaml` is not what the training began with.

    Args:
        folder: The run's folder.
        saved: The contents of its `settings.yaml`.
        numbers: Those of its checkpoint; empty if there is none.

    Raises:
        SettingError: They differ; the message lists how.
    """
    began, now = numbers.get("settings", lasting(saved)), lasting(saved)
    # A setting that did not exist yet when the training began has its default.
    known = {name: setting.show(setting.default) for name, setting in DECLARED.items()}
    began = {**{name: known[name] for name in now}, **began}
    different = [name for name in DECLARED if str(began.get(name)) != str(now.get(name))]
    if different:
        raise SettingError(
            f"{folder.path / SETTINGS}: changed since training began: "
            f"{_differences(different, began, 'was', now, 'now')}. Undo the change to resume, or "
            "train a new run with --config and this file."
        )


def resumed_settings(
    folder: RunFolder, saved: Settings, given: Mapping[str, Given], numbers: dict[str, Any]
) -> Settings:
    """Return the run's settings, changed as a person asked where that is possible.

    Args:
        folder: The run's folder.
        saved: Its settings.
        given: What was passed along; everything but `epochs`, `data_dir` and `checkpoint_steps`
            must be as in the run, or without effect.
        numbers: Those of its checkpoint; empty if there is none.

    Raises:
        SettingError: Another setting is passed, or fewer epochs than are trained.
    """
    values = check_settings(given).model_dump(include=set(given))
    if values.get("dataset") == "auto":  # the run's data set is one of these
        del values["dataset"]
    other = set(SHORTHAND) if "layers" in values else {"layers"} if saved.layers else set()
    replaced = {
        name: DECLARED[name].default for name in other if set(values) & {*SHORTHAND, "layers"}
    }
    wanted = saved.model_copy(update={**replaced, **values})
    first, second = effective(saved), effective(wanted)
    different = [
        name for name in DECLARED if first.get(name) != second.get(name) and name not in _MAY_CHANGE
    ]
    if different:
        raise SettingError(
            f"{folder.path} can only be resumed with its own settings: "
            f"{_differences(different, first, 'is', second, 'not')}. Leave these out to resume, or "
            "train a new run without --resume."
        )
    settings = saved.model_copy(
        update={name: values[name] for name in _MAY_CHANGE if name in values}
    )
    if "epochs" in given:
        _check_epochs(saved, settings, given["epochs"].source, numbers)
    return settings


def _check_epochs(
    saved: Settings, settings: Settings, source: str, numbers: dict[str, Any]
) -> None:
    if settings.epochs != saved.epochs and "epochs" in lasting(saved):
        raise SettingError(
            f"{source} is {settings.epochs:,}, but this run must have {saved.epochs:,}: with "
            f"{saved.decay} decay, the learning rates of all epochs depend on their number, also "
            "of those already trained. Leave it out to resume, or train a new run."
        )
    begun = numbers.get("epochs", 0) + bool(numbers.get("examples", 0))
    if settings.epochs < begun:
        raise SettingError(
            f"{source} is {settings.epochs:,}, but the run is already in epoch {begun:,}; expected "
            f"a whole number from {begun:,}"
        )


def _differences(
    names: Sequence[str], first: Mapping[str, Any], verb: str, second: Mapping[str, Any], word: str
) -> str:
    """Return what differs in words: `learning_rate is 0.01 (not 0.5), seed is 0 (not 7)`."""
    return ", ".join(
        f"{name} {verb} {_shown(first, name)} ({word} {_shown(second, name)})" for name in names
    )


def _shown(values: Mapping[str, Any], name: str) -> str:
    return shorten(values[name]).strip("'") if name in values else "unused"
