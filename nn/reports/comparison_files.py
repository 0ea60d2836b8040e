"""The files of a comparison."""

from collections.abc import Mapping
from pathlib import Path

from nn.comparing.compare import MEASURES, Comparison, SettingGroup
from nn.files.atomic_write import write_atomically
from nn.files.file_errors import writing
from nn.reports.comparison_page import comparison_page
from nn.reports.comparison_plots import Curves, plot_comparison
from nn.reports.confusion_plots import plot_confusion_difference
from nn.runs.class_names_file import read_class_names
from nn.runs.csv_files import csv_text, write_array
from nn.runs.predictions import Predictions

FOLDER = "comparisons"
_CURVES = tuple(
    f"{part}_{kind}" for kind in ("accuracy", "loss") for part in ("training", "validation")
)


def write_comparison(
    folder: Path,
    comparison: Comparison,
    title: str,
    answers: Mapping[str, Predictions] | None = None,
) -> list[Path]:
    """Write tables and pictures of a comparison; return the files.

    `table.csv` has a row for each group, `runs.csv` a row for each run, `curves.png` shows the
    histories, and `comparison.html` is a page to explore them. Two runs on the same data also get
    `confusion_difference.csv` and `.png`.

    Args:
        folder: The folder to write into.
        comparison: The comparison.
        title: The data's and the comparison's name.
        answers: For the page: what runs, by name, predict for the same test images.

    Raises:
        RunFolderError: the folder cannot be written, or a confusion matrix is damaged.
    """
    difference = comparison.confusion_difference()
    paths = [folder / name for name in ("table.csv", "runs.csv", "curves.png")]
    with writing(folder):
        write_atomically(paths[0], csv_text(_group_rows(comparison)))
        write_atomically(paths[1], csv_text(_run_rows(comparison)))
        if any(run.history for run in comparison.runs):
            plot_comparison(paths[2], [_curves(group) for group in comparison.groups], title)
        else:
            paths.pop()
        if difference is not None:
            paths += [folder / f"confusion_difference.{kind}" for kind in ("csv", "png")]
            write_array(paths[-2], difference)
            names = [run.folder.name for run in comparison.runs]
            classes = read_class_names(comparison.runs[0].folder.path, len(difference))
            plot_confusion_difference(paths[-1], difference, (names[0], names[1]), title, classes)
        paths.append(folder / "comparison.html")
        write_atomically(paths[-1], comparison_page(comparison, title, answers or {}))
    return paths


def _curves(group: SettingGroup) -> Curves:
    values = {measure: group.curve(measure) for measure in _CURVES}
    return Curves(group.label, values, sum(bool(run.history) for run in group.runs))


def _group_rows(comparison: Comparison) -> list[list[object]]:
    """Return a header and a row for each group: means, deviations and verdicts."""
    columns = [f"{name}{tail}" for name in MEASURES for tail in ("", "_deviation", "_verdict")]
    rows: list[list[object]] = [
        [*comparison.differing, "seeds", *columns, "epochs", "seconds", "parameters"]
    ]
    for number, group in enumerate(comparison.groups):
        figures = [
            cell
            for name in MEASURES
            for cell in (group.mean(name), group.deviation(name), comparison.verdicts[name][number])
        ]
        last = [group.mean("epochs"), group.seconds, group.runs[0].result.parameters]
        rows.append([*group.settings.values(), len(group.runs), *figures, *last])
    return rows


def _run_rows(comparison: Comparison) -> list[list[object]]:
    """Return a header and a row for each run."""
    rows: list[list[object]] = [
        ["run", *comparison.differing, "seed", *MEASURES, "epochs", "seconds", "parameters"]
    ]
    for group in comparison.groups:
        for run in group.runs:
            figures = [getattr(run.result, name) for name in (*MEASURES, "epochs")]
            last = [run.seconds, run.result.parameters]
            name = run.folder.name
            rows.append([name, *group.settings.values(), run.seed, *figures, *last])
    return rows
