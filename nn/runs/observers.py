"""A run's own observers: one writes its figures, one notices if it does not learn."""

import numpy as np

from nn.runs.facts import NotLearning
from nn.runs.preparation import Report
from nn.runs.run_folder import RunFolder
from nn.training.history import EpochRecord, History
from nn.training.trainer import Observer


class HistoryWriter(Observer):
    """Writes the histories after every epoch, so that a power failure costs no figures."""

    def __init__(self, folder: RunFolder, history: History) -> None:
        self._folder = folder
        self._history = history

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Write them."""
        self._folder.write_histories(self._history)


class LearningWatch(Observer):
    """Reports a network that does not learn.

    Knowing only how often each class occurs is enough to reach a loss of the labels' entropy:
    answer every image with these frequencies. A network that is no better after an epoch has not
    begun to look at its images, or took steps so large that they made it worse.

    Args:
        labels: Those of the training images.
        initialization: That of the network.
        report: Called with that fact.
    """

    def __init__(self, labels: np.ndarray, initialization: str, report: Report) -> None:
        shares = np.bincount(labels) / len(labels)
        shares = shares[shares > 0]
        self._entropy = float(-(shares * np.log(shares)).sum())
        self._initialization = initialization
        self._report = report

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Report after the first epoch only."""
        loss, guessing = record.validation_loss, self._entropy
        if record.epoch == 1 and loss > 0.99 * guessing > 0:
            rate, initialization = record.learning_rate, self._initialization
            self._report(NotLearning(loss, guessing, rate, initialization))
