"""From settings to a finished run: the way of the data in one function."""

import platform
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from nn.datasets.batches import Batches
from nn.datasets.distortion import Distortion
from nn.engines.steps import TakeSteps, choose_steps
from nn.errors import DivergedError, ProgramError, RunFolderError, StoppedError
from nn.files.training_lock import training_lock
from nn.layers.dropout import Dropout
from nn.losses import SoftmaxCrossEntropy, softmax
from nn.network import Network
from nn.optimizers import OPTIMIZERS, Momentum, Optimizer
from nn.regularizers import Penalty
from nn.runs.checkpoint_writer import CheckpointWriter
from nn.runs.first_layer import FirstLayerWriter
from nn.runs.observers import HistoryWriter, LearningWatch
from nn.runs.predictions import Predictions, confusion_matrix
from nn.runs.preparation import (
    DownloadProgress,
    PreparedData,
    Report,
    prepare_data,
    prepare_network,
)
from nn.runs.random_streams import random_stream
from nn.runs.run_folder import DataFacts, Result, RunFolder
from nn.runs.run_session import RunSession
from nn.schedules import Schedule, constant, cosine, exponential, halving, step
from nn.settings.declaration import Settings
from nn.training.early_stopping import BestNetwork, EarlyStopping
from nn.training.evaluation import evaluate
from nn.training.history import EpochSoFar, History
from nn.training.state import TrainingState
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer, train


@dataclass(frozen=True)
class FinishedRun:
    """What a training ended in.

    Attributes:
        folder: Where everything was saved.
        result: The final figures.
        predictions: What the network says about the test set, which it is shown only once.
        seconds: How long training took.
        cut_short: Why training ended before its last epoch, if it did.
    """

    folder: RunFolder
    result: Result
    predictions: Predictions
    seconds: float
    cut_short: ProgramError | None


@dataclass(frozen=True)
class Parts:
    """What a training is made of, put together as its settings say.

    Attributes:
        network: Learns.
        loss: What it makes small.
        optimizer: How.
        take_steps: By NumPy, or by compiled loops.
        batches: From what.
        history: The epochs so far.
        so_far: The epoch under way.
        best: Keeps the best network, if that is to be restored.
        state: All that changes while it learns.
    """

    network: Network
    loss: SoftmaxCrossEntropy
    optimizer: Optimizer
    take_steps: TakeSteps
    batches: Batches
    history: History
    so_far: EpochSoFar
    best: BestNetwork | None
    state: TrainingState


def run_experiment(
    settings: Settings,
    *,
    observers: Sequence[Observer] = (),
    report: Report = lambda message: None,
    on_download: DownloadProgress | None = None,
    keep_locked: ExitStack | None = None,
) -> FinishedRun:
    """Train the network that the settings describe and save everything about it.

    Args:
        settings: All of them.
        observers: Told of every epoch's start, progress and end.
        report: Told in words what is worth saying.
        on_download: Told of a download's progress.
        keep_locked: The run's folder is locked until this is closed; if None, until the end here.

    Raises:
        DataError: the images cannot be had.
        RunFolderError: the folder cannot be written.
        StoppedError: training was stopped and is to be forgotten; nothing is left of it.
    """
    data = open_data(settings, report, on_download)
    settings = settings.model_copy(update={"dataset": data.images.dataset})
    parts = put_together(settings, data, report)
    folder = RunFolder.create(Path(settings.save_dir), settings.name or describe_run(settings))
    session = RunSession(folder)
    with ExitStack() as until_the_end:
        (keep_locked or until_the_end).enter_context(training_lock(folder.path))
        try:
            write_beginning(folder, settings, data, _notes(data))
        except BaseException:
            session.fail()
            raise
        return train_in(session, settings, data, parts, observers=observers, report=report)


def open_data(
    settings: Settings, report: Report, on_download: DownloadProgress | None
) -> PreparedData:
    """Prepare the data that the settings name, and say which they are."""
    data = prepare_data(settings, report=report, on_progress=on_download)
    split = data.split
    report(
        f"{data.images.name} ({data.images.source}): {len(split.training):,} training, "
        f"{len(split.validation):,} validation and {len(split.test):,} test images"
    )
    return data


