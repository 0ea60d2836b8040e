"""When to stop, and which network to keep.

A network that overfits its training images gets worse on others. The validation images show when:
training can stop in time and return to the network of the best epoch.
"""

from nn.layers.layer import Array
from nn.network import Network
from nn.training.history import EpochRecord, History
from nn.training.trainer import Observer

# The metrics to monitor: 1 if lower is better, -1 if higher is better.
MONITORS = {"validation_loss": 1, "validation_accuracy": -1}


class EarlyStopping(Observer):
    """Ends training when the monitored metric has not improved for a while.

    An epoch is better if the metric improved on the best epoch so far by more than `min_delta`.
    With `any_change` it is enough that it differs from the last such epoch by more than that, in
    either direction: training then ends when the metric no longer changes.

    Validation follows each epoch, so training always ends with a complete epoch. If patience is
    fewer steps than an epoch has, the first epoch that is no better is the last.

    Args:
        monitor: The metric, one of `MONITORS`.
        min_delta: Improvements up to this are ignored, from 0.
        patience: How long to wait for a better epoch, from 1: in steps if `steps_per_epoch` is
            given, else in epochs.
        steps_per_epoch: Steps per epoch; 1 counts patience in epochs.
        any_change: Whether a change for the worse counts, too.

    Attributes:
        best_epoch: The last epoch that was better, 0 if none.

    Reference: Prechelt (1998), Early Stopping - But When?
    """

    def __init__(
        self,
        monitor: str,
        *,
        min_delta: float = 0.0,
        patience: int,
        steps_per_epoch: int = 1,
        any_change: bool = False,
    ) -> None:
        self._monitor = monitor
        self._min_delta = min_delta
        self._patience = patience
        self._steps_per_epoch = steps_per_epoch
        self._any_change = any_change
        self._best = float("inf")
        self.best_epoch = 0

    def on_resume(self, history: History) -> None:
        """Compare all epochs of the history again."""
        self._best, self.best_epoch = float("inf"), 0
        for record in history:
            self.on_epoch_end(record)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Compare the epoch with the best one; set `should_stop` when patience runs out."""
        badness = _badness(record, self._monitor)
        improvement = self._best - badness
        if (abs(improvement) if self._any_change else improvement) > self._min_delta:
            self._best, self.best_epoch = badness, record.epoch
        waited = (record.epoch - self.best_epoch) * self._steps_per_epoch
        self.should_stop = waited >= self._patience


class BestNetwork(Observer):
    """Keeps a copy of the network after its best epoch, the first one in case of a tie.

    Args:
        network: The network that is trained.
        monitor: The metric that decides which epoch is best, one of `MONITORS`.

    Attributes:
        epoch: The best epoch so far, 0 if none.
        arrays: The network's arrays after that epoch.
    """

    def __init__(self, network: Network, monitor: str) -> None:
        self._network = network
        self._monitor = monitor
        self._best = float("inf")
        self.arrays: dict[str, Array] = {}
        self.epoch = 0

    def on_resume(self, history: History) -> None:
        """Find the best epoch of the history; the caller restores its arrays."""
        self._best, self.epoch = float("inf"), 0
        for record in history:
            self._compare(record)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Copy the network if this is the best epoch."""
        if self._compare(record):
            self.arrays = self._network.snapshot()

    def _compare(self, record: EpochRecord) -> bool:
        """Return whether an epoch is the best so far, and remember it if so."""
        badness = _badness(record, self._monitor)
        if badness < self._best:
            self._best, self.epoch = badness, record.epoch
            return True
        return False

    def restore(self) -> None:
        """Restore the network of the best epoch, if there is one."""
        if self.epoch:
            self._network.restore(self.arrays)


def _badness(record: EpochRecord, monitor: str) -> float:
    value: float = getattr(record, monitor)
    return MONITORS[monitor] * value
