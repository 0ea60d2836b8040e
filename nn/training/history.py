"""What training remembers of every epoch, and of the one that is under way."""

from collections.abc import Mapping
from dataclasses import dataclass

from nn.layers.layer import Array


@dataclass(frozen=True)
class EpochRecord:
    """One epoch in numbers.

    Attributes:
        epoch: From 1.
        learning_rate: The rate used in this epoch.
        training_loss: Mean cross-entropy over the epoch's batches, each measured before the step
            it led to, in nats per example and without penalties.
        training_accuracy: Share of right answers over the same batches, from 0 to 1.
        validation_loss: Mean cross-entropy on the validation images after the epoch.
        validation_accuracy: Share of right answers on them.
        seconds: How long the epoch took, its validation included.
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
    """What is known of an epoch between two chunks of it; empty between two epochs.

    With this and the history, a training can be taken up again in the middle of an epoch.

    Attributes:
        examples: How many the network has learned from.
        loss: Their mean loss, each measured before the step it led to.
        accuracy: Share of right answers among them.
        seconds: How long they took.
        last_finite: The last network known to give a finite loss, as `Network.snapshot` returns
            it; None if that is the network as it is.
    """

    def __init__(self) -> None:
        self.clear()

    def add(self, examples: int, loss: float, accuracy: float) -> None:
        """Take some more examples into the means."""
        self.examples += examples
        share = examples / self.examples
        self.loss += share * (loss - self.loss)
        self.accuracy += share * (accuracy - self.accuracy)

    def clear(self) -> None:
        """Be ready for the next epoch."""
        self.examples = 0
        self.loss = 0.0
        self.accuracy = 0.0
        self.seconds = 0.0
        self.last_finite: Mapping[str, Array] | None = None
