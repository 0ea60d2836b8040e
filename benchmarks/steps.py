"""Which training steps are measured, what they are compared with, and the targets.

Every target is a ratio. Beside a floor (a part of the work alone), it is our time divided by the
floor's, and must be at most the target. Beside another framework, it is its time divided by ours,
and must be at least the target.
"""

from collections.abc import Iterable, Iterator, Mapping
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
_OURS = ("ours", "ours_compiled")
_FRAMEWORKS = ("pytorch", "scikit_learn", "jax_scan")

STEPS_COMPARED = 200
TOLERANCE = 1e-3
"""Largest difference allowed in any parameter, relative to the largest change of any."""


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        whose: Which of our trainers.
        what: The work.
        against: What it is compared with.
        target: The ratio to reach.
        at_most: Whether the target is an upper limit instead of a lower one.
        ratio: As measured; None if a contestant is not installed.
    """

    whose: str
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
    """How long the steps took.

    Attributes:
        lines: The table of ratios.
        times: Microseconds per step for each entry.
    """

    lines: list[Line]
    times: dict[Entry, Ratio]


def measure(turns: Turns, rounds: int, images: int) -> Measurement:
    """Measure all steps of all installed contestants."""
    # Each group takes turns on its own, so that the two sides of a ratio are close in time.
    groups = (
        [
            *_all(_FLOORS, PLAIN),
            *(entry for work in (PLAIN, *VARIANTS.values()) for entry in _all(_OURS, work)),
            *_all(_FRAMEWORKS, PLAIN),
        ],
        [*_all(_OURS, TWO_HIDDEN), *_all(_FRAMEWORKS, TWO_HIDDEN)],
        [*_all(_FLOORS, BATCH_128), *_all(_OURS, BATCH_128), *_all(_FRAMEWORKS, BATCH_128)],
    )
    times: dict[Entry, list[float]] = {}
    for group in groups:
        times |= turns.rounds(group, rounds, images)
    lines = [line for contestant in _OURS for line in _lines(contestant, times)]
    return Measurement(lines, {entry: Ratio.of(values) for entry, values in times.items()})


def _lines(contestant: str, times: Mapping[Entry, list[float]]) -> Iterator[Line]:
    """Yield the ratios for which one of our trainers has targets."""

    def line(work: Work, other: Entry, target: float, at_most: bool, what: str = "") -> Line:
        entry = Entry(contestant, work)
        ratio = None
        if entry in times and other in times:
            pairs = zip(times[entry], times[other], strict=True)
            ratio = Ratio.of([a / b if at_most else b / a for a, b in pairs])
        against = CONTESTANTS[other.contestant]
        if other.contestant == contestant:
            against = "its own plain step"
        return Line(CONTESTANTS[contestant], what or str(work), against, target, at_most, ratio)

    yield line(PLAIN, Entry("products", PLAIN), 2.0, True)
    for name, target in (("jax_scan", 1.2), ("pytorch", 12.0), ("scikit_learn", 9.0)):
        yield line(PLAIN, Entry(name, PLAIN), target, False)
    yield line(TWO_HIDDEN, Entry("pytorch", TWO_HIDDEN), 10.0, False)
    for (what, work), target in zip(VARIANTS.items(), (1.35, 1.35, 1.8), strict=True):
        yield line(work, Entry(contestant, PLAIN), target, True, what)
    yield line(BATCH_128, Entry("all_products", BATCH_128), 1.15, True)
    for name, target in (("jax_scan", 1.0), ("pytorch", 1.8), ("scikit_learn", 1.8)):
        yield line(BATCH_128, Entry(name, BATCH_128), target, False)


def compare_parameters(turns: Turns) -> Iterator[tuple[Entry, float]]:
    """Let all others take 200 steps of each work and compare their parameters with ours.

    Yields:
        The entry and its largest difference in any parameter, relative to the largest change of
        any.
    """
    for work in (PLAIN, *VARIANTS.values(), TWO_HIDDEN, BATCH_128):
        ours = turns.parameters_after(Entry("ours", work), STEPS_COMPARED)
        # The frameworks have no L1 of this kind.
        for entry in _all(("ours_compiled", *(() if work.l1 else _FRAMEWORKS)), work):
            theirs = turns.parameters_after(entry, STEPS_COMPARED)
            if ours is not None and theirs is not None:
                way = _largest_difference(ours, work.first_parameters())
                yield entry, _largest_difference(ours, theirs) / way


def _all(contestants: Iterable[str], work: Work) -> list[Entry]:
    return [Entry(contestant, work) for contestant in contestants]


def _largest_difference(some: list[Array], others: list[Array]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(some, others, strict=True))
