"""Pictures of several runs side by side: their curves, and where their mistakes differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.reports.plots import finite, name_axes, picture, scale_values, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours without their yellow, which is too pale for a line on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_LINES = ("-", "--")
MOST_NAMED = len(COLOURS) * len(_LINES)
_REST = "#c8c8c8"
_MEASURES = {
    # measure: (axis, factor from the file's unit to the axis's)
    "accuracy": ("accuracy (%)", 100.0),
    "loss": ("loss (nats per example)", 1.0),
}


@dataclass(frozen=True, eq=False)
class Curves:
    """The histories of one or several runs.

    Attributes:
        label: What they are called in the legend.
        values: `training_accuracy`, `validation_accuracy`, `training_loss`, `validation_loss`:
            epoch, mean and standard deviation over the runs, (3, epochs).
        runs: How many they are.
    """

    label: str
    values: dict[str, NDArray[np.float64]]
    runs: int


def plot_comparison(path: Path, curves: Sequence[Curves], title: str) -> None:
    """Draw the validation accuracy and loss of many runs, the best ones by name.

    Where several runs are one curve, it is their mean, in a band of one standard deviation to
    either side. The training's curves are added, thin and dotted, where there are few. Beyond
    fourteen, curves cannot be told apart any more, and the rest is drawn in one grey.

    Args:
        path: the PNG file to write.
        curves: the best first; those without an epoch are left out.
        title: the data's and the comparison's name.

    Raises:
        OSError: the file cannot be written.
    """
    curves = [one for one in curves if one.values["validation_loss"].shape[1]]
    named, rest = curves[:MOST_NAMED], curves[MOST_NAMED:]
    # Two columns of the legend hold labels of half the picture's width.
    labels = [shortened(one.label, 62, lines=2) for one in named]
    height = 5.4 + 0.26 * sum(label.count("\n") + 1 for label in labels[::2])
    with picture(path, 13, height, "Comparison", title) as figure:
        drawn = figure.subplots(1, len(_MEASURES))
        for axes, (measure, (axis, factor)) in zip(drawn, _MEASURES.items(), strict=True):
            for one in reversed(rest):
                epochs, mean, _ = _scaled(one.values[f"validation_{measure}"], factor)
                axes.plot(epochs, mean, color=_REST, linewidth=0.8)
            # The best last, so that it lies on top.
            for place, one in reversed(list(enumerate(named))):
                line, colour = list(product(_LINES, COLOURS))[place]
                values = _scaled(one.values[f"validation_{measure}"], factor)
                _draw(
                    axes, values, colour=colour, line=line, label=labels[place], band=one.runs > 1
                )
                if len(curves) <= 4:
                    epochs, mean, _ = _scaled(one.values[f"training_{measure}"], factor)
                    axes.plot(epochs, mean, ":", color=colour, linewidth=1.2)
            log = _frame(axes, curves, measure, factor)
            dots = ", dotted: training" if len(curves) <= 4 else ""
            axes.set_title(f"validation{dots}")
            longest = max((one.values["validation_loss"].shape[1] for one in curves), default=1)
            name_axes(axes, [1, longest], axis + (", log scale" if log else ""))
        handles, found = drawn[0].get_legend_handles_labels()
        if rest:
            handles.insert(0, drawn[0].plot([], [], color=_REST, linewidth=0.8)[0])
            found.insert(0, f"{len(rest):,} more")
        figure.legend(
            handles[::-1], found[::-1], loc="outside lower center", frameon=False, fontsize=10,
            ncols=2 if len(found) > 1 else 1,
        )  # fmt: skip


def _scaled(values: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """Return epoch, mean and deviation, the latter two in the axis's unit."""
    return np.stack([values[0], *(finite(values[1:]) * factor)])


def _draw(
    axes: "Axes",
    values: NDArray[np.float64],
    *,
    colour: str,
    line: str,
    label: str,
    band: bool,
) -> None:
    """Draw a mean and, where `band` says so, one standard deviation to either side of it."""
    epochs, mean, deviation = values
    marker = "o" if len(epochs) <= 2 else ""
    axes.plot(epochs, mean, line, color=colour, label=label, marker=marker)
    if band:
        axes.fill_between(
            epochs, mean - deviation, mean + deviation, color=colour, alpha=0.18, linewidth=0
        )


def _frame(axes: "Axes", curves: Sequence[Curves], measure: str, factor: float) -> bool:
    """Choose the range of the upright axis; return whether it is logarithmic."""
    all_means = [finite(one.values[f"validation_{measure}"][1]) * factor for one in curves]
    means = np.concatenate([*all_means, np.full(1, np.nan)])
    log = scale_values(axes, means)
    if measure == "accuracy" and np.isfinite(means).any():
        # A few networks that never learned would press all others into a line.
        ends = np.array([values[-1] for values in all_means])
        most = float(np.nanquantile(ends, 0.1, method="higher"))
        lowest = max(float(np.nanmin(means)), most - 10)
        highest = float(np.nanmax(means))
        axes.set_ylim(lowest - 0.04 * (highest - lowest + 1), min(100.5, highest + 1))
    return log


def plot_confusion_difference(
    path: Path, difference: NDArray[np.integer], names: tuple[str, str], title: str
) -> None:
    """Draw how much more often one run than the other read each true class as each class.

    Args:
        path: the PNG file to write.
        difference: (K, K), the first run's counts minus the second's; rows are true classes.
        names: what the two runs are called.
        title: the data's and the comparison's name.

    Raises:
        OSError: the file cannot be written.
    """
    classes = len(difference)
    side = min(max(7.0, 0.44 * classes + 2.5), 14.0)
    most = max(1, int(np.abs(difference).max()))
    first, second = (shortened(name, 60, lines=1) for name in names)
    heading = f"Confusion matrix of {first}\nminus that of {second}"
    with picture(path, side + 1.2, side + 0.3, heading, title) as figure:
        axes = figure.subplots()
        axes.grid(False)
        colours = axes.imshow(difference, cmap="PuOr_r", vmin=-most, vmax=most)
        figure.colorbar(colours, ax=axes, shrink=0.75, label="images more (+) or fewer (-)")
        axes.set_xlabel("predicted class (on the diagonal: read right)")
        axes.set_ylabel("true class")
        if classes > 30:
            return
        axes.set_xticks(range(classes))
        axes.set_yticks(range(classes))
        for row, column in np.argwhere(difference != 0):
            count = int(difference[row, column])
            axes.text(
                column, row, f"{count:+d}", ha="center", va="center",
                fontsize=11.0 if classes <= 12 else 8.0,
                color="white" if abs(count) > 0.6 * most else "black",
            )  # fmt: skip
