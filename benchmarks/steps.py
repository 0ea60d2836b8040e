"""The steps: which are measured, against which they count, and what was aimed at.

Every target is a ratio. For a floor (a part of the work alone) it is our time over the floor's,
and at most the target; for another framework it is its time over ours, and at least the target.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.contestants import CONTESTANTS
from benchmarks.turns import Entry, Ratio, Turns
from benchmarks.work import Array, Work

PLAIN = Work()
TWO_HIDDEN = Work(hidden=(64, 64), optimizer="momentum", learning_rate=0.001)
BATCH_128 = replace(PLAIN, batch_size=128, learning_rate=0.1)
VARIANTS = {
    "sigmoid instead of ReLU": replace(PLAIN, activation="sigmoid"),
    "momentum on": replace(PLAIN, optimizer="momentum", learning_rate=0.001),
    "L1 on": replace(PLAIN, l1=1e-5),
}
_FLOORS = ("products", "all_products")
_FRAMEWORKS = ("pytorch", "scikit_learn", "jax_scan")

STEPS_COMPARED = 200
TOLERANCE = 1e-3
"""Largest difference in any parameter allowed, as a share of the largest way any has come."""


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        what: The work.
        against: What it is measured against.
        target: The ratio aimed at.
        at_most: Whether the ratio shall be at most the target rather than at least.
        ratio: As measured; None if a contestant is not installed.
    """

    what: str
    against: str
    target: float
    at_most: bool
    ratio: Ratio | None

    @property
    def verdict(self) -> str:
        """Whether the target was met."""
        if self.ratio is None:
            return "left out"
        met = self.ratio.median <= self.target if self.at_most else self.ratio.median >= self.target
        return "met" if met else "missed"


@dataclass(frozen=True)
class Measurement:
    """What the steps took.

    Attributes:
        lines: The table of ratios.
        times: Microseconds a step for each entry.
    """

    lines: list[Line]
    times: dict[Entry, Ratio]


def measure(turns: Turns, rounds: int, images: int) -> Measurement:
    """Measure all steps against all that is installed."""
    ours, two_hidden, large = (Entry("ours", work) for work in (PLAIN, TWO_HIDDEN, BATCH_128))
    variants = {name: Entry("ours", work) for name, work in VARIANTS.items()}

    # Each group takes turns on its own, so that the two sides of a ratio are close in time.
    plain_times = turns.rounds(
        [*_all(_FLOORS, PLAIN), ours, *variants.values(), *_all(_FRAMEWORKS, PLAIN)],
        rounds,
        images,
    )
    two_hidden_times = turns.rounds([two_hidden, *_all(_FRAMEWORKS, TWO_HIDDEN)], rounds, images)
    large_times = turns.rounds(
        [
            *_all(_FLOORS, BATCH_128),
            large,
            *_all(_FRAMEWORKS, BATCH_128),
        ],
        rounds,
        images,
    )
    times = plain_times | two_hidden_times | large_times

    def line(entry: Entry, other: Entry, target: float, at_most: bool, what: str) -> Line:
        ratio = None
        if other in times:
            pairs = zip(times[entry], times[other], strict=True)
            ratio = Ratio.of([a / b if at_most else b / a for a, b in pairs])
        against = CONTESTANTS[other.contestant]
        if other.contestant == entry.contestant:
            against = "our own plain step"
        return Line(what, against, target, at_most, ratio)

    lines = [line(ours, Entry("products", PLAIN), 2.0, True, str(PLAIN))]
    for name, target in (("jax_scan", 1.2), ("pytorch", 12.0), ("scikit_learn", 9.0)):
        lines.append(line(ours, Entry(name, PLAIN), target, False, str(PLAIN)))
    lines.append(line(two_hidden, Entry("pytorch", TWO_HIDDEN), 10.0, False, str(TWO_HIDDEN)))
    for (name, entry), target in zip(variants.items(), (1.35, 1.35, 1.8), strict=True):
        lines.append(line(entry, ours, target, True, name))
    lines.append(line(large, Entry("all_products", BATCH_128), 1.15, True, str(BATCH_128)))
    for name, target in (("jax_scan", 1.0), ("pytorch", 1.8), ("scikit_learn", 1.8)):
        lines.append(line(large, Entry(name, BATCH_128), target, False, str(BATCH_128)))
    return Measurement(lines, {entry: Ratio.of(values) for entry, values in times.items()})


def compare_parameters(turns: Turns) -> Iterator[tuple[Entry, float]]:
    """Let every framework take 200 steps of each work and compare its parameters with ours.

    Yields:
        The entry and its largest difference in any parameter, as a share of the largest way that
        any parameter has come.
    """
    for work in (PLAIN, VARIANTS["sigmoid instead of ReLU"], TWO_HIDDEN, BATCH_128):
        ours = turns.parameters_after(Entry("ours", work), STEPS_COMPARED)
        for entry in _all(_FRAMEWORKS, work):
            theirs = turns.parameters_after(entry, STEPS_COMPARED)
            if ours is not None and theirs is not None:
                way = _largest_difference(ours, work.first_parameters())
                yield entry, _largest_difference(ours, theirs) / way


def _all(contestants: Iterable[str], work: Work) -> list[Entry]:
    return [Entry(contestant, work) for contestant in contestants]


def _largest_difference(some: list[Array], others: list[Array]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(some, others, strict=True))
