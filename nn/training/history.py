"""What training records of every epoch, and of the current one."""

from collections.abc import Mapping
from dataclasses import dataclass

from nn.layers.layer import Array


@dataclass(frozen=True)
class EpochRecord:
    """The figures of one epoch.

    Attributes:
        epoch: From 1.
        learning_rate: That of this epoch's last step.
        training_loss: Mean loss over the epoch's batches, each measured before its step, without
            penalties.
        training_accuracy: Share of correct answers over the same batches, from 0 to 1.
        validation_loss: Mean loss on the validation images after the epoch.
        validation_accuracy: Share of correct answers on them.
        seconds: How long the epoch took, including its validation.
    """

    epoch: int
    learning_rate: float
    training_loss: float
    training_accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float


History = list[EpochRecord]


class EpochSoFar:
    """The figures of the current epoch; empty between two epochs.

    With these and the history, training can be resumed within an epoch.

    Attributes:
        examples: How many are done.
        loss: Their mean loss, measured before each step.
        accuracy: Share of correct answers among them.
        seconds: How long they took.
        last_finite: The last network known to give a finite loss, as `Network.snapshot` returns
            it; None if that is the network as it is.
    """

    def __init__(self) -> None:
        self.clear()

    def add(self, examples: int, loss: float, accuracy: float) -> None:
        """Add some examples to the means."""
        self.examples += examples
        share = examples / self.examples
        self.loss += share * (loss - self.loss)
        self.accuracy += share * (accuracy - self.accuracy)

    def clear(self) -> None:
        """Reset everything for the next epoch."""
        self.examples = 0
        self.loss = 0.0
        self.accuracy = 0.0
        self.seconds = 0.0
        self.last_finite: Mapping[str, Array] | None = None