def put_together(
    settings: Settings, data: PreparedData, report: Report = lambda message: None
) -> Parts:
    """Make the parts of a training that is about to begin.

    Raises:
        SettingError: Numba is wanted and is not installed.
    """
    network = prepare_network(settings, data.images.image_shape, data.images.classes)
    optimizer = make_optimizer(settings, network)
    streams = {"shuffling": random_stream(settings.seed, "shuffling")}
    distortion = None
    if settings.distortion != "none":
        streams["distortion"] = random_stream(settings.seed, "distortion")
        shape = data.images.image_shape
        distortion = Distortion(settings.distortion, shape, rng=streams["distortion"])
    dropouts = [layer for layer in network.layers if isinstance(layer, Dropout)]
    streams |= {f"dropout_{number}": layer.rng for number, layer in enumerate(dropouts, 1)}
    batches = Batches(
        data.split.training,
        data.normalization,
        settings.batch_size,
        rng=streams["shuffling"],
        distortion=distortion,
    )
    history: History = []
    so_far = EpochSoFar()
    best = BestNetwork(network, settings.monitor) if settings.restore_best_weights else None
    state = TrainingState(
        network,
        optimizer,
        history,
        so_far,
        streams=streams,
        examples=batches.examples,
        batch_size=settings.batch_size,
        best=best,
    )
    loss = SoftmaxCrossEntropy(data.images.classes)
    steps = choose_steps(settings.compiled, network, optimizer, report)
    return Parts(network, loss, optimizer, steps, batches, history, so_far, best, state)


def write_beginning(
    folder: RunFolder, settings: Settings, data: PreparedData, notes: Sequence[str]
) -> None:
    """Write what is known of a run before it is trained, with notes on top of its settings."""
    folder.write_settings(settings, notes)
    folder.write_normalization(data.normalization)
    folder.write_data_facts(DataFacts.of(data.images))


def train_in(
    session: RunSession,
    settings: Settings,
    data: PreparedData,
    parts: Parts,
    *,
    observers: Sequence[Observer],
    report: Report,
) -> FinishedRun:
    """Train until the last epoch, from wherever the parts are, and write everything down.

    Raises:
        RunFolderError: the folder cannot be written.
        StoppedError: training was stopped, and what the session learned is to be forgotten.
    """
    folder, history, network = session.folder, parts.history, parts.network
    facts = DataFacts.of(data.images)
    keeper = CheckpointWriter(folder.checkpoint, parts.state, settings, facts.crc32)
    stopping = _stopping(settings, len(parts.batches))
    epochs_before = len(history)
    started = time.perf_counter()
    cut_short: ProgramError | None = None
    try:
        train(
            network,
            parts.loss,
            parts.optimizer,
            schedule=make_schedule(settings, history),
            training=parts.batches,
            validation=data.in_order(data.split.validation),
            epochs=settings.epochs,
            history=history,
            so_far=parts.so_far,
            observers=[
                *([parts.best] if parts.best else []),
                FirstLayerWriter(folder, network),
                *([] if folder.is_finished else [HistoryWriter(folder, history)]),
                *stopping,
                *observers,
                LearningWatch(data.split.training.labels, report),
                keeper,
            ],
            threads=settings.threads,
            take_steps=parts.take_steps,
        )
    except StopTraining as stop:
        if not stop.save:
            session.discard()
            raise StoppedError(session.ended_for_nothing) from None
        try:
            keeper.write(stopped=True)
        except RunFolderError as error:  # a full disk may yet hold the network
            report(str(error))
        cut_short = StoppedError(f"training was stopped after {len(history)} whole epochs.")
    except DivergedError as error:
        cut_short = error
    except BaseException:
        if not history:  # nothing was learned that the folder could keep
            session.fail()
        raise
    seconds = time.perf_counter() - started
    if cut_short is None and len(history) == epochs_before:
        report(_why_no_epoch(settings, history, stopping))
    if parts.best:
        parts.best.restore()
    # The epoch after which the network was as it is now.
    epoch = parts.best.epoch if parts.best else len(history)

    session.begin_result()
    folder.write_histories(history)
    folder.write_network(network)
    folder.write_seconds(sum(record.seconds for record in history))
    result, predictions = _judge(network, parts.loss, data, folder, history=history, epoch=epoch)
    return FinishedRun(folder, result, predictions, seconds, cut_short)


