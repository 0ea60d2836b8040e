"""From settings to a finished run: the way of the data in one function."""

import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from nn.datasets.batches import Batches
from nn.datasets.distortion import Distortion
from nn.errors import DivergedError, ProgramError, StoppedError
from nn.losses import SoftmaxCrossEntropy, softmax
from nn.network import Network
from nn.optimizers import OPTIMIZERS, Momentum, Optimizer
from nn.regularizers import Penalty
from nn.runs.first_layer import FirstLayerKeeper
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
from nn.schedules import Schedule, constant, cosine, exponential, halving, step
from nn.settings.declaration import Settings
from nn.training.early_stopping import BestNetwork, EarlyStopping
from nn.training.evaluation import evaluate
from nn.training.history import EpochRecord, History
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


def run_experiment(
    settings: Settings,
    *,
    observers: Sequence[Observer] = (),
    report: Report = lambda message: None,
    on_download: DownloadProgress | None = None,
) -> FinishedRun:
    """Train the network that the settings describe and save everything about it.

    Args:
        settings: All of them.
        observers: Told of every epoch's start, progress and end.
        report: Told in words what is worth saying.
        on_download: Told of a download's progress.

    Raises:
        DataError: the images cannot be had.
        RunFolderError: the folder cannot be written.
        StoppedError: training was stopped and is to be forgotten; nothing is left of it.
    """
    data = prepare_data(settings, report=report, on_progress=on_download)
    split = data.split
    report(
        f"{data.images.name} ({data.images.source}): {len(split.training):,} training, "
        f"{len(split.validation):,} validation and {len(split.test):,} test images"
    )
    network = prepare_network(settings, data.images.image_shape, data.images.classes)
    loss = SoftmaxCrossEntropy(data.images.classes)
    optimizer = make_optimizer(settings, network)
    batches = Batches(
        split.training,
        data.normalization,
        settings.batch_size,
        rng=random_stream(settings.seed, "shuffling"),
        distortion=_distortion(settings, data),
    )

    folder = RunFolder.create(Path(settings.save_dir), settings.name or describe_run(settings))
    history: History = []
    best = BestNetwork(network, settings.monitor)
    started = time.perf_counter()
    cut_short: ProgramError | None = None
    try:
        folder.write_settings(_resolved(settings, data), _notes(data))
        folder.write_normalization(data.normalization)
        folder.write_data_facts(DataFacts.of(data.images))
        train(
            network,
            loss,
            optimizer,
            schedule=make_schedule(settings, history),
            training=batches,
            validation=data.in_order(split.validation),
            epochs=settings.epochs,
            history=history,
            observers=[
                best,
                FirstLayerKeeper(folder, network),
                _Keeper(folder, history),
                *_stopping(settings, len(batches)),
                *observers,
                _Watch(split.training.labels, report),
            ],
            threads=settings.threads,
        )
    except StopTraining as stop:
        if not stop.save:
            folder.discard()
            raise StoppedError("training was stopped; nothing was kept.") from None
        cut_short = StoppedError(f"training was stopped after {len(history)} whole epochs.")
    except DivergedError as error:
        cut_short = error
    except BaseException:
        if not history:  # nothing was learned that the folder could keep
            folder.discard()
        raise
    seconds = time.perf_counter() - started
    if settings.restore_best_weights:
        best.restore()
    # The epoch after which the network was as it is now.
    epoch = best.epoch if settings.restore_best_weights else len(history)

    folder.write_histories(history)
    folder.write_network(network)
    folder.write_seconds(sum(record.seconds for record in history))
    result, predictions = _judge(network, loss, data, folder, history=history, epoch=epoch)
    return FinishedRun(folder, result, predictions, seconds, cut_short)


def make_optimizer(settings: Settings, network: Network) -> Optimizer:
    """Return the optimizer that the settings name, for this network."""
    penalty = Penalty(l1=settings.l1_strength if settings.l1 else 0.0, l2=settings.l2_strength)
    options = {}
    if settings.optimizer == Momentum.name:
        options = {"momentum": settings.momentum, "dampening": settings.dampening}
    return OPTIMIZERS[settings.optimizer](
        network.parameters, learning_rate=settings.learning_rate, penalty=penalty, **options
    )


def _distortion(settings: Settings, data: PreparedData) -> Distortion | None:
    """Return what distorts the training images, if the settings want it."""
    if settings.distortion == "none":
        return None
    rng = random_stream(settings.seed, "distortion")
    return Distortion(settings.distortion, data.images.image_shape, rng=rng)


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


def _resolved(settings: Settings, data: PreparedData) -> Settings:
    """Return the settings with the data that were found in place of `auto`."""
    return settings.model_copy(update={"dataset": data.images.dataset})


def _notes(data: PreparedData) -> list[str]:
    now = datetime.now().astimezone()
    return [
        f"data: {data.images.name}, {data.images.source}",
        f"trained: {now:%Y-%m-%d %H:%M}, Python {platform.python_version()}, "
        f"NumPy {np.__version__}",
        "repeat: python train.py --config with this file's path",
    ]


class _Keeper(Observer):
    """Writes the histories after every epoch, so that a lost power cable costs no figures."""

    def __init__(self, folder: RunFolder, history: History) -> None:
        self._folder = folder
        self._history = history

    def on_epoch_end(self, record: EpochRecord) -> None:
        self._folder.write_histories(self._history)


class _Watch(Observer):
    """Says so when a network does not learn.

    Whoever knows nothing but how often each class occurs can reach a loss of the labels' entropy,
    by answering every image with those frequencies. A network that is no better after an epoch
    has not begun to look at its images.
    """

    def __init__(self, labels: np.ndarray, report: Report) -> None:
        shares = np.bincount(labels) / len(labels)
        shares = shares[shares > 0]
        self._entropy = float(-(shares * np.log(shares)).sum())
        self._report = report

    def on_epoch_end(self, record: EpochRecord) -> None:
        if record.epoch == 1 and record.validation_loss > 0.99 * self._entropy > 0:
            self._report(
                f"The network has not begun to learn: its loss is {record.validation_loss:.4f}, "
                f"and guessing gives {self._entropy:.4f}. It may need a larger learning rate or "
                "another initialization (--initialization xavier or he)."
            )


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
    with np.errstate(invalid="ignore"):  # of logits that overflowed; the loss says so
        probabilities = softmax(test.logits)
    predictions = Predictions(split.test.images, split.test.labels, probabilities, title)
    matrix = confusion_matrix(test.labels, test.logits.argmax(axis=1), data.images.classes)
    folder.write_confusion_matrix(matrix)
    folder.write_result(result)
    return result, predictions
