"""How the time of an epoch grows with the images, the hidden units and the batch size.

On logarithmic axes a power law is a straight line, and its slope is the exponent: 1 if twice as
much takes twice as long, 0 if it makes no difference. The exponent is fitted to all points; if
they lie on a curve, it is that of the best straight line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.contestants import CONTESTANTS
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
        seconds: An epoch's time at each, for each contestant.
    """

    quantity: str
    values: Sequence[int]
    seconds: dict[str, Sequence[Ratio]]

    def exponent(self, contestant: str) -> float:
        """Return the slope of the straight line through the logarithms."""
        medians = [seconds.median for seconds in self.seconds[contestant]]
        return float(np.polyfit(np.log(self.values), np.log(medians), 1)[0])


def measure(turns: Turns, rounds: int) -> list[Growth]:
    """Measure all three, each value once in every round."""
    plain = Work()
    by_units = [replace(plain, hidden=(units,)) for units in HIDDEN_UNITS]
    by_batch = [replace(plain, batch_size=size) for size in BATCH_SIZES]
    by_images = {
        name: [_epoch(turns, name, plain, rounds, count) for count in IMAGES]
        for name in turns.names
    }
    return [
        Growth("images", IMAGES, by_images),
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
        for contestant, seconds in growth.seconds.items():
            medians = [one.median for one in seconds]
            (line,) = axis.loglog(growth.values, medians, "o-", label=CONTESTANTS[contestant])
            axis.fill_between(
                growth.values,
                [one.smallest for one in seconds],
                [one.largest for one in seconds],
                color=line.get_color(),
                alpha=0.2,
            )
        axis.set(xlabel=growth.quantity, ylabel="seconds an epoch")
        exponents = [f"{growth.exponent(contestant):.2f}" for contestant in growth.seconds]
        axis.set_title(f"exponent {' and '.join(exponents)}")
        axis.grid(visible=True, which="both", alpha=0.3)
    axes[0].legend()
    figure.savefig(path, dpi=120)


def _epochs(turns: Turns, works: Sequence[Work], rounds: int) -> dict[str, Sequence[Ratio]]:
    entries = [Entry(name, work) for name in turns.names for work in works]
    times = turns.rounds(entries, rounds, _SAMPLE)
    return {
        name: [
            Ratio.of([step * TRAINING_IMAGES / work.batch_size / 1e6 for step in times[entry]])
            for work in works
            for entry in [Entry(name, work)]
        ]
        for name in turns.names
    }


def _epoch(turns: Turns, name: str, work: Work, rounds: int, images: int) -> Ratio:
    steps = turns.rounds([Entry(name, work)], rounds, images)[Entry(name, work)]
    return Ratio.of([step * (images // work.batch_size) / 1e6 for step in steps])
