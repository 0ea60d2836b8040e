"""A picture of test images, for a machine that has neither a window nor a terminal."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.reports.figure import picture
from nn.reports.image_grid import CELL_HEIGHT, draw_images
from nn.runs.file_names import GALLERY, PREDICTIONS
from nn.runs.predictions import Predictions, View, write_predictions

_PER_GROUP = 40
_MOST = 400  # images in one picture; drawing more would take minutes


def write_gallery(folder: Path, predictions: Predictions, view: View | None = None) -> list[Path]:
    """Write `gallery.png` and `predictions.csv` into a run's folder.

    The picture shows the first test images, as a fair sample, and below them the mistakes with
    the highest confidence, which teach the most about the network.

    Args:
        folder: must exist.
        predictions: of the whole test set.
        view: which of them to draw; a view of mistakes has no fair sample, and its `surest` is
            the number of mistakes, at most 400.

    Returns:
        The paths of the two files.

    Raises:
        OSError: the folder cannot be written.
    """
    path, table = folder / GALLERY, folder / PREDICTIONS
    view = view or View()
    chosen = predictions.selection(View(digit=view.digit))
    mistakes = predictions.selection(View(only_mistakes=True, digit=view.digit))
    most = min(_PER_GROUP if view.surest is None else view.surest, _MOST)
    surest = predictions.selection(View(only_mistakes=True, digit=view.digit, surest=most))
    first = chosen[:_PER_GROUP]
    correct = f"{1 - len(mistakes) / max(1, len(chosen)):.2%} of all are correct"
    which = "" if view.digit is None else f" of class {predictions.name(view.digit)}"
    groups = {f"Mistakes: the {len(surest)} most confident of {len(mistakes)}{which}": surest}
    if not view.only_mistakes:
        groups = {f"The first {len(first)} of {len(chosen)}{which}; {correct}": first, **groups}
    write_predictions(table, predictions)
    plot_gallery(path, predictions, groups, predictions.title)
    return [path, table]


def plot_gallery(
    path: Path, predictions: Predictions, groups: Mapping[str, NDArray[np.intp]], title: str
) -> None:
    """Draw test images in rows of eight, each with its predicted and its true class.

    Args:
        path: the PNG file to write.
        predictions: the images and the network's answers.
        groups: each group's heading and the indices of its images; empty groups are left out.
        title: the data's and the run's name.

    Raises:
        OSError: the file cannot be written.
    """
    columns, cell = 8, 1.2
    groups = {heading: indices for heading, indices in groups.items() if len(indices)}
    groups = groups or {"There is no such image": np.empty(0, np.intp)}
    rows = [max(1, -(-len(indices) // columns)) for indices in groups.values()]
    height = 0.9 + sum(0.4 + CELL_HEIGHT * cell * count for count in rows)
    with picture(path, columns * cell, height, "Test images", title) as figure:
        drawn = figure.subplots(len(groups), squeeze=False, height_ratios=rows)
        for axes, (heading, indices), count in zip(drawn.flat, groups.items(), rows, strict=True):
            axes.set_title(heading, fontsize=13, loc="left")
            draw_images(axes, predictions, indices, columns, count)
