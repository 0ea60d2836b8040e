"""A run's own observers: they measure its layers, write its figures, and notice what is wrong."""

import numpy as np

from nn.datasets.images import LabelledImages
from nn.runs.diagnosis import diagnose
from nn.runs.facts import Illness, NotLearning
from nn.runs.layers_history import write_layers_history
from nn.runs.preparation import PreparedData, Report
from nn.runs.run_folder import RunFolder
from nn.training.history import EpochRecord
from nn.training.layer_health import LayerProbe
from nn.training.state import TrainingState
from nn.training.trainer import Observer

# A hundredth of the training images is probed. With fewer than a hundred, units would look dead
# that fire for others; more than these show nothing new.
_FEWEST_PROBED, _MOST_PROBED = 100, 512
_MOST_PARAMETERS = 10_000_000


def layer_probe(state: TrainingState, data: PreparedData) -> LayerProbe | None:
    """Return the observer that measures a training's layers on some of its training images.

    None for a very large network: to undo its steps takes copies of all that they change.
    """
    if state.network.parameter_count > _MOST_PARAMETERS:
        return None
    part = data.split.training
    count = min(len(part), _MOST_PROBED, max(_FEWEST_PROBED, len(part) // 100))
    evenly = np.arange(count) * len(part) // count  # the images may be sorted by class
    probed = LabelledImages(part.images[evenly], part.labels[evenly])
    return LayerProbe(
        state.network,
        state.loss,
        state.optimizer,
        next(iter(data.in_order(probed)())),
        batch_size=state.batches.batch_size,
        steps_per_epoch=len(part) // state.batches.batch_size,
        records=state.layers,
    )


class HistoryWriter(Observer):
    """Writes the histories after every epoch, so that a power failure costs no figures."""

    def __init__(self, folder: RunFolder, state: TrainingState) -> None:
        self._folder = folder
        self._state = state

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Write them."""
        self._folder.write_histories(self._state.history)
        write_layers_history(self._folder.path, self._state.layers)


class LearningWatch(Observer):
    """Reports a network that does not learn, and what is wrong with its layers.

    Knowing only how often each class occurs is enough to reach a certain loss (for cross-entropy,
    the labels' entropy): answer every image with these frequencies. A network that is no better
    after an epoch has not begun to look at its images, or took steps so large that they made it
    worse.

    Args:
        labels: Those of the training images.
        state: The training; an observer before this one adds the health of its layers.
        initialization: That of the network.
        report: Called with each fact, once for each layer.
    """

    def __init__(
        self, labels: np.ndarray, state: TrainingState, initialization: str, report: Report
    ) -> None:
        shares = np.bincount(labels) / len(labels)
        self._guessing = state.loss.of_frequencies(shares)
        self._state = state
        self._initialization = initialization
        self._report = report
        self._reported: set[tuple[type[Illness], int]] = set()

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Report the network after its first epoch, and a layer as soon as it is ill."""
        initialization = self._initialization
        layers = [layer for layer in self._state.layers if layer.epoch == record.epoch]
        illnesses = list(diagnose(self._state.network, record, layers, initialization))
        loss, guessing = record.validation_loss, self._guessing
        if record.epoch == 1 and loss > 0.99 * guessing > 0:
            rate, is_explained = record.learning_rate, bool(illnesses)
            self._report(NotLearning(loss, guessing, rate, initialization, is_explained))
        for illness in illnesses:
            which = type(illness), getattr(illness, "layer", 0)
            if which not in self._reported:
                self._reported.add(which)
                self._report(illness)
