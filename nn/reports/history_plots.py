"""Curves over the epochs: loss, accuracy and learning rate.

A table of numbers does not show at a glance that the validation loss has turned upwards.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from nn.reports.figure import TRAINING, VALIDATION, finite, name_axes, picture, scale_values

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NATS, ANY_UNIT = "nats per example", "per example"
_CURVES = {
    # kind: (heading, unit in the legend, factor from the file's unit to the axis's)
    "loss": ("Loss", "", 1.0),
    "accuracy": ("Accuracy", "%", 100.0),
}


def plot_history(
    path: Path,
    kind: Literal["loss", "accuracy"],
    epochs: Sequence[int],
    *,
    training: Sequence[float],
    validation: Sequence[float],
    title: str,
    loss_unit: str = NATS,
) -> None:
    """Draw the loss or the accuracy of training and validation over the epochs.

    Args:
        path: the PNG file to write.
        kind: "loss", or "accuracy" in fractions (drawn as percentages).
        epochs: whole numbers, ascending, one for each value.
        training: one value for each epoch.
        validation: one value for each epoch.
        title: the data's and the run's name.
        loss_unit: that of the loss.

    Raises:
        OSError: the file cannot be written.
    """
    with picture(path, 8, 5.4, _CURVES[kind][0], title) as figure:
        draw_history(
            figure.subplots(), kind, epochs,
            training=training, validation=validation, loss_unit=loss_unit,
        )  # fmt: skip
        figure.legend(loc="outside lower center", frameon=False)


def draw_history(
    axes: "Axes",
    kind: Literal["loss", "accuracy"],
    epochs: Sequence[int],
    *,
    training: Sequence[float],
    validation: Sequence[float],
    finished: bool = True,
    loss_unit: str = NATS,
) -> None:
    """Draw both curves of one kind into `axes`, with labels for a legend.

    Values that are not finite leave a gap; the legend gives the first such epoch. If values
    differ by more than a factor of 1,000, as a diverging loss does, the axis is logarithmic.

    Args:
        axes: where to draw; empty.
        kind: "loss", or "accuracy" in fractions (drawn as percentages).
        epochs: whole numbers, ascending, one for each value.
        training: one value for each epoch.
        validation: one value for each epoch.
        finished: whether training has ended.
        loss_unit: that of the loss.
    """
    _, unit, factor = _CURVES[kind]
    axis = "accuracy (%)" if kind == "accuracy" else f"loss ({loss_unit})"
    best = np.nanmin if kind == "loss" else np.nanmax
    curves = [finite(training) * factor, finite(validation) * factor]
    last = "at the end" if finished else "so far"
    labels = [
        _label(name, epochs, values, f"{unit} {last}")
        for name, values in zip(("training", "validation"), curves, strict=True)
    ]
    if np.isfinite(curves[1]).any():
        top = best(curves[1])
        labels[1] += f", best {top:.4g}{unit} in epoch {epochs[_first(curves[1] == top)]}"
    _draw_line(axes, epochs, curves[0], labels[0])
    _draw_line(axes, epochs, curves[1], labels[1], dashed=True)
    log = scale_values(axes, np.concatenate(curves))
    if kind == "accuracy":
        lowest, highest = axes.get_ylim()
        axes.set_ylim(max(lowest, -1), min(highest, 100.5))
    name_axes(axes, epochs, axis + (", log scale" if log else ""))


def plot_learning_rate(
    path: Path, epochs: Sequence[int], learning_rates: Sequence[float], title: str
) -> None:
    """Draw the learning rate of each epoch; the axis starts at 0 unless it is logarithmic.

    A rate that never changes is written instead: that says as much, in a quarter of the time.

    Args:
        path: the PNG file to write.
        epochs: whole numbers, ascending, one for each value.
        learning_rates: positive, one for each epoch.
        title: the data's and the run's name.

    Raises:
        OSError: the file cannot be written.
    """
    if len(set(learning_rates)) == 1:
        with picture(path, 8, 1.6, "Learning rate", title) as figure:
            which = "1 epoch" if len(epochs) == 1 else f"all {len(epochs):,} epochs"
            figure.text(0.5, 0.25, f"{learning_rates[0]:g} in {which}", ha="center")
        return
    with picture(path, 8, 5, "Learning rate", title) as figure:
        axes = figure.subplots()
        values = finite(learning_rates)
        _draw_line(axes, epochs, values, "learning rate")
        log = scale_values(axes, values)
        if not log and np.isfinite(values).any():
            axes.set_ylim(0, 1.05 * float(np.nanmax(values)))
        name_axes(axes, epochs, "learning rate" + (", log scale" if log else ""))


def _first(condition: NDArray[np.bool_]) -> int:
    return int(condition.argmax())


def _label(name: str, epochs: Sequence[int], values: NDArray[np.float64], ending: str) -> str:
    lost = ~np.isfinite(values)
    if lost.any():
        return f"{name}: no finite value in epoch {epochs[_first(lost)]}"
    return f"{name}: {values[-1]:.4g}{ending}"


def _draw_line(
    axes: "Axes",
    epochs: Sequence[int],
    values: NDArray[np.float64],
    label: str,
    *,
    dashed: bool = False,
) -> None:
    """Draw a solid line with dots, or a dashed one with open squares.

    A square around a dot shows that both curves have the same value. Many epochs have no markers,
    which would touch; a single value needs one, because a line of one point is invisible.
    """
    colour, line, marker, size, inside = (
        (VALIDATION, "--", "s", 9, "none") if dashed else (TRAINING, "-", "o", 6, TRAINING)
    )
    few = np.isfinite(values).sum() <= 40
    axes.plot(
        epochs, values, line, color=colour, label=label,
        marker=marker if few else "", markersize=size, markerfacecolor=inside,
    )  # fmt: skip
