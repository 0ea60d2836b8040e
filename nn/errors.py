"""The errors that are not bugs of the program, each with its exit code.

Anything that goes wrong because of an answer, a file or the machine is raised as one of these; the
programs print the message as one red line and exit. Any other exception is a bug and keeps its
traceback.
"""

import math


class ProgramError(Exception):
    """Something the user can fix; `str()` of it is the complete message."""

    exit_code = 1


class SettingError(ProgramError):
    """A setting, a flag, an answer or a config file is wrong."""

    exit_code = 2


class DataError(ProgramError):
    """A data file is missing, damaged, or not what its name suggests."""

    exit_code = 3


class RunFolderError(ProgramError):
    """A run's folder cannot be written, or does not hold a complete run."""

    exit_code = 4


class MissingNumbaError(SettingError):
    """Compiled steps need Numba, which is not installed.

    Args:
        install: The command that installs it.
    """

    def __init__(self, install: str) -> None:
        super().__init__(f"compiled steps need Numba, which is not installed: {install}")


class SmallBatchError(SettingError):
    """A batch has too few examples for a layer.

    Args:
        batch_size: Examples per step.
        last: Examples in the last and smallest batch of an epoch.
        smallest: Examples that a batch needs.
        examples: Examples per epoch.
    """

    def __init__(self, *, batch_size: int, last: int, smallest: int, examples: int) -> None:
        leaves = f", and {examples:,} images leave {last} for the last batch"
        super().__init__(
            f"batch_size is {batch_size}{leaves if batch_size >= smallest else ''}; batch "
            f"normalization needs at least {smallest} images in every batch, since a single "
            "number has no variance."
        )


class DivergedError(ProgramError):
    """The loss is no longer finite, or far above that of guessing.

    Args:
        epoch: The epoch in which training diverged.
        learning_rate: Its learning rate.
        loss: The mean loss of the epoch so far, or of its validation.
        guessing: The loss of a network that assigns every class the same probability.
    """

    exit_code = 5

    def __init__(self, *, epoch: int, learning_rate: float, loss: float, guessing: float) -> None:
        how = "the loss is no longer a finite number"
        if math.isfinite(loss):
            how = f"its mean loss is {loss:.4g}, while guessing gives {guessing:.4g}"
        super().__init__(
            f"training diverged in epoch {epoch}: {how}. "
            f"A learning rate of {learning_rate:g} is too large for this network."
        )
        self.learning_rate = learning_rate
        self.normalization = ""  # the setting of the run, where there is one


class StudyError(ProgramError):
    """A study cannot be read, or its plan differs from the requested one."""

    exit_code = 6


class StoppedError(ProgramError):
    """The user pressed Ctrl-C; shells report 130 for a program that ends this way."""

    exit_code = 130
