"""The curves of several runs in one picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.reports.figure import (
    MOST_CURVES,
    curve_style,
    finite,
    legend_below,
    name_axes,
    picture,
    scale_values,
    shortened,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MEASURES = {
    # measure: (axis label, factor from the file's unit to the axis's)
    "accuracy": ("accuracy (%)", 100.0),
    "loss": ("loss (per example)", 1.0),
}
_REST = "#c8c8c8"
_MOST_WITH_TRAINING = 4  # curves; with more, the training curves would hide the validation curves
_ZOOM = 10.0  # percentage points shown below what nine of ten runs reach


@dataclass(frozen=True, eq=False)
class Curves:
    """The histories of one run or of several runs.

    Attributes:
        label: Its name in the legend.
        values: `training_accuracy`, `validation_accuracy`, `training_loss`, `validation_loss`:
            epoch, mean and standard deviation over the runs, (3, epochs).
        runs: The number of runs.
    """

    label: str
    values: dict[str, NDArray[np.float64]]
    runs: int

    def scaled(self, measure: str, factor: float) -> NDArray[np.float64]:
        """Return epoch, mean and deviation, the last two multiplied by `factor`."""
        values = self.values[measure]
        return np.stack([values[0], *(finite(values[1:]) * factor)])


def plot_comparison(path: Path, curves: Sequence[Curves], title: str) -> None:
    """Draw the validation accuracy and loss of many runs, the best ones by name.

    Several runs of one curve are drawn as their mean in a band of one standard deviation to
    either side. If there are few curves, the training curves are added as thin dotted lines.
    More than fourteen curves cannot be told apart; the others are all drawn in grey. The accuracy
    axis is zoomed to the best runs; if a curve lies below it, another panel shows all curves.

    Args:
        path: the PNG file to write.
        curves: the best first; those without epochs are left out.
        title: the data's and the comparison's name.

    Raises:
        OSError: the file cannot be written.
    """
    curves = [one for one in curves if one.values["validation_loss"].shape[1]]
    lowest, highest = _best_range(curves)
    all_seen = all(
        np.nanmax(one.values[f"{part}_accuracy"][1], initial=0) * 100 >= lowest
        for one in curves
        for part in _parts(curves)
    )
    # Two columns of the legend hold labels of half the picture's width.
    labels = [shortened(one.label, 62, lines=2) for one in curves[:MOST_CURVES]]
    height = 5.4 + 0.26 * sum(label.count("\n") + 1 for label in labels[::2])
    with picture(path, 13 if all_seen else 18, height, "Comparison", title) as figure:
        panels = list(figure.subplots(1, 2 if all_seen else 3))
        for axes in panels[:-1]:
            _draw_panel(axes, curves, labels, "accuracy")
        panels[-2].set_ylim(lowest, highest)
        if not all_seen:
            panels[-2].set_title(f"the best, above {lowest:.0f}%")
        _draw_panel(panels[-1], curves, labels, "loss")
        legend_below(figure, panels[0], columns=2 if len(curves) > 1 else 1, fontsize=10)


def _draw_panel(
    axes: "Axes", curves: Sequence[Curves], labels: Sequence[str], measure: str
) -> None:
    """Draw one measure of all curves, the best last so that it lies on top."""
    axis_label, factor = _MEASURES[measure]
    parts = _parts(curves)
    rest = curves[len(labels) :]
    for number, one in enumerate(reversed(rest)):
        epochs, mean, _ = one.scaled(f"validation_{measure}", factor)
        label = f"{len(rest):,} more" if number == 0 else None
        axes.plot(epochs, mean, color=_REST, linewidth=0.8, label=label)
    for number, label in reversed(list(enumerate(labels))):
        one, style = curves[number], curve_style(number)
        epochs, mean, deviation = one.scaled(f"validation_{measure}", factor)
        axes.plot(epochs, mean, label=label, marker="o" if len(epochs) <= 2 else "", **style)
        if one.runs > 1:
            axes.fill_between(
                epochs, mean - deviation, mean + deviation,
                color=style["color"], alpha=0.18, linewidth=0,
            )  # fmt: skip
        if "training" in parts:
            epochs, mean, _ = one.scaled(f"training_{measure}", factor)
            axes.plot(epochs, mean, ":", color=style["color"], linewidth=1.2)
    means = [one.scaled(f"validation_{measure}", factor)[1] for one in curves]
    log = scale_values(axes, np.concatenate([*means, np.full(1, np.nan)]))
    axes.set_title(", dotted: ".join(parts))
    longest = max((one.values["validation_loss"].shape[1] for one in curves), default=1)
    name_axes(axes, [1, longest], axis_label + (", log scale" if log else ""))


def _parts(curves: Sequence[Curves]) -> list[str]:
    return ["validation", "training"][: 2 if len(curves) <= _MOST_WITH_TRAINING else 1]


def _best_range(curves: Sequence[Curves]) -> tuple[float, float]:
    """Return the ends of an accuracy axis, in percent, on which the best runs can be told apart."""
    means = [one.scaled("validation_accuracy", 100.0)[1] for one in curves]
    values = np.concatenate([*means, np.full(1, np.nan)])
    ends = np.array([mean[-1] for mean in means])
    if not np.isfinite(ends).any():
        return 0.0, 100.5
    nine_of_ten = float(np.nanquantile(ends, 0.1, method="higher"))
    lowest = max(float(np.nanmin(values)), nine_of_ten - _ZOOM)
    highest = float(np.nanmax(values))
    return lowest - 0.04 * (highest - lowest + 1), min(100.5, highest + 1)
