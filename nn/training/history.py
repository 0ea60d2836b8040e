"""What training remembers of every epoch."""

from dataclasses import dataclass


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
