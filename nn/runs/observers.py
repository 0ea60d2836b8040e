"""Who follows a training on behalf of its run: writes its figures, and says when it goes wrong."""

import numpy as np

from nn.runs.preparation import Report
from nn.runs.run_folder import RunFolder
from nn.training.history import EpochRecord, History
from nn.training.trainer import Observer

_THROWN_OFF = 1.003  # of what guessing gives; without training it is within a thousandth


class HistoryWriter(Observer):
    """Writes the histories after every epoch, so that a lost power cable costs no figures."""

    def __init__(self, folder: RunFolder, history: History) -> None:
        self._folder = folder
        self._history = history

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Write them."""
        self._folder.write_histories(self._history)


class LearningWatch(Observer):
    """Says so when a network does not learn.

    Whoever knows nothing but how often each class occurs can reach a loss of the labels' entropy,
    by answering every image with those frequencies. A network that is no better after an epoch
    has not begun to look at its images, or was thrown off by steps that are too long.
    """

    def __init__(self, labels: np.ndarray, report: Report) -> None:
        shares = np.bincount(labels) / len(labels)
        shares = shares[shares > 0]
        self._entropy = float(-(shares * np.log(shares)).sum())
        self._report = report

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Say so after the first epoch, or never."""
        if record.epoch > 1 or not record.validation_loss > 0.99 * self._entropy > 0:
            return
        figures = (
            f"its loss is {record.validation_loss:.4f}, and guessing gives {self._entropy:.4f}"
        )
        if record.validation_loss > _THROWN_OFF * self._entropy:
            self._report(
                f"The network is worse than guessing: {figures}. Its steps may be too long: try "
                f"--learning-rate {record.learning_rate / 10:g}."
            )
        else:
            self._report(
                f"The network has not begun to learn: {figures}. It may need a larger learning "
                "rate or another initialization (--initialization xavier or he)."
            )
