"""Taking up a run that was left: killed, stopped, or finished and to be trained further.

It goes on only as what it was. The settings are those of its own `settings.yaml`, the images those
of its own checksum, and the checkpoint must be one of both; whatever differs is refused by name.
Then the end is the same to the last byte as if the training had never been left.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from shlex import quote
from typing import Any

from nn.datasets.download import DownloadObserver
from nn.errors import DataError, RunFolderError, SettingError
from nn.files.training_lock import training_lock
from nn.installation import command
from nn.runs.assembly import assemble
from nn.runs.checkpoint_file import read_checkpoint
from nn.runs.checkpoint_numbers import read_numbers
from nn.runs.experiment import FinishedRun, finish_run, write_beginning
from nn.runs.file_names import DATA, SETTINGS
from nn.runs.preparation import PreparedData, Report, prepare_data
from nn.runs.run_folder import DataFacts, RunFolder
from nn.runs.run_session import LaterSession
from nn.runs.write_scope import check_data_dir
from nn.settings.checking import Given, check_settings
from nn.settings.config_files import read_notes
from nn.settings.declaration import SETTINGS as DECLARED
from nn.settings.declaration import SHORTHAND, Settings
from nn.settings.effect import effective, lasting
from nn.training.state import TrainingState
from nn.training.trainer import Observer
from nn.wording import shorten

_MAY_CHANGE = ("epochs", "data_dir", "checkpoint_steps")


def resume_run(
    folder: RunFolder,
    given: Mapping[str, Given],
    *,
    observers: Sequence[Observer] = (),
    report: Report = lambda message: None,
    on_download: DownloadObserver | None = None,
    keep_locked: ExitStack | None = None,
) -> FinishedRun:
    """Go on with a run, and finish it as if it had never been left.

    Args:
        folder: The run's folder.
        given: Settings that were given along; only `epochs`, `data_dir` and `checkpoint_steps` may
            differ from the run's.
        observers: Told of every epoch's start, progress and end.
        report: Told what is worth saying.
        on_download: Told of a download's progress.
        keep_locked: The run's folder is locked until this is closed; if None, until the end here.

    Raises:
        DataError: the images cannot be had, or are not the run's.
        RunFolderError: another program trains the run, its checkpoint is damaged, or the folder
            cannot be written.
        SettingError: other settings are given than the run has.
        StoppedError: training was stopped, and what it learned now is to be forgotten.
    """
    with ExitStack() as until_the_end:
        (keep_locked or until_the_end).enter_context(training_lock(folder.path))
        saved = folder.read_settings()
        numbers = _checkpoint_numbers(folder)
        _refuse_other_settings(folder, saved, numbers)
        settings = _with_given(folder, saved, given, numbers)
        if "data_dir" not in given:
            check_data_dir(folder.path, settings)
        data = prepare_data(settings, report=report, on_progress=on_download)
        report(data.summary)
        _refuse_other_data(folder, settings, data, numbers)
        state = assemble(settings, data, report)
        if numbers:
            _put_back(folder, state)
        if len(state.history) < settings.epochs:
            report(_where_it_goes_on(folder, settings, state))
        session = LaterSession(folder)
        if not numbers:
            write_beginning(folder, settings, data, notes=read_notes(folder.path / SETTINGS))
        elif settings != saved:
            folder.write_settings(settings, read_notes(folder.path / SETTINGS))
        return finish_run(session, settings, data, state, observers=observers, report=report)


def _checkpoint_numbers(folder: RunFolder) -> dict[str, Any]:
    """Return the numbers of a run's checkpoint; nothing where there is none yet."""
    try:
        return read_numbers(folder.checkpoint)
    except FileNotFoundError:
        if folder.is_finished:
            raise RunFolderError(
                f"{folder.path}: it is finished, and without {folder.checkpoint.name} its training "
                f"cannot go on. {_repeat(folder)}"
            ) from None
        return {}
    except (OSError, ValueError) as error:
        raise _damaged(folder, error) from None


def _put_back(folder: RunFolder, state: TrainingState) -> None:
    """Make a training what it was at its checkpoint."""
    try:
        state.put_back(read_checkpoint(folder.checkpoint, state.layout))
    except (OSError, ValueError) as error:
        raise _damaged(folder, error) from None


