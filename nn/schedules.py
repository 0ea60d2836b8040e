"""How the learning rate changes from epoch to epoch.

Large steps find the valley, small ones its floor. A schedule answers one question: which learning
rate does this epoch use? It remembers nothing. One that depends on how training goes looks that up
in the history, so a run that is taken up again goes on with the same rates.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol

Schedule = Callable[[int], float]


def constant(learning_rate: float) -> Schedule:
    """Return a schedule that never changes."""
    return lambda epoch: learning_rate


def exponential(learning_rate: float, decay_rate: float) -> Schedule:
    """Return a schedule that multiplies by `decay_rate` after every epoch.

    learning rate of epoch e = learning_rate * decay_rate ** (e - 1), e from 1.
    """
    return lambda epoch: learning_rate * decay_rate ** (epoch - 1)


def step(learning_rate: float, decay_rate: float, every: int) -> Schedule:
    """Return a schedule that multiplies by `decay_rate` after every so many epochs.

    learning rate of epoch e = learning_rate * decay_rate ** floor((e - 1) / every), e from 1.
    """
    return lambda epoch: learning_rate * decay_rate ** ((epoch - 1) // every)


def cosine(learning_rate: float, epochs: int) -> Schedule:
    """Return a schedule that falls to almost 0, slowly at the beginning and at the end.

    learning rate of epoch e = learning_rate * (1 + cos(pi * (e - 1) / epochs)) / 2, e from 1.

    It would be 0 in the epoch after the last.

    Reference: Loshchilov and Hutter (2017), SGDR: Stochastic Gradient Descent with Warm Restarts,
    eq. 5, without the restarts.
    """
    return lambda epoch: learning_rate * (1 + math.cos(math.pi * (epoch - 1) / epochs)) / 2


class Validated(Protocol):
    """An epoch that has been validated."""

    @property
    def validation_accuracy(self) -> float:
        """Share of right answers on the validation images, from 0 to 1."""


def halving(learning_rate: float, history: Sequence[Validated]) -> Schedule:
    """Return a schedule that halves after every epoch whose validation accuracy fell.

    learning rate of epoch e = learning_rate / 2 ** (falls from one epoch to the next before e).

    Args:
        learning_rate: The first epoch's.
        history: The epochs so far; the trainer adds to it, and the schedule looks again.
    """

    def rate(epoch: int) -> float:
        accuracies = [record.validation_accuracy for record in history[: epoch - 1]]
        return learning_rate * 0.5 ** sum(after < before for before, after in pairwise(accuracies))

    return rate
