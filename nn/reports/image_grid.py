"""A grid of test images, each labelled with its predicted and its true class."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.datasets.pixels import colours_last
from nn.reports.figure import RIGHT, WRONG
from nn.runs.predictions import Predictions

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LONGEST_NAME = 14  # characters
_FITTING = 14  # characters of a line above an image; longer lines are written smaller
CELL_HEIGHT = 1.42
"""Height of an image with its label, in widths of an image with its margin."""


def cell_centre(cell: int, columns: int) -> tuple[float, float]:
    """Return the centre of the image in a cell, 0 being the first, of a `draw_images` grid."""
    return cell % columns + 0.5, cell // columns * CELL_HEIGHT + CELL_HEIGHT - 0.5


def draw_images(
    axes: "Axes", predictions: Predictions, indices: NDArray[np.intp], columns: int, rows: int
) -> None:
    """Draw a grid of images, labelled green and ✓ if correct, red and ✗ if wrong.

    Args:
        axes: where to draw; what is already drawn there is kept.
        predictions: the images and the network's answers.
        indices: at most columns * rows of them, drawn row by row.
        columns: of the grid, at least 1.
        rows: of the grid, at least 1.
    """
    axes.set_axis_off()
    height, width = predictions.images.shape[-2:]
    half_width, half_height = 0.46 * np.array([width, height]) / max(width, height)
    for cell, index in enumerate(indices):
        x, y = cell_centre(cell, columns)
        extent = (x - half_width, x + half_width, y + half_height, y - half_height)
        image = colours_last(predictions.images[index : index + 1])[0]
        axes.imshow(image, cmap="gray", vmin=0, vmax=255, extent=extent)
        text, colour = verdict(predictions, index)
        axes.text(
            x, y - 0.5, text, color=colour,
            ha="center", va="bottom", fontweight="bold", linespacing=1.1,
            fontsize=9 * min(1, _FITTING / max(map(len, text.split("\n")))),
        )  # fmt: skip
    axes.set_xlim(0, columns)
    axes.set_ylim(rows * CELL_HEIGHT, 0)
    axes.set_aspect("equal")


def verdict(predictions: Predictions, index: int, between: str = "\n") -> tuple[str, str]:
    """Return an image's predicted and true class in words, and their colour."""
    predicted, true = predictions.predicted[index], predictions.true[index]
    sign, colour = ("✓", RIGHT) if predicted == true else ("✗", WRONG)
    answer, truth = (predictions.name(label, _LONGEST_NAME) for label in (predicted, true))
    said = "" if predictions.class_names else "predicted "  # which leaves no room for a name
    return f"{sign} {said}{answer}{between}true {truth}", colour
