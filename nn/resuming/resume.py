"""Resuming a run that was killed or stopped, and extending one that is finished.

A run is resumed with its own settings, on its own images, from a checkpoint that belongs to both;
any difference is reported and rejected. It then ends byte-identical to an uninterrupted run.

A finished run is never trained again in its own folder. For more epochs it is extended: a new run
continues from its checkpoint, so that both can be compared.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from shlex import quote
from typing import Any

from nn.datasets.download import DownloadObserver
from nn.datasets.framing import Framing
from nn.datasets.normalization import Normalization
from nn.errors import DataError, RunFolderError, SettingError
from nn.files.training_lock import training_lock
from nn.installation import command
from nn.resuming.resumed_session import ResumedSession
from nn.resuming.resumed_settings import check_settings_unchanged, resumed_settings
from nn.runs.assembly import assemble
from nn.runs.beginning import begin_run, write_beginning
from nn.runs.checkpoint_file import read_checkpoint
from nn.runs.checkpoint_numbers import read_numbers
from nn.runs.checkpoint_writer import CheckpointWriter
from nn.runs.data_facts import DataFacts
from nn.runs.experiment import FinishedRun, finish_run
from nn.runs.file_names import DATA, SETTINGS
from nn.runs.first_layer import copy_epoch_1
from nn.runs.preparation import PreparedData, Report, prepare_data
from nn.runs.run_folder import RunFolder
from nn.runs.run_session import RunSession
from nn.runs.snapshots import copy_snapshots
from nn.runs.starting_network import adopt, starting_run
from nn.runs.write_scope import check_data_dir
from nn.settings.checking import Given, check_settings
from nn.settings.config_files import read_notes
from nn.settings.declaration import Settings
from nn.training.state import TrainingState
from nn.training.trainer import Observer
from nn.wording import counted


def resume_run(
    folder: RunFolder,
    given: Mapping[str, Given],
    *,
    observers: Sequence[Observer] = (),
    report: Report = lambda message: None,
    on_download: DownloadObserver | None = None,
    keep_locked: ExitStack | None = None,
    snapshots: bool = False,
) -> FinishedRun:
    """Resume a run and finish it as if it had never been interrupted; extend it if it is finished.

    Args:
        folder: The run's folder.
        given: Settings that were passed along; only `epochs`, `data_dir` and `checkpoint_steps`
            may differ from the run's. A new run is made in `save_dir`, or beside the finished one.
        observers: Told of every epoch's start, progress and end.
        report: Called with each fact to report.
        on_download: Told of a download's progress.
        keep_locked: The trained run's folder is locked until this is closed; if None, until the
            end here.
        snapshots: Whether to keep the network of some epochs, for a report.

    Raises:
        DataError: The images are missing or damaged, or are not the run's.
        RunFolderError: Another program trains the run, its checkpoint is damaged, or the folder
            cannot be written.
        SettingError: The settings differ from the run's.
        StoppedError: Training was stopped, and what this session learned was discarded.
    """
    with ExitStack() as until_the_end:
        lock = (keep_locked or until_the_end).enter_context(ExitStack())
        lock.enter_context(training_lock(folder.path))
        saved = folder.read_settings()
        numbers = read_progress(folder)
        check_settings_unchanged(folder, saved, numbers)
        settings = resumed_settings(folder, saved, given, numbers)
        if "data_dir" not in given:
            check_data_dir(folder.path, settings)
        start = None if numbers else starting_run(settings, folder.path.parent)
        scaling, framing = (
            (start.normalization, start.framing) if start else _taken_over(folder, settings)
        )
        data = prepare_data(
            settings,
            normalization=scaling,
            framing=framing,
            report=report,
            on_progress=on_download,
        )
        report(data.summary)
        _check_data_unchanged(folder, settings, data, numbers)
        state = assemble(settings, data, report)
        if numbers:
            restore(folder, state)
        if start:
            adopt(start, state, data.images)
        session: RunSession
        if folder.is_finished and _is_extended(folder, saved, settings, state):
            lock.close()
            save_dir = Path(check_settings(given).save_dir) if "save_dir" in given else None
            session = _extend(folder, settings, data, state, save_dir=save_dir, lock=lock)
            report(f"Extending {folder.path}, which stays as it is, as {session.folder.path}.")
        else:
            session = ResumedSession(folder)
            if not numbers:
                write_beginning(folder, settings, data, read_notes(folder.path / SETTINGS))
            elif settings != saved:
                folder.write_settings(settings, read_notes(folder.path / SETTINGS))
        if len(state.history) < settings.epochs:
            report(_progress(session.folder, settings, state))
        return finish_run(
            session, settings, data, state, observers=observers, report=report, snapshots=snapshots
        )


def _taken_over(
    folder: RunFolder, settings: Settings
) -> tuple[Normalization | None, Framing | None]:
    """Return what a run took over from the one it started from; nothing if it started from none."""
    if not settings.start_from:
        return None, None
    return folder.read_normalization(), folder.read_framing(folder.read_data_facts().image_shape)


def read_progress(folder: RunFolder) -> dict[str, Any]:
    """Return the numbers of a run's checkpoint; empty if it has none yet.

    Raises:
        RunFolderError: The checkpoint is damaged, or a finished run has none.
    """
    try:
        return read_numbers(folder.checkpoint)
    except FileNotFoundError:
        if folder.is_finished:
            raise RunFolderError(
                f"{folder.path}: it is finished, and without {folder.checkpoint.name} it cannot be "
                f"extended. {_train_again(folder)}"
            ) from None
        return {}
    except (OSError, ValueError) as error:
        raise _damaged(folder, error) from None


def restore(folder: RunFolder, state: TrainingState) -> None:
    """Make a training what it was at its run's checkpoint, and return that.

    Raises:
        RunFolderError: The checkpoint is damaged, or belongs to another run.
    """
    try:
        state.put_back(read_checkpoint(folder.checkpoint, state.layout))
    except (OSError, ValueError) as error:
        raise _damaged(folder, error) from None


def _damaged(folder: RunFolder, error: Exception) -> RunFolderError:
    reason = getattr(error, "strerror", None) or error
    remedy = "Remove the file to start the run from the beginning."
    if folder.is_finished:
        remedy = f"The run's result is intact. {_train_again(folder)}"
    return RunFolderError(f"{folder.checkpoint}: cannot resume from it: {reason}. {remedy}")


def _train_again(folder: RunFolder) -> str:
    path = quote(str(folder.path / SETTINGS))
    return f"To train it again: {command('train')} --config {path}"


def _check_data_unchanged(
    folder: RunFolder, settings: Settings, data: PreparedData, numbers: dict[str, Any]
) -> None:
    """Raise if the images are not those that the training began with."""
    now, before = DataFacts.of(data.images), {}
    if (folder.path / DATA).exists():  # it is missing if the program was killed before it
        before[DATA] = folder.read_data_facts().crc32
    if numbers:
        before[folder.checkpoint.name] = numbers["data_crc32"]
    for name, crc32 in before.items():
        if crc32 != now.crc32:
            raise DataError(
                f"{settings.data_dir}: these are not the images that {folder.path} was trained "
                f"on: their checksum is {now.crc32:08x}, but {name} says {crc32:08x}. Restore "
                "those images, or pass their folder with --data-dir."
            )


def _is_extended(
    folder: RunFolder, saved: Settings, settings: Settings, state: TrainingState
) -> bool:
    """Return whether all epochs of a finished run are trained, and more are requested.

    Raises:
        SettingError: Early stopping ended its training, so there can be no more epochs.
    """
    if state.early_stopping and settings.epochs != saved.epochs:
        state.early_stopping.on_resume(state.history)
        if state.early_stopping.should_stop:
            raise SettingError(
                f"--epochs is {settings.epochs:,}, but early stopping ended the training of "
                f"{folder.path} after epoch {len(state.history):,} (patience: "
                f"{counted(settings.patience, settings.patience_unit.removesuffix('s'))}). Leave "
                "it out, or train a new run with a larger patience."
            )
    return saved.epochs <= len(state.history) < settings.epochs


def _extend(
    finished: RunFolder,
    settings: Settings,
    data: PreparedData,
    state: TrainingState,
    *,
    save_dir: Path | None,
    lock: ExitStack,
) -> RunSession:
    """Begin a new run that continues a finished one; by default beside it."""
    path = finished.path if finished.path.name.strip(".") else finished.path.resolve()
    notes = read_notes(finished.path / SETTINGS)
    notes.append(f"extends: {finished.name}, after {counted(len(state.history), 'epoch')}")
    folder = RunFolder.create(save_dir or path.parent, path.name)
    session = begin_run(folder, settings, data, notes, lock)
    try:
        copy_epoch_1(finished, session.folder, state.network)
        copy_snapshots(finished, session.folder, state.network, settings.epochs)
        crc32 = DataFacts.of(data.images).crc32
        CheckpointWriter(session.folder.checkpoint, state, settings, crc32).write()
    except BaseException:
        session.discard()
        raise
    return session


def _progress(folder: RunFolder, settings: Settings, state: TrainingState) -> str:
    epochs, examples = len(state.history), state.so_far.examples
    if not epochs and not examples:
        return f"Resuming {folder.path} from the beginning."
    within = f" and {counted(examples, 'image')} of epoch {epochs + 1:,}" if examples else ""
    return f"Resuming {folder.path} after {epochs:,} of {settings.epochs:,} epochs{within}."
