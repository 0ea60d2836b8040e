"""Pictures of a run as PNG files: curves, the confusion matrix, a gallery of test images.

A table of numbers does not show at a glance that the validation loss has turned upwards, or
that fours are read as nines. Each function here draws one picture from plain numbers and knows
nothing of networks; the same numbers always give the same bytes.

matplotlib is imported inside the functions, because importing it takes longer than asking all
the questions. It draws on a canvas in memory (Agg) through its object interface: no window, no
global list of figures, nothing to close.
"""

import logging
import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.files.atomic_write import open_atomically
from nn.runs.predictions import Predictions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Blue, vermilion and bluish green of Okabe and Ito (2008), which the colour-blind tell apart;
# right and wrong are darkened until they can be read as text on white.
TRAINING, VALIDATION = "#0072B2", "#D55E00"
RIGHT, WRONG = "#00704F", "#B5361C"

_DPI = 110
_STYLE = {
    "font.size": 12.0,
    "axes.labelsize": 13.0,
    "axes.titlesize": 11.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "axes.axisbelow": True,
    "lines.linewidth": 2.0,
    "text.parse_math": False,  # a run's name may hold dollar signs
}
_CURVES = {
    # kind: (heading, axis, unit in the legend, factor from the file's unit to the axis's)
    "loss": ("Loss", "loss (nats per example)", "", 1.0),
    "accuracy": ("Accuracy", "accuracy (%)", " %", 100.0),
}


def plot_history(
    path: Path,
    kind: Literal["loss", "accuracy"],
    epochs: Sequence[int],
    *,
    training: Sequence[float],
    validation: Sequence[float],
    title: str,
) -> None:
    """Draw the loss or the accuracy of training and validation over the epochs.

    Args:
        path: the PNG file to write.
        kind: "loss" in nats per example, "accuracy" in fractions (drawn as percentages).
        epochs: whole numbers, ascending, one a value.
        training: one value an epoch.
        validation: one value an epoch.
        title: the data's and the run's name.

    Raises:
        OSError: the file cannot be written.
    """
    with picture(path, 8, 5.4, _CURVES[kind][0], title) as figure:
        draw_history(figure.subplots(), kind, epochs, training=training, validation=validation)
        figure.legend(loc="outside lower center", frameon=False)


def draw_history(
    axes: "Axes",
    kind: Literal["loss", "accuracy"],
    epochs: Sequence[int],
    *,
    training: Sequence[float],
    validation: Sequence[float],
) -> None:
    """Draw both curves of one kind into `axes`, with labels for a legend.

    Values that are not finite leave a gap, and the legend says from which epoch on. A range of
    more than three powers of ten, as a diverging loss has, is drawn on a logarithmic axis.

    Args:
        axes: where to draw; empty.
        kind: "loss" in nats per example, "accuracy" in fractions (drawn as percentages).
        epochs: whole numbers, ascending, one a value.
        training: one value an epoch.
        validation: one value an epoch.
    """
    _, axis, unit, factor = _CURVES[kind]
    best = np.nanmin if kind == "loss" else np.nanmax
    curves = [finite(training) * factor, finite(validation) * factor]
    labels = [_label("training", epochs, curves[0], unit)]
    labels.append(_label("validation", epochs, curves[1], unit))
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
    """Draw the learning rate of each epoch, from 0 up or, over three powers of ten, as logarithms.

    Args:
        path: the PNG file to write.
        epochs: whole numbers, ascending, one a value.
        learning_rates: positive, one an epoch.
        title: the data's and the run's name.

    Raises:
        OSError: the file cannot be written.
    """
    with picture(path, 8, 5, "Learning rate", title) as figure:
        axes = figure.subplots()
        values = finite(learning_rates)
        _draw_line(axes, epochs, values, "learning rate")
        log = scale_values(axes, values)
        if not log and np.isfinite(values).any():
            axes.set_ylim(0, 1.05 * float(np.nanmax(values)))
        name_axes(axes, epochs, "learning rate" + (", log scale" if log else ""))


