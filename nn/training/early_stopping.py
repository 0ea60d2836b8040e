"""When to stop, and which network to keep.

A network that goes on learning its training images by heart gets worse on others. The validation
images show when: whoever watches them can stop in time, and can go back to the epoch in which the
network was at its best.
"""

from nn.layers.layer import Array
from nn.network import Network
from nn.training.history import EpochRecord, History
from nn.training.trainer import Observer

# What can be watched, and whether less of it is better (1) or more (-1).
MONITORS = {"validation_loss": 1, "validation_accuracy": -1}


class EarlyStopping(Observer):
    """Ends training once nothing has become better for so long.

    An epoch is better if what is watched improved on the best epoch so far by more than
    `min_delta`. With `any_change` it is enough that it differs from the last such epoch by more
    than that, in whichever direction: training then ends where it has come to rest.

    Since the validation images are looked at after each epoch, training always ends with a whole
    one, and a patience of fewer steps than an epoch has means that the first epoch that is no
    better is the last.

    Args:
        monitor: What is watched, one of `MONITORS`.
        min_delta: An improvement up to this counts as none, from 0.
        patience: How long to wait for a better epoch, from 1: in epochs, or in steps if it is said
            how many an epoch has.
        steps_per_epoch: Steps an epoch; 1 counts the patience in epochs.
        any_change: Whether getting worse is as good a reason to go on as getting better.

    Attributes:
        best_epoch: The last epoch that was better, 0 before there is one.

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
        """Look at all epochs of the history once more."""
        self._best, self.best_epoch = float("inf"), 0
        for record in history:
            self.on_epoch_end(record)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Compare the epoch with the best one; set `should_stop` when patience is at its end."""
        badness = _badness(record, self._monitor)
        improvement = self._best - badness
        if (abs(improvement) if self._any_change else improvement) > self._min_delta:
            self._best, self.best_epoch = badness, record.epoch
        waited = (record.epoch - self.best_epoch) * self._steps_per_epoch
        self.should_stop = waited >= self._patience


class BestNetwork(Observer):
    """Keeps a copy of the network as it was after its best epoch, the first of equals.

    Args:
        network: The network that is trained.
        monitor: What makes an epoch the best, one of `MONITORS`.

    Attributes:
        epoch: The best epoch so far, 0 before there is one.
        arrays: The network's arrays after that epoch.
    """

    def __init__(self, network: Network, monitor: str) -> None:
        self._network = network
        self._monitor = monitor
        self._best = float("inf")
        self.arrays: dict[str, Array] = {}
        self.epoch = 0

    def on_resume(self, history: History) -> None:
        """Find the best epoch of the history; its arrays are for whoever kept them to bring."""
        self._best, self.epoch = float("inf"), 0
        for record in history:
            self._compare(record)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Copy the network if it is better than ever."""
        if self._compare(record):
            self.arrays = self._network.snapshot()

    def _compare(self, record: EpochRecord) -> bool:
        """Return whether an epoch is better than ever; it is the best one then."""
        badness = _badness(record, self._monitor)
        if badness < self._best:
            self._best, self.epoch = badness, record.epoch
            return True
        return False

    def restore(self) -> None:
        """Make the network what it was after its best epoch; nothing changes if there was none."""
        if self.epoch:
            self._network.restore(self.arrays)


def _badness(record: EpochRecord, monitor: str) -> float:
    value: float = getattr(record, monitor)
    return MONITORS[monitor] * value
