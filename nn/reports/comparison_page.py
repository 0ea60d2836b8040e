"""A page, `comparison.html`, on which several runs can be compared.

Like a run's page it is a single file, and made of the same parts. It answers what a table cannot:
how the curves of a few chosen runs lie, what two runs mistake for what, and on which images they
differ.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.comparing.compare import Comparison, SettingGroup
from nn.files.regular_file import printable
from nn.reports.comparison_table import table_columns
from nn.reports.page_data import sprite_data
from nn.reports.pages import content_policy, page_source, render_page
from nn.runs.class_names_file import read_class_names
from nn.runs.csv_files import read_array
from nn.runs.predictions import Predictions
from nn.runs.run_folder import CONFUSION_MATRIX

_SCRIPTS = ("pictures.js", "charts.js", "matrix.js", "dialog.js", "comparison.js")
_MEASURES = tuple(
    f"{part}_{kind}" for kind in ("accuracy", "loss") for part in ("training", "validation")
)
_MOST_CLASSES = 30
_MOST_IMAGES = 2_000


def comparison_page(comparison: Comparison, title: str, answers: Mapping[str, Predictions]) -> str:
    """Return the page.

    Args:
        comparison: The comparison.
        title: The data's and the comparison's name.
        answers: What some of the runs, by name, predict for the same test images.

    Raises:
        RunFolderError: A confusion matrix or the classes' names are damaged.
    """
    groups = comparison.groups
    first = groups[0].runs[0]
    # The names are needed beside matrices and images only.
    names = read_class_names(first.folder.path, first.facts.classes)
    style = page_source("report.css")
    scripts = [page_source(name) for name in _SCRIPTS]
    columns = table_columns(comparison, groups)
    return render_page(
        "comparison.html",
        title=printable(title),
        policy=content_policy(style, *scripts),
        style=style,
        scripts=scripts,
        notes=[printable(note) for note in comparison.notes],
        columns=[printable(name) for name in columns],
        rows=[[printable(cell) for cell in row] for row in zip(*columns.values(), strict=True)],
        labels=[printable(group.label) for group in groups],
        data={
            "classNames": names,
            "groups": [_group_data(group) for group in groups],
            "images": _image_data(groups, answers) if len(answers) > 1 else None,
        },
    )


def _group_data(group: SettingGroup) -> dict[str, Any]:
    return {
        "label": printable(group.label),
        "curves": {name: _finite(group.curve(name)[1]) for name in _MEASURES},
        "matrix": _matrix(group),
    }


def _finite(values: NDArray[np.float64]) -> list[float | None]:
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values]


def _matrix(group: SettingGroup) -> list[list[int]] | None:
    """Return the confusion matrix of the group's first run, if it has one of a size to show."""
    run = group.runs[0]
    path = run.folder.path / CONFUSION_MATRIX
    classes = run.facts.classes
    if classes > _MOST_CLASSES or not path.exists():
        return None
    matrix: list[list[int]] = read_array(path, (classes, classes)).astype(int).tolist()
    return matrix


def _image_data(
    groups: list[SettingGroup], answers: Mapping[str, Predictions]
) -> dict[str, Any] | None:
    """Return images that two of the runs read differently, with what each answers; None if none.

    Each pair of runs has its share of them, or one bad run would leave no room for the others.
    """
    asked = [n for n, group in enumerate(groups) if group.runs[0].folder.name in answers]
    given = [answers[groups[n].runs[0].folder.name] for n in asked]
    predicted = np.stack([one.predicted for one in given])
    confidence = np.stack([one.confidence for one in given])
    pairs = list(combinations(range(len(given)), 2))
    is_chosen = np.zeros(predicted.shape[1], dtype=bool)
    for one, other in pairs:
        differ = np.flatnonzero(predicted[one] != predicted[other])
        # Where a run is surest, its answer or its mistake is most striking.
        surest = np.argsort(-confidence[one, differ], kind="stable")
        is_chosen[differ[surest[: _MOST_IMAGES // len(pairs)]]] = True
    chosen = np.flatnonzero(is_chosen)
    chosen = chosen[np.argsort(-confidence[0, chosen], kind="stable")]
    if not len(chosen):
        return None
    return {
        **sprite_data(given[0].images[chosen]),
        "shape": given[0].images.shape[-2:],
        "index": chosen.tolist(),
        "true": given[0].true[chosen].tolist(),
        "groups": asked,
        "predicted": predicted[:, chosen].tolist(),
        "confidence": np.nan_to_num(confidence[:, chosen].astype(float)).round(4).tolist(),
    }
