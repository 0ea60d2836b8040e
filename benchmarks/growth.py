"""How the time of an epoch grows with the images, the hidden units and the batch size.

On logarithmic axes a power law is a straight line, and its slope is the exponent: 1 if twice as
much takes twice as long, 0 if it makes no difference. The exponent is fitted to all points; if
they lie on a curve, it is that of the best straight line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.turns import Entry, Ratio, Turns
from benchmarks.work import TRAINING_IMAGES, Work

IMAGES = (1_000, 4_000, 16_000, 58_000)
HIDDEN_UNITS = (16, 32, 64, 128, 256, 512, 1024)
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_SAMPLE = 4_096
"""Images per turn when their number does not vary; an epoch is extrapolated from them."""


@dataclass(frozen=True)
class Growth:
    """One quantity and the time of an epoch at each of its values.

    Attributes:
        quantity: What varies.
        values: Its values.
        seconds: An epoch's time at each.
    """

    quantity: str
    values: Sequence[int]
    seconds: Sequence[Ratio]

    @property
    def exponent(self) -> float:
        """The slope of the straight line through the logarithms."""
        medians = [seconds.median for seconds in self.seconds]
        return float(np.polyfit(np.log(self.values), np.log(medians), 1)[0])


def measure(turns: Turns, rounds: int) -> list[Growth]:
    """Measure all three, each value once in every round."""
    plain = Work()
    by_units = [replace(plain, hidden=(units,)) for units in HIDDEN_UNITS]
    by_batch = [replace(plain, batch_size=size) for size in BATCH_SIZES]
    return [
        Growth("images", IMAGES, [_epoch(turns, plain, rounds, count) for count in IMAGES]),
        Growth("hidden units", HIDDEN_UNITS, _epochs(turns, by_units, rounds)),
        Growth("batch size", BATCH_SIZES, _epochs(turns, by_batch, rounds)),
    ]


def draw(growths: Sequence[Growth], path: Path) -> None:
    """Plot them side by side on logarithmic axes."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(growths), figsize=(12, 3.6), layout="constrained")
    for axis, growth in zip(axes, growths, strict=True):
        medians = [seconds.median for seconds in growth.seconds]
        axis.loglog(growth.values, medians, "o-", color="tab:blue")
        axis.fill_between(
            growth.values,
            [seconds.smallest for seconds in growth.seconds],
            [seconds.largest for seconds in growth.seconds],
            alpha=0.2,
        )
        axis.set(xlabel=growth.quantity, ylabel="seconds an epoch")
        axis.set_title(f"exponent {growth.exponent:.2f}")
        axis.grid(visible=True, which="both", alpha=0.3)
    figure.savefig(path, dpi=120)


def _epochs(turns: Turns, works: Sequence[Work], rounds: int) -> list[Ratio]:
    times = turns.rounds([Entry("ours", work) for work in works], rounds, _SAMPLE)
    return [
        Ratio.of([step * TRAINING_IMAGES / entry.work.batch_size / 1e6 for step in steps])
        for entry, steps in times.items()
    ]


def _epoch(turns: Turns, work: Work, rounds: int, images: int) -> Ratio:
    steps = turns.rounds([Entry("ours", work)], rounds, images)[Entry("ours", work)]
    return Ratio.of([step * (images // work.batch_size) / 1e6 for step in steps])
