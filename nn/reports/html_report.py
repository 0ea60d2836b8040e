"""A page, `report.html`, on which a finished run can be viewed and tried out.

It is a single file that opens from the disk in any browser and needs no internet connection. So it
contains everything, the trained weights included, and draws and computes by itself: the scripts
in `nn/reports/html` do that, and this module gives them their numbers.
"""

import math
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.architecture.building import describe
from nn.datasets.class_names import are_digits
from nn.files.atomic_write import write_atomically
from nn.files.file_errors import writing
from nn.files.regular_file import printable
from nn.installation import command
from nn.reports.film_data import film_data
from nn.reports.page_data import (
    digit_check_data,
    framing_data,
    history_data,
    image_data,
    network_data,
)
from nn.reports.pages import content_policy, page_source, render_page
from nn.runs.file_names import REPORT
from nn.runs.predictions import Predictions, confusion_matrix
from nn.runs.run_folder import Result
from nn.runs.saved_run import SavedRun
from nn.settings.declaration import SETTINGS, Settings
from nn.settings.repeat_command import repeat_command

_SCRIPTS = (
    *("layers.js", "gradients.js", "preparation.js", "digit_line.js", "drawing.js", "pictures.js"),
    *("bars.js", "sheets.js", "weights.js", "unit.js", "inside.js", "collection.js"),
    *("handwriting.js", "charts.js", "matrix.js", "film.js", "dialog.js", "report.js"),
)
_MOST_CLASSES_IN_A_TABLE = 30
_MOST_PAIRS = 60
_LEVELS = 5


def write_html_report(
    run: SavedRun, result: Result, predictions: Predictions, verdict: str = ""
) -> Path:
    """Write `report.html` into a run's folder.

    Args:
        run: The run, as saved in its folder.
        result: Its final figures.
        predictions: Its network's answers for the test set.
        verdict: What can be said about its training, in words.

    Returns:
        The file's path.

    Raises:
        RunFolderError: The folder cannot be written.
    """
    path = run.folder.path / REPORT
    with writing(path, advice="The CSV files are complete."):
        write_atomically(path, _render(run, result, predictions, verdict))
    return path


def _render(run: SavedRun, result: Result, predictions: Predictions, verdict: str) -> str:
    style = page_source("report.css")
    scripts = [page_source(name) for name in _SCRIPTS]
    facts = run.facts
    matrix = confusion_matrix(predictions.true, predictions.predicted, facts.classes)
    histories = history_data(run.folder.path)
    data = {
        "classes": facts.classes,
        "classNames": run.class_names,
        "imageShape": [facts.image_height, facts.image_width],
        "framing": framing_data(run.framing),
        "digitCheck": digit_check_data()
        if are_digits(run.class_names, facts.classes) and run.settings.dataset != "pictures"
        else None,
        # The page draws in greys, and computes with them.
        "network": network_data(run.network, run.normalization, run.loss.name)
        if facts.channels == 1
        else None,
        "histories": histories,
        "images": image_data(predictions),
        "film": film_data(run, predictions),
    }
    in_table = facts.classes <= _MOST_CLASSES_IN_A_TABLE
    return render_page(
        "report.html",
        title=printable(predictions.title),
        policy=content_policy(style, *scripts),
        style=style,
        scripts=scripts,
        result=result,
        loss_unit=run.loss.unit,
        verdict=verdict,
        image_height=facts.image_height,
        image_width=facts.image_width,
        in_colour=facts.channels == 3,
        data=data,
        epoch_rows=_epoch_rows(histories),
        confusion=_rows(matrix) if in_table else None,
        pairs=[] if in_table else _most_common_mistakes(matrix),
        by_class=_by_class(matrix),
        mistakes=len(predictions.mistakes),
        names=[predictions.name(label) for label in range(facts.classes)],
        command=printable(repeat_command(run.settings)),
        collect_command=printable(
            f"{command('train')} --start-from {quote(str(run.folder.path))} --data-dir drawings"
        ),
        layers=describe(run.network),
        settings=_setting_rows(run.settings),
    )


def _epoch_rows(histories: dict[str, Any]) -> list[list[str]]:
    """Return a row for each epoch: number, losses, accuracies, learning rate."""
    loss, accuracy = histories["loss"], histories["accuracy"]
    columns = (
        *(loss["training"], loss["validation"]),
        *(accuracy["training"], accuracy["validation"]),
        histories["learningRate"],
    )
    return [
        [str(epoch), *("not finite" if value is None else f"{value:.5g}" for value in values)]
        for epoch, *values in zip(histories["epochs"], *columns, strict=True)
    ]


def _cells(matrix: NDArray[np.integer], pairs: Iterable[tuple[int, int]]) -> list[dict[str, int]]:
    """Return cells of the confusion matrix, each with a level for its colour.

    Level 0 is for the diagonal; the level of a mistake, 1 to 5, grows with its number.
    """
    most = max(10, int(_off_diagonal(matrix).max()))  # a single mistake stays pale
    cells = []
    for true, predicted in pairs:
        count = int(matrix[true, predicted])
        level = 0 if true == predicted else math.ceil(_LEVELS * count / most)
        cells.append({"true": true, "predicted": predicted, "count": count, "level": level})
    return cells


def _off_diagonal(matrix: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return the matrix with zeros on its diagonal, so that only the mistakes are left."""
    return np.where(np.eye(len(matrix), dtype=bool), 0, matrix)


def _rows(matrix: NDArray[np.integer]) -> list[list[dict[str, int]]]:
    classes = range(len(matrix))
    return [_cells(matrix, product([true], classes)) for true in classes]


def _most_common_mistakes(matrix: NDArray[np.integer]) -> list[dict[str, int]]:
    mistakes = _off_diagonal(matrix)
    common = np.argsort(-mistakes, axis=None, kind="stable")[:_MOST_PAIRS]
    pairs = [divmod(int(cell), len(matrix)) for cell in common if mistakes.flat[cell]]
    return _cells(matrix, pairs)


def _by_class(matrix: NDArray[np.integer]) -> list[dict[str, Any]]:
    """Return each class with its accuracy; the class with the most mistakes has the longest bar."""
    images = matrix.sum(axis=1)
    accuracy = matrix.diagonal() / np.maximum(images, 1)
    wrong = np.where(images > 0, 1 - accuracy, 0)
    bars = 100 * wrong / max(float(wrong.max()), 1e-9)
    mistakes = _off_diagonal(matrix)
    return [
        {
            "label": label,
            "images": int(images[label]),
            "accuracy": float(accuracy[label]),
            "wrong": f"{wrong[label]:.2%}",
            "bar": f"{bars[label]:.1f}",
            "mostly_as": int(mistakes[label].argmax()) if mistakes[label].any() else None,
        }
        for label in range(len(matrix))
    ]


def _setting_rows(settings: Settings) -> list[dict[str, Any]]:
    rows = []
    for setting in SETTINGS.values():
        value = getattr(settings, setting.name)
        rows.append(
            {
                "name": setting.name,
                "value": printable(setting.show(value)),
                "help": setting.help,
                "changed": value != setting.default,
            }
        )
    return rows
