"""The confusion matrix of a run, and the difference between those of two runs.

A table of numbers does not show at a glance that fours are mistaken for nines.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.datasets.class_names import name_of
from nn.reports.figure import picture, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LONGEST_NAME = 16  # characters beside the matrix
_MOST_LABELLED = 30  # classes; with more the counts would be too small to read


def plot_confusion_matrix(
    path: Path, matrix: NDArray[np.integer], title: str, class_names: Sequence[str] = ()
) -> None:
    """Draw how often each true class was predicted as each class.

    The diagonal holds nearly all images; on a common colour scale no mistake would be visible.
    So the diagonal is pale blue and the colours measure only the mistakes. The end of each row
    gives the share of correct predictions. Empty cells hold no mistake; with more than 30
    classes only the colours are drawn.

    Args:
        path: the PNG file to write.
        matrix: (K, K), counts, rows = true classes.
        title: the data's and the run's name.
        class_names: the names of the K classes; empty if they have none.

    Raises:
        OSError: the file cannot be written.
    """
    from matplotlib.colors import ListedColormap, PowerNorm
    from matplotlib.ticker import MaxNLocator

    classes = len(matrix)
    diagonal = np.eye(classes, dtype=bool)
    mistakes = np.ma.masked_where(diagonal | (matrix == 0), matrix)
    most = max(10, int(np.where(diagonal, 0, matrix).max()))  # a single mistake stays pale
    side = _side(classes)
    with picture(path, side + 1.2, side, "Confusion matrix", title) as figure:
        axes = figure.subplots()
        axes.grid(False)
        # The square root makes single mistakes stand out from the white of none.
        colours = axes.imshow(mistakes, cmap="YlOrRd", norm=PowerNorm(0.5, 0, most))
        pale = ListedColormap(["#cfe3f3"])
        axes.imshow(np.ma.masked_where(~diagonal, diagonal), cmap=pale)
        bar = figure.colorbar(colours, ax=axes, shrink=0.75, label="mistakes (images)")
        bar.ax.yaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.set_xlabel("predicted class")
        axes.set_ylabel("true class")
        if classes > _MOST_LABELLED:
            return
        axes.hlines(np.arange(classes - 1) + 0.5, -0.5, classes - 0.5, "#dddddd", linewidth=0.6)
        axes.vlines(np.arange(classes - 1) + 0.5, -0.5, classes - 0.5, "#dddddd", linewidth=0.6)
        _write_counts(axes, matrix, "d", np.where(diagonal, 0, matrix) > 0.4 * most, class_names)
        shares = axes.secondary_yaxis("right")
        totals = matrix.sum(axis=1)
        shares.set_yticks(
            range(classes),
            [
                f"{right / total:.1%}" if total else "none"
                for right, total in zip(matrix.diagonal(), totals, strict=True)
            ],
        )
        shares.tick_params(length=0, labelsize=_text_size(classes))
        shares.spines["right"].set_visible(False)
        shares.set_ylabel("correct")


def plot_confusion_difference(
    path: Path,
    difference: NDArray[np.integer],
    names: tuple[str, str],
    title: str,
    class_names: Sequence[str] = (),
) -> None:
    """Draw how much more often one run than the other predicted each class for each true class.

    Args:
        path: the PNG file to write.
        difference: (K, K), the first run's counts minus the second's; rows are true classes.
        names: the names of the two runs.
        title: the data's and the comparison's name.
        class_names: the names of the K classes; empty if they have none.

    Raises:
        OSError: the file cannot be written.
    """
    classes = len(difference)
    side = _side(classes)
    most = max(1, int(np.abs(difference).max()))
    first, second = (shortened(name, 60, lines=1) for name in names)
    heading = f"Confusion matrix of {first}\nminus that of {second}"
    with picture(path, side + 1.2, side + 0.3, heading, title) as figure:
        axes = figure.subplots()
        axes.grid(False)
        colours = axes.imshow(difference, cmap="PuOr_r", vmin=-most, vmax=most)
        figure.colorbar(colours, ax=axes, shrink=0.75, label="images more (+) or fewer (-)")
        axes.set_xlabel("predicted class (diagonal: correct)")
        axes.set_ylabel("true class")
        if classes <= _MOST_LABELLED:
            _write_counts(axes, difference, "+d", np.abs(difference) > 0.6 * most, class_names)


def _side(classes: int) -> float:
    """Return the height of a matrix in inches."""
    return min(max(7.0, 0.44 * classes + 2.5), 14.0)


def _text_size(classes: int) -> float:
    return 11.0 if classes <= 12 else 8.0


def _write_counts(
    axes: "Axes",
    counts: NDArray[np.integer],
    form: str,
    dark: NDArray[np.bool_],
    class_names: Sequence[str],
) -> None:
    """Name the classes and write each count that is not 0, in white where the cell is dark."""
    classes = len(counts)
    labels = [name_of(label, class_names, _LONGEST_NAME) for label in range(classes)]
    axes.set_xticks(range(classes), labels, rotation=90 if class_names else 0)
    axes.set_yticks(range(classes), labels)
    for row, column in np.argwhere(counts != 0):
        axes.text(
            column, row, format(int(counts[row, column]), form), ha="center", va="center",
            fontsize=_text_size(classes), color="white" if dark[row, column] else "black",
            in_layout=False,  # it is within its cell
        )  # fmt: skip
