"""How the learning rate changes from epoch to epoch.

Large steps find the valley, small ones its floor. A schedule answers one question: which learning
rate does this epoch use?
"""

from collections.abc import Callable

Schedule = Callable[[int], float]


def constant(learning_rate: float) -> Schedule:
    """Return a schedule that never changes."""
    return lambda epoch: learning_rate


def exponential(learning_rate: float, decay_rate: float) -> Schedule:
    """Return a schedule that multiplies by `decay_rate` after every epoch.

    learning rate of epoch e = learning_rate * decay_rate ** (e - 1), e from 1.
    """
    return lambda epoch: learning_rate * decay_rate ** (epoch - 1)
