"""How the learning rate changes from epoch to epoch.

Large steps find the valley, small ones its floor. A schedule answers one question: by which factor
is the learning rate of the settings multiplied in this epoch? It remembers nothing. One that
depends on how training goes looks that up in the history, so a resumed run continues with the same
rates.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol

Schedule = Callable[[float], float]
"""The factor at a moment: 1 is the start of the first epoch, and 1.5 its middle. Only where every
step has a rate of its own does it change within an epoch."""

_RISE = 0.3  # share of all steps
_START = 1 / 25  # of the highest rate


def constant() -> Schedule:
    """Return a schedule that never changes the learning rate."""
    return lambda epoch: 1.0


def exponential(decay_rate: float) -> Schedule:
    """Return a schedule that multiplies by `decay_rate` after every epoch.

    factor of epoch e = decay_rate ** (e - 1), e from 1.
    """
    return lambda epoch: decay_rate ** (int(epoch) - 1)


def step(decay_rate: float, every: int) -> Schedule:
    """Return a schedule that multiplies by `decay_rate` after every `every` epochs.

    factor of epoch e = decay_rate ** floor((e - 1) / every), e from 1.
    """
    return lambda epoch: decay_rate ** ((int(epoch) - 1) // every)


def cosine(epochs: int) -> Schedule:
    """Return a schedule that falls to almost 0, slowly at the beginning and at the end.

    factor of epoch e = (1 + cos(pi * (e - 1) / epochs)) / 2, e from 1.

    It would be 0 in the epoch after the last.

    Reference: Loshchilov and Hutter (2017), SGDR: Stochastic Gradient Descent with Warm Restarts,
    eq. 5, without the restarts.
    """
    return lambda epoch: (1 + math.cos(math.pi * (int(epoch) - 1) / epochs)) / 2


def one_cycle(epochs: int) -> Schedule:
    """Return a schedule that rises to 1 and then falls to almost 0, a little with every step.

    With x = (e - 1) / epochs, the share of the training that is done, the factor is
    0.04 + 0.96 x / 0.3 up to x = 0.3, and from there (1 + cos(pi (x - 0.3) / 0.7)) / 2.

    Small steps at the beginning allow a rate in the middle that would otherwise diverge, and large
    steps there keep the network from settling in the first narrow valley.

    Reference: Smith and Topin (2018), Super-Convergence; the cosine is that of fast.ai.
    """

    def factor(epoch: float) -> float:
        done = (epoch - 1) / epochs
        if done < _RISE:
            return _START + (1 - _START) * done / _RISE
        return (1 + math.cos(math.pi * (done - _RISE) / (1 - _RISE))) / 2

    return factor


class Validated(Protocol):
    """An epoch that has been validated."""

    @property
    def validation_accuracy(self) -> float:
        """Fraction of correct answers on the validation images, from 0 to 1."""


def halving(history: Sequence[Validated]) -> Schedule:
    """Return a schedule that halves after every epoch whose validation accuracy fell.

    factor of epoch e = 1 / 2 ** (falls from one epoch to the next before e).

    Args:
        history: The epochs so far; the trainer adds to it, and the schedule looks again.
    """

    def factor(epoch: float) -> float:
        accuracies = [record.validation_accuracy for record in history[: int(epoch) - 1]]
        return 0.5 ** sum(after < before for before, after in pairwise(accuracies))

    return factor
