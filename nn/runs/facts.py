"""What is worth saying while a run is made: facts, each with a sentence that names no flag.

Whoever shows them, as `nn.console.advice` does, can add what to do about them.
"""

from dataclasses import dataclass

_THROWN_OFF = 1.003  # times what guessing gives; untrained networks are within a thousandth of it


@dataclass(frozen=True)
class NotLearning:
    """A network that is no better than guessing after its first epoch.

    Attributes:
        loss: Its validation loss.
        guessing: The loss of whoever knows only how often each class occurs.
        learning_rate: The epoch's.
    """

    loss: float
    guessing: float
    learning_rate: float

    @property
    def is_worse_than_guessing(self) -> bool:
        """Whether training made the network worse than it was before."""
        return self.loss > _THROWN_OFF * self.guessing

    def __str__(self) -> str:
        how = "is worse than guessing" if self.is_worse_than_guessing else "has not begun to learn"
        return (
            f"The network {how}: its loss is {self.loss:.4f}, while guessing gives "
            f"{self.guessing:.4f}."
        )


@dataclass(frozen=True)
class NothingToTrain:
    """A run that was resumed after its last epoch.

    Attributes:
        epochs: How many it has.
        patience: What early stopping waited for, as in "3 epochs"; empty if it did not end the run.
    """

    epochs: int
    patience: str

    def __str__(self) -> str:
        if self.patience:
            return (
                f"Training ended after epoch {self.epochs:,} by early stopping (patience: "
                f"{self.patience}): there is nothing left to train."
            )
        return f"All {self.epochs:,} epochs are trained."