def _why_no_epoch(settings: Settings, history: History, stopping: Sequence[EarlyStopping]) -> str:
    """Say why a run that was to go on was not trained."""
    if any(observer.should_stop for observer in stopping):
        return (
            f"Its training ended after epoch {len(history)}, when patience was at its end "
            f"({settings.patience:,} {settings.patience_unit}): there is nothing left to train."
        )
    return f"All {len(history):,} epochs are trained. A larger number of --epochs trains further."


def make_optimizer(settings: Settings, network: Network) -> Optimizer:
    """Return the optimizer that the settings name, for this network."""
    penalty = Penalty(l1=settings.l1_strength if settings.l1 else 0.0, l2=settings.l2_strength)
    options = {}
    if settings.optimizer == Momentum.name:
        options = {"momentum": settings.momentum, "dampening": settings.dampening}
    return OPTIMIZERS[settings.optimizer](
        network.parameters, learning_rate=settings.learning_rate, penalty=penalty, **options
    )


def _stopping(settings: Settings, steps_per_epoch: int) -> list[EarlyStopping]:
    """Return the observer that stops early, if the settings want one."""
    if not settings.patience:
        return []
    return [
        EarlyStopping(
            settings.monitor,
            min_delta=settings.min_delta,
            patience=settings.patience,
            steps_per_epoch=steps_per_epoch if settings.patience_unit == "steps" else 1,
            any_change=settings.patience_for == "change",
        )
    ]


def make_schedule(settings: Settings, history: History) -> Schedule:
    """Return the learning-rate schedule that the settings name.

    Args:
        settings: The settings.
        history: What a schedule that depends on validation looks at.
    """
    rate = settings.learning_rate
    if not settings.learning_rate_decay:
        return constant(rate)
    if settings.decay == "step":
        return step(rate, settings.decay_rate, settings.decay_every)
    if settings.decay == "cosine":
        return cosine(rate, settings.epochs)
    if settings.decay == "halving":
        return halving(rate, history)
    return exponential(rate, settings.decay_rate)


def describe_run(settings: Settings) -> str:
    """Return the name of a run that was given none: date, time and what is trained."""
    if settings.layers:
        words = ["layers", str(len(settings.layers))]
    elif settings.hidden_layers:
        words = [f"{settings.hidden_layers}x{settings.hidden_units}", settings.activation]
    else:
        words = ["softmax"]
    now = datetime.now().astimezone()
    return "-".join([f"{now:%Y%m%d-%H%M%S}", *words, settings.optimizer])


def _notes(data: PreparedData) -> list[str]:
    now = datetime.now().astimezone()
    return [
        f"data: {data.images.name}, {data.images.source}",
        f"trained: {now:%Y-%m-%d %H:%M}, Python {platform.python_version()}, "
        f"NumPy {np.__version__}",
        "repeat: python train.py --config with this file's path",
    ]


def _judge(
    network: Network,
    loss: SoftmaxCrossEntropy,
    data: PreparedData,
    folder: RunFolder,
    *,
    history: History,
    epoch: int,
) -> tuple[Result, Predictions]:
    """Open the test set, once, and write down how the network after `epoch` does."""
    split = data.split
    validation = evaluate(network, loss, data.in_order(split.validation)())
    test = evaluate(network, loss, data.in_order(split.test)())
    if epoch:
        record = history[epoch - 1]
        training_loss, training_accuracy = record.training_loss, record.training_accuracy
    else:
        training = evaluate(network, loss, data.in_order(split.training)())
        training_loss, training_accuracy = training.loss, training.accuracy
    result = Result(
        epochs=len(history),
        parameters=network.parameter_count,
        training_loss=training_loss,
        training_accuracy=training_accuracy,
        validation_loss=validation.loss,
        validation_accuracy=validation.accuracy,
        test_loss=test.loss,
        test_accuracy=test.accuracy,
        test_images=len(split.test),
    )
    title = f"{data.images.name}, {folder.name}"
    probabilities = softmax(test.logits)
    predictions = Predictions(split.test.images, split.test.labels, probabilities, title)
    matrix = confusion_matrix(test.labels, test.logits.argmax(axis=1), data.images.classes)
    folder.write_confusion_matrix(matrix)
    folder.write_result(result)
    return result, predictions
