"""From settings to a finished run: prepare, assemble, train, judge, save."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from nn.datasets.download import DownloadObserver
from nn.datasets.images import MNIST_FINGERPRINT
from nn.errors import DivergedError, ProgramError, RunFolderError, StoppedError
from nn.network import Network
from nn.runs.assembly import assemble
from nn.runs.beginning import begin_run, describe_run, notes_on
from nn.runs.checkpoint_writer import CheckpointWriter
from nn.runs.data_facts import DataFacts
from nn.runs.facts import NothingToTrain
from nn.runs.first_layer import FirstLayerWriter
from nn.runs.judging import judge
from nn.runs.layers_history import write_layers_history
from nn.runs.observers import HistoryWriter, LearningWatch, layer_probe
from nn.runs.predictions import Predictions
from nn.runs.preparation import PreparedData, Report, prepare_data
from nn.runs.run_folder import Result, RunFolder
from nn.runs.run_session import RunSession
from nn.runs.snapshots import SnapshotWriter
from nn.runs.starting_network import adopt, remark_on_pictures, starting_run
from nn.runs.verdict import verdict
from nn.settings.declaration import Settings
from nn.training.state import TrainingState
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer, train
from nn.wording import counted


@dataclass(frozen=True)
class FinishedRun:
    """A run whose training has ended.

    Attributes:
        folder: Where everything was saved.
        result: The final figures.
        network: The network, with the parameters that were saved.
        predictions: What the network predicts for the test images.
        seconds: How long training took.
        cut_short: Why training ended before its last epoch, if it did.
        verdict: What the curves and the result say, in a sentence or two; may be empty.
    """

    folder: RunFolder
    result: Result
    network: Network
    predictions: Predictions
    seconds: float
    cut_short: ProgramError | None
    verdict: str


def run_experiment(
    settings: Settings,
    *,
    observers: Sequence[Observer] = (),
    report: Report = lambda message: None,
    on_download: DownloadObserver | None = None,
    keep_locked: ExitStack | None = None,
    snapshots: bool = False,
) -> FinishedRun:
    """Train the network that the settings describe and save everything about it.

    Args:
        settings: All of them.
        observers: Told of every epoch's start, progress and end.
        report: Called with each fact to report.
        on_download: Told of a download's progress.
        keep_locked: The run's folder is locked until this is closed; if None, until the end here.
        snapshots: Whether to keep the network of some epochs, for a report.

    Raises:
        DataError: The images are missing or damaged.
        RunFolderError: The folder cannot be written.
        StoppedError: Training was stopped and discarded; nothing is left of it.
    """
    start = starting_run(settings, Path(settings.save_dir))
    data = prepare_data(
        settings,
        normalization=start.normalization if start else None,
        framing=start.framing if start else None,
        report=report,
        on_progress=on_download,
    )
    report(data.summary)
    settings = settings.model_copy(update={"dataset": data.images.dataset})
    state = assemble(settings, data, report)
    if start:
        adopt(start, state, data.images)
        if remark := remark_on_pictures(start, settings):
            report(remark)
    name = settings.name or describe_run(settings)
    with ExitStack() as until_the_end:
        locks = keep_locked or until_the_end
        folder = RunFolder.create(Path(settings.save_dir), name)
        session = begin_run(folder, settings, data, notes_on(data), locks)
        return finish_run(
            session, settings, data, state, observers=observers, report=report, snapshots=snapshots
        )


def finish_run(
    session: RunSession,
    settings: Settings,
    data: PreparedData,
    state: TrainingState,
    *,
    observers: Sequence[Observer],
    report: Report,
    snapshots: bool,
) -> FinishedRun:
    """Train until the last epoch, from wherever the state is; judge the network, save everything.

    Raises:
        RunFolderError: The folder cannot be written.
        StoppedError: Training was stopped, and what this session learned was discarded.
    """
    folder, history, best = session.folder, state.history, state.best
    epochs_before = len(history)
    if snapshots:
        observers = [SnapshotWriter(folder, state.judged, settings.epochs), *observers]
    started = time.perf_counter()
    cut_short = _train(session, settings, data, state, observers=observers, report=report)
    seconds = time.perf_counter() - started
    if cut_short is None and len(history) == epochs_before:
        report(_nothing_to_train(settings, state))
    if best:
        best.restore()

    # The epoch that produced the network.
    epoch = best.epoch if best else len(history)
    title = f"{data.images.name}, {folder.name}"
    judgement = judge(state, data, epoch=epoch, title=title, shift=settings.test_shift)

    session.remove_old_result()
    folder.write_histories(history)
    write_layers_history(folder.path, state.layers)
    folder.write_network(state.judged)
    folder.write_seconds(sum(record.seconds for record in history))
    folder.write_confusion_matrix(judgement.confusion)
    folder.write_result(judgement.result)
    result = judgement.result
    said = (
        ""
        if isinstance(cut_short, DivergedError)
        else verdict(
            history,
            result,
            stopped_early=_is_stopped_early(state) and len(history) < settings.epochs,
            kept=epoch,
            easier_test=settings.split == "seed" and data.images.fingerprint == MNIST_FINGERPRINT,
        )
    )
    return FinishedRun(
        folder, result, state.judged, judgement.predictions, seconds, cut_short, said
    )


def _train(
    session: RunSession,
    settings: Settings,
    data: PreparedData,
    state: TrainingState,
    *,
    observers: Sequence[Observer],
    report: Report,
) -> ProgramError | None:
    """Train until the last epoch; return why training ended earlier, if it did."""
    folder, history = session.folder, state.history
    checkpoints = CheckpointWriter(
        folder.checkpoint, state, settings, DataFacts.of(data.images).crc32
    )
    try:
        train(
            state.network,
            state.loss,
            state.optimizer,
            schedule=state.schedule,
            training=state.batches,
            validation=data.in_order(data.split.validation),
            epochs=settings.epochs,
            history=history,
            so_far=state.so_far,
            observers=[
                *filter(None, [state.best, layer_probe(state, data)]),
                FirstLayerWriter(folder, state.judged),
                *([] if folder.is_finished else [HistoryWriter(folder, state)]),
                *filter(None, [state.early_stopping]),
                *observers,
                LearningWatch(data.split.training.labels, state, settings.initialization, report),
                checkpoints,
            ],
            threads=settings.threads,
            engine=state.engine,
            judged=state.judged,
        )
    except StopTraining as stop:
        if not stop.save:
            session.discard()
            raise StoppedError(session.discarded) from None
        try:
            checkpoints.write(stopped=True)
        except RunFolderError as error:  # a full disk may still have room for the network
            report(error)
        return StoppedError(f"training was stopped after {counted(len(history), 'whole epoch')}.")
    except DivergedError as error:
        error.normalization = settings.normalization
        return error
    except BaseException:
        if not history:  # nothing was learned that the folder could keep
            session.fail()
        raise
    return None


def _nothing_to_train(settings: Settings, state: TrainingState) -> NothingToTrain:
    """Return why a resumed run was not trained."""
    unit = settings.patience_unit.removesuffix("s")
    patience = counted(settings.patience, unit) if _is_stopped_early(state) else ""
    return NothingToTrain(len(state.history), patience)


def _is_stopped_early(state: TrainingState) -> bool:
    return state.early_stopping is not None and state.early_stopping.should_stop