def plot_confusion_matrix(path: Path, matrix: NDArray[np.integer], title: str) -> None:
    """Draw how often each true class was read as each class.

    The diagonal holds nearly everything, so on one common scale no mistake would be seen: it is
    drawn in one pale blue, and the colours measure the mistakes alone. The share read right
    stands at the end of each row. Empty cells hold no mistake; beyond 30 classes the counts
    would be too small to read and only the colours are left.

    Args:
        path: the PNG file to write.
        matrix: (K, K), counts, rows = true classes.
        title: the data's and the run's name.

    Raises:
        OSError: the file cannot be written.
    """
    from matplotlib.colors import ListedColormap, PowerNorm
    from matplotlib.ticker import MaxNLocator

    classes = len(matrix)
    readable = classes <= 30
    side = min(max(7.0, 0.44 * classes + 2.5), 14.0)
    diagonal = np.eye(classes, dtype=bool)
    mistakes = np.ma.masked_where(diagonal | (matrix == 0), matrix)
    most = max(10, int(np.where(diagonal, 0, matrix).max()))  # one mistake alone stays pale
    with picture(path, side + 1.2, side, "Confusion matrix", title) as figure:
        axes = figure.subplots()
        axes.grid(False)
        # The square root lifts single mistakes off the white of none.
        colours = axes.imshow(mistakes, cmap="YlOrRd", norm=PowerNorm(0.5, 0, most))
        pale = ListedColormap(["#cfe3f3"])
        axes.imshow(np.ma.masked_where(~diagonal, diagonal), cmap=pale)
        bar = figure.colorbar(colours, ax=axes, shrink=0.75, label="mistakes (images)")
        bar.ax.yaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.set_xlabel("predicted class")
        axes.set_ylabel("true class")
        if not readable:
            return
        axes.set_xticks(range(classes))
        axes.set_yticks(range(classes))
        axes.hlines(np.arange(classes - 1) + 0.5, -0.5, classes - 0.5, "#dddddd", linewidth=0.6)
        axes.vlines(np.arange(classes - 1) + 0.5, -0.5, classes - 0.5, "#dddddd", linewidth=0.6)
        size = 11.0 if classes <= 12 else 8.0
        for row, column in np.argwhere(matrix > 0):
            count = int(matrix[row, column])
            dark = row != column and count > 0.4 * most
            axes.text(
                column, row, str(count), ha="center", va="center", fontsize=size,
                color="white" if dark else "black",
            )  # fmt: skip
        shares = axes.secondary_yaxis("right")
        totals = matrix.sum(axis=1)
        shares.set_yticks(
            range(classes),
            [
                f"{100 * right / total:.1f} %" if total else "none"
                for right, total in zip(matrix.diagonal(), totals, strict=True)
            ],
        )
        shares.tick_params(length=0, labelsize=size)
        shares.spines["right"].set_visible(False)
        shares.set_ylabel("read right")