def _damaged(folder: RunFolder, error: Exception) -> RunFolderError:
    reason = getattr(error, "strerror", None) or error
    remedy = "Remove the file to start the run from its beginning."
    if folder.is_finished:
        remedy = f"The run's result is whole. {_repeat(folder)}"
    return RunFolderError(f"{folder.checkpoint}: cannot resume from it: {reason}. {remedy}")


def _repeat(folder: RunFolder) -> str:
    path = quote(str(folder.path / SETTINGS))
    return f"To train it anew: {command('train')} --config {path}"


def _refuse_other_settings(folder: RunFolder, saved: Settings, numbers: dict[str, Any]) -> None:
    """Raise if `settings.yaml` is not what the training began with."""
    began, now = numbers.get("settings", lasting(saved)), lasting(saved)
    different = [name for name in DECLARED if str(began.get(name)) != str(now.get(name))]
    if different:
        differences = _named(different, began, "when it began", now, "now")
        raise SettingError(
            f"{folder.path / SETTINGS}: changed since the training began: {differences}. "
            "Change it back to go on, or train another run with --config and this file."
        )


def _with_given(
    folder: RunFolder, saved: Settings, given: Mapping[str, Given], numbers: dict[str, Any]
) -> Settings:
    """Return the run's settings with what may be given anew.

    Raises:
        SettingError: something else is given, or fewer epochs than are trained.
    """
    values = check_settings(given).model_dump(include=set(given))
    if values.get("dataset") == "auto":  # which the run's is one of
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
            f"{folder.path} goes on with its own settings only: "
            f"{_named(different, first, 'there', second, 'given now')}. Leave that out to go on, "
            "or train another run without --resume."
        )
    settings = saved.model_copy(
        update={name: values[name] for name in _MAY_CHANGE if name in values}
    )
    if "epochs" in given:
        _check_epochs(saved, settings, given["epochs"].source, numbers)
    return settings


def _check_epochs(saved: Settings, settings: Settings, place: str, numbers: dict[str, Any]) -> None:
    if settings.epochs != saved.epochs and "epochs" in lasting(saved):
        raise SettingError(
            f"{place} is {settings.epochs:,}, and the run's number is {saved.epochs:,}: with "
            "cosine decay the learning rates of all epochs depend on it, those already trained "
            "too. Leave it out to go on, or train another run."
        )
    begun = numbers.get("epochs", 0) + bool(numbers.get("examples", 0))
    if settings.epochs < begun:
        raise SettingError(
            f"{place} is {settings.epochs:,}, and the run is in epoch {begun:,} already; it takes "
            f"a whole number from {begun:,}"
        )


def _named(
    names: Sequence[str], first: Mapping[str, Any], when: str, second: Mapping[str, Any], then: str
) -> str:
    """Say which settings differ, and how."""
    return ", ".join(
        f"{name} is {_shown(first, name)} {when} and {_shown(second, name)} {then}"
        for name in names
    )


def _shown(values: Mapping[str, Any], name: str) -> str:
    return shorten(values[name]).strip("'") if name in values else "without effect"


def _refuse_other_data(
    folder: RunFolder, settings: Settings, data: PreparedData, numbers: dict[str, Any]
) -> None:
    """Raise if the images are not those that the training began with."""
    now, before = DataFacts.of(data.images), {}
    if (folder.path / DATA).exists():  # else the program was killed before it was written
        before[DATA] = folder.read_data_facts().crc32
    if numbers:
        before[folder.checkpoint.name] = numbers["data_crc32"]
    for name, crc32 in before.items():
        if crc32 != now.crc32:
            raise DataError(
                f"{settings.data_dir}: these are not the images that {folder.path} was trained "
                f"on: their checksum is {now.crc32:08x}, and {name} says {crc32:08x}. Bring those "
                "back, or name their folder with --data-dir."
            )


def _where_it_goes_on(folder: RunFolder, settings: Settings, state: TrainingState) -> str:
    epochs, examples = len(state.history), state.so_far.examples
    within = f" and {examples:,} images of epoch {epochs + 1:,}" if examples else ""
    if not epochs and not examples:
        return f"{folder.path} goes on from its beginning."
    return f"{folder.path} goes on after {epochs:,} of {settings.epochs:,} epochs{within}."
