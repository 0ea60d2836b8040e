"""What a run reports: facts, each with a sentence that names no flag.

The console adds which flags help (`nn.console.advice`).
"""

from dataclasses import dataclass

from nn.wording import counted

_THROWN_OFF = 1.003  # times what guessing gives; untrained networks are within a thousandth of it


@dataclass(frozen=True)
class CompiledSteps:
    """Steps are compiled.

    Attributes:
        expected: How many seconds compiling will take, where that is still to be done.
        took: How many seconds it took, where it has just been done.
    """

    expected: float = 0.0
    took: float = 0.0

    def __str__(self) -> str:
        if self.expected:
            return (
                f"Compiling the training steps takes about {self.expected:.0f} s, only the first "
                "time on this machine."
            )
        return "Steps are compiled" + (f", which took {self.took:.1f} s." if self.took else ".")


@dataclass(frozen=True)
class NotLearning:
    """A network that is no better than guessing after its first epoch.

    Attributes:
        loss: Its validation loss.
        guessing: The loss of guessing by how often each class occurs.
        learning_rate: That of the epoch.
        initialization: That of the network.
        is_explained: Whether the next facts say what is wrong with its layers.
    """

    loss: float
    guessing: float
    learning_rate: float
    initialization: str
    is_explained: bool = False

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
class Illness:
    """Something that is wrong with a network's layers.

    Attributes:
        learning_rate: That of the epoch.
        initialization: That of the network.
    """

    learning_rate: float
    initialization: str


@dataclass(frozen=True)
class DeadUnits(Illness):
    """A layer with many ReLU units that are 0 for every image, so that no gradient reaches them.

    Attributes:
        layer: Its number, that of its `weights_1`, `weights_2`, ...
        dead: How many units are dead.
        units: How many it has.
    """

    layer: int
    dead: int
    units: int

    def __str__(self) -> str:
        return (
            f"{self.dead:,} of {self.units:,} ReLU units of layer {self.layer} are dead (0 for "
            "every image), so they no longer learn."
        )


@dataclass(frozen=True)
class SaturatedUnits(Illness):
    """A layer whose sigmoids are mostly close to 0 or 1, where almost no gradient passes.

    Attributes:
        layer: Its number, that of its `weights_1`, `weights_2`, ...
        share: Of its outputs, from 0 to 1.
    """

    layer: int
    share: float

    def __str__(self) -> str:
        return (
            f"{self.share:.0%} of the sigmoid outputs of layer {self.layer} are close to 0 or 1, "
            "where almost no gradient passes."
        )


@dataclass(frozen=True)
class SmallSteps(Illness):
    """Steps that hardly change the weights of any layer.

    Attributes:
        ratio: The change of a step over the weights, of the layer that changes most.
    """

    ratio: float

    def __str__(self) -> str:
        return (
            f"A step changes the weights by {self.ratio:.1g} of their size; about 0.001 is usual."
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
        return f"Training was complete after {counted(self.epochs, 'epoch')}."