def plot_gallery(
    path: Path, predictions: Predictions, blocks: Mapping[str, NDArray[np.intp]], title: str
) -> None:
    """Draw test images in rows of eight, each with its predicted and its true class.

    Args:
        path: the PNG file to write.
        predictions: where the images come from.
        blocks: a heading for each group of images, with their indices, in the order to draw;
            a group without images is left out.
        title: the data's and the run's name.

    Raises:
        OSError: the file cannot be written.
    """
    columns, cell = 8, 1.2
    groups = {heading: indices for heading, indices in blocks.items() if len(indices)}
    groups = groups or {"There is no such image": np.empty(0, np.intp)}
    rows = [max(1, -(-len(indices) // columns)) for indices in groups.values()]
    height = 0.9 + sum(0.4 + CELL_HEIGHT * cell * count for count in rows)
    with picture(path, columns * cell, height, "Test images", title) as figure:
        drawn = figure.subplots(len(groups), squeeze=False, height_ratios=rows)
        for axes, (heading, indices), count in zip(drawn.flat, groups.items(), rows, strict=True):
            axes.set_title(heading, fontsize=13, loc="left")
            draw_images(axes, predictions, indices, columns, count)


CELL_HEIGHT = 1.42
"""Height of an image with its label, in widths of an image with its margin."""


def cell_centre(place: int, columns: int) -> tuple[float, float]:
    """Return where in the grid of `draw_images` the middle of an image is."""
    return place % columns + 0.5, place // columns * CELL_HEIGHT + CELL_HEIGHT - 0.5


def draw_images(
    axes: "Axes", predictions: Predictions, indices: NDArray[np.intp], columns: int, rows: int
) -> None:
    """Draw a grid of images, labelled green and ticked where right, red and crossed where wrong.

    Args:
        axes: where to draw; what it held before is kept.
        predictions: where the images come from.
        indices: at most columns * rows of them, drawn row by row.
        columns: of the grid, at least 1.
        rows: of the grid, at least 1.
    """
    axes.set_axis_off()
    height, width = predictions.images.shape[1:]
    half_width, half_height = 0.46 * np.array([width, height]) / max(width, height)
    for place, index in enumerate(indices):
        x, y = cell_centre(place, columns)
        extent = (x - half_width, x + half_width, y + half_height, y - half_height)
        axes.imshow(predictions.images[index], cmap="gray", vmin=0, vmax=255, extent=extent)
        predicted, true = predictions.predicted[index], predictions.true[index]
        sign, colour = ("✓", RIGHT) if predicted == true else ("✗", WRONG)
        axes.text(
            x, y - 0.5, f"{sign} predicted {predicted}\ntrue {true}", color=colour,
            ha="center", va="bottom", fontsize=9, fontweight="bold", linespacing=1.1,
        )  # fmt: skip
    axes.set_xlim(0, columns)
    axes.set_ylim(rows * CELL_HEIGHT, 0)
    axes.set_aspect("equal")


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in this program's style, whatever the person's own matplotlibrc says, and quietly.

    matplotlib logs as warnings that a home folder cannot be written, or that it looks for fonts
    the first time, and warns of names in scripts it has no font for. It goes on without, so it
    is not the reader's concern.
    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from matplotlib import style

    with style.context(["default", _STYLE]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        yield


def shortened(title: str, width: int, lines: int = 2) -> str:
    """Break a title into at most `lines` lines of `width` characters, ending in … if cut."""
    broken = textwrap.wrap(title, width)
    if len(broken) > lines:
        broken[lines - 1 :] = [broken[lines - 1][: width - 1] + "…"]
    return "\n".join(broken)


@contextmanager
def picture(
    path: Path, width: float, height: float, heading: str, title: str
) -> Iterator["Figure"]:
    """Give an empty figure (sizes in inches) and write it to `path` once it is drawn."""
    with house_style():
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)  # inches
        figure = Figure(figsize=(width, height), dpi=_DPI, layout=layout)
        FigureCanvasAgg(figure)
        name = shortened(title, round(8.5 * width))
        figure.suptitle(f"{heading}\n{name}", fontsize=13)
        yield figure
        with open_atomically(path) as stream:
            figure.savefig(stream, format="png", metadata={"Software": None})


def finite(values: ArrayLike) -> NDArray[np.float64]:
    """Return the values as float64, with NaN for whatever is not finite.

    What is larger than 1e30, as a loss can be just before it overflows, is drawn as 1e30: an
    axis that reaches the end of float64 overflows itself.
    """
    array = np.array(values, np.float64)
    array[~np.isfinite(array)] = np.nan
    return array.clip(-1e30, 1e30)


def _first(condition: NDArray[np.bool_]) -> int:
    return int(condition.argmax())


def _label(name: str, epochs: Sequence[int], values: NDArray[np.float64], unit: str) -> str:
    lost = ~np.isfinite(values)
    if lost.any():
        return f"{name}: no finite value in epoch {epochs[_first(lost)]}"
    return f"{name}: {values[-1]:.4g}{unit} at the end"


def _draw_line(
    axes: "Axes",
    epochs: Sequence[int],
    values: NDArray[np.float64],
    label: str,
    *,
    dashed: bool = False,
) -> None:
    """Draw a full line with dots, or a dashed one with open squares.

    A square around a dot shows two curves where both have the same value. The marks are dropped
    where they would touch, but a lone value has no line to be seen by.
    """
    colour, line, marker, size, inside = (
        (VALIDATION, "--", "s", 9, "none") if dashed else (TRAINING, "-", "o", 6, TRAINING)
    )
    few = np.isfinite(values).sum() <= 40
    axes.plot(
        epochs, values, line, color=colour, label=label,
        marker=marker if few else "", markersize=size, markerfacecolor=inside,
    )  # fmt: skip


def scale_values(axes: "Axes", values: NDArray[np.float64]) -> bool:
    """Make the upright axis logarithmic where the values need it; return whether it is."""
    if np.isnan(values).all():
        axes.set_yticks([])
    positive = values[values > 0]
    log = bool(positive.size) and float(positive.max() / positive.min()) > 1000
    if log:
        axes.set_yscale("log", nonpositive="mask")
    return log


def name_axes(axes: "Axes", epochs: Sequence[int], y_label: str) -> None:
    """Name both axes, the level one that of whole epochs."""
    from matplotlib.ticker import MaxNLocator

    margin = max(0.5, 0.02 * (epochs[-1] - epochs[0]))
    axes.set_xlim(epochs[0] - margin, epochs[-1] + margin)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("epoch")
    axes.set_ylabel(y_label)
