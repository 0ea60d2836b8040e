"""Pictures of a search: the effect and importance of each setting, and the best curves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn.reports.figure import (
    RIGHT,
    TRAINING,
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

_STOPPED = "#9a9a9a"
_WIDEST_LABEL = 24


@dataclass(frozen=True)
class DrawnTrial:
    """What the pictures show of a trial.

    Attributes:
        label: Its settings in words.
        value: Its objective, in the unit of the axis; for a trial that was stopped early the
            last value known.
        complete: Whether it trained for all of its epochs.
        params: Its value in each dimension.
        curve: The objective after each epoch.
    """

    label: str
    value: float | None
    complete: bool
    params: Mapping[str, Any]
    curve: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Axis:
    """A dimension of the search.

    Attributes:
        name: The setting that varies.
        log: Whether its axis is logarithmic.
        labels: The values to choose from; empty for a range of numbers.
    """

    name: str
    log: bool
    labels: Sequence[str] = ()


def plot_parameters(
    path: Path, trials: Sequence[DrawnTrial], axes: Sequence[Axis], value_name: str, title: str
) -> None:
    """Draw each trial's objective against each dimension, trials stopped early in grey.

    Args:
        path: the PNG file to write.
        trials: the best first.
        axes: the dimensions.
        value_name: the objective and its unit.
        title: the study's name.

    Raises:
        OSError: the file cannot be written.
    """
    columns = min(3, len(axes))
    rows = -(-len(axes) // columns)
    with picture(path, 4.6 * columns + 0.6, 4.4 * rows + 1, "Search", title) as figure:
        drawn = figure.subplots(rows, columns, squeeze=False, sharey=True)
        for each, axis in zip(drawn.flat, axes, strict=False):
            _scatter(each, trials, axis)
            each.set_xlabel(shortened(axis.name, 34) + (", log scale" if axis.log else ""))
        for each in drawn[:, 0]:
            each.set_ylabel(value_name)
        for each in drawn.flat[len(axes) :]:
            each.set_axis_off()
        handles, labels = drawn.flat[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower center", frameon=False, ncols=len(labels) or 1
        )


def _scatter(axes: "Axes", trials: Sequence[DrawnTrial], axis: Axis) -> None:
    known = [trial for trial in trials if trial.value is not None and axis.name in trial.params]
    if axis.log:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
    for complete, inside, edge, label in (
        (False, "none", _STOPPED, "stopped early"),
        (True, TRAINING, TRAINING, "all epochs"),
    ):
        some = [trial for trial in known if trial.complete == complete]
        positions = [_position(trial, axis) for trial in some]
        values = finite([trial.value for trial in some if trial.value is not None])
        axes.scatter(positions, values, s=34, color=inside, edgecolors=edge, label=label)
    best = next((trial for trial in known if trial.complete), None)
    if best is not None and best.value is not None:
        axes.scatter(
            [_position(best, axis)], [best.value],
            s=150, marker="*", color=RIGHT, label="best", zorder=3,
        )  # fmt: skip
    if axis.labels:
        names = [shortened(label, _WIDEST_LABEL, lines=1) for label in axis.labels]
        tilted = sum(map(len, names)) > 36
        axes.set_xticks(range(len(names)), names, rotation=35 if tilted else 0,
                        ha="right" if tilted else "center", fontsize=10)  # fmt: skip
        axes.set_xlim(-0.5, len(names) - 0.5)


def _position(trial: DrawnTrial, axis: Axis) -> float:
    value = trial.params[axis.name]
    return float(axis.labels.index(value) if axis.labels else value)


def plot_importance(path: Path, importance: Mapping[str, float], title: str) -> None:
    """Draw how important each dimension is, the most important one on top.

    Args:
        path: the PNG file to write.
        importance: shares that sum to 1.
        title: the study's name.

    Raises:
        OSError: the file cannot be written.
    """
    ordered = sorted(importance.items(), key=lambda pair: pair[1])
    heading = "Importance of each setting"
    with picture(path, 8, 1.8 + 0.5 * len(ordered), heading, title) as figure:
        axes = figure.subplots()
        names = [shortened(name, 34) for name, _ in ordered]
        bars = axes.barh(names, [100 * share for _, share in ordered], color=TRAINING)
        axes.bar_label(bars, fmt="%.0f%%", padding=4)
        axes.set_xlim(0, 110)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("importance for telling good trials from bad ones (%)")


def plot_learning_curves(
    path: Path, trials: Sequence[DrawnTrial], value_name: str, title: str
) -> None:
    """Draw the objective of the best trials, epoch by epoch.

    Args:
        path: the PNG file to write.
        trials: those to draw, the best first, at most ten.
        value_name: the objective and its unit.
        title: the study's name.

    Raises:
        OSError: the file cannot be written.
    """
    labels = [shortened(trial.label, 100, lines=2) for trial in trials]
    height = 4.8 + 0.24 * sum(label.count("\n") + 1 for label in labels)
    heading = f"The best {len(trials)} trials" if len(trials) > 1 else "The best trial"
    with picture(path, 9.5, height, heading, title) as figure:
        axes = figure.subplots()
        for number, trial in reversed(list(enumerate(trials))):
            marker = "o" if len(trial.curve) == 1 else ""
            axes.plot(
                list(trial.curve), finite(list(trial.curve.values())),
                marker=marker, label=labels[number], **curve_style(number),
            )  # fmt: skip
        values = finite([value for trial in trials for value in trial.curve.values()])
        log = scale_values(axes, values)
        longest = max(epoch for trial in trials for epoch in trial.curve)
        name_axes(axes, [1, longest], value_name + (", log scale" if log else ""))
        legend_below(figure, axes, fontsize=10)
