"""The files of a comparison, and the table that is printed."""

from collections.abc import Sequence
from pathlib import Path

from nn.comparing.compare import MEASURES, Comparison, SettingGroup
from nn.files.atomic_write import write_atomically
from nn.files.file_errors import writing
from nn.reports.comparison_plots import Curves, plot_comparison
from nn.reports.confusion_plots import plot_confusion_difference
from nn.runs.class_names_file import read_class_names
from nn.runs.csv_files import csv_text, write_array

FOLDER = "comparisons"
_CURVES = tuple(
    f"{part}_{kind}" for kind in ("accuracy", "loss") for part in ("training", "validation")
)
_MOST_ROWS = 30
_WIDEST_SETTING = 40
_MARKS = {"best": "*", "within noise": "~", "": " "}
# Columns of the printed table that a narrow screen can do without, the least important first.
_DISPENSABLE = ("training", "parameters", "seconds", "epochs", "loss", "seeds")


def write_comparison(folder: Path, comparison: Comparison, title: str) -> list[Path]:
    """Write tables and pictures of a comparison; return the files.

    `table.csv` has a row for each group, `runs.csv` a row for each run, and `curves.png` shows the
    histories. Two runs on the same data also get `confusion_difference.csv` and `.png`.

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


def comparison_table(comparison: Comparison, width: int | None = None) -> str:
    """Return the printed table: a row for each group, the best first.

    Args:
        comparison: The comparison.
        width: Of the screen, in characters; columns that do not fit are left out. None for all
            columns.
    """
    shown = comparison.groups[:_MOST_ROWS]
    table = _columns(comparison, shown)
    for name in _DISPENSABLE:
        if width is None or len(_lines(table)[0]) <= width:
            break
        table.pop(name, None)
    lines = _lines(table)
    left = len(comparison.groups) - len(shown)
    if left:
        lines.append(f"... and {left:,} more, in table.csv")
    words = {word for column in comparison.verdicts.values() for word in column}
    if len(comparison.groups) > 1:
        noise = "; ~ within seed noise of the best" if "within noise" in words else ""
        lines.append(f"* best{noise}")
    return "\n".join(lines)


def _columns(comparison: Comparison, shown: Sequence[SettingGroup]) -> dict[str, list[str]]:
    """Return the heading and the cells of each column."""
    names = comparison.differing or ["run"]
    columns = {}
    for name in names:
        cells = [group.settings.get(name, group.label) or "-" for group in shown]
        columns[name] = [_cut(cell) for cell in cells]
    columns["seeds"] = [str(len(group.runs)) for group in shown]
    for part in ("training", "validation", "test"):
        measure = f"{part}_accuracy"
        columns[part] = [
            f"{group.mean(measure):.2%}{_spread(group, measure)}{_MARKS[verdict]}"
            for group, verdict in zip(shown, comparison.verdicts[measure], strict=False)
        ]
    columns["loss"] = [
        f"{group.mean('validation_loss'):.4f}{_MARKS[verdict]}"
        for group, verdict in zip(shown, comparison.verdicts["validation_loss"], strict=False)
    ]
    columns["epochs"] = [f"{group.mean('epochs'):.0f}" for group in shown]
    columns["seconds"] = [
        "-" if group.seconds is None else f"{group.seconds:.1f}" for group in shown
    ]
    columns["parameters"] = [f"{group.runs[0].result.parameters:,}" for group in shown]
    if all(len(group.runs) == 1 for group in shown):
        del columns["seeds"]
    return columns


def _spread(group: SettingGroup, measure: str) -> str:
    deviation = group.deviation(measure)
    return "" if deviation is None else f" ±{100 * deviation:.2f}"


def _cut(cell: str) -> str:
    return cell if len(cell) <= _WIDEST_SETTING else f"{cell[: _WIDEST_SETTING - 1]}…"


def _lines(columns: dict[str, list[str]]) -> list[str]:
    """Return the lines of the table, the headings first, numbers right-aligned."""
    numbers = {"seeds", "training", "validation", "test", "loss", "epochs", "seconds", "parameters"}
    drawn = []
    for name, cells in columns.items():
        width = max(map(len, [name, *cells]))
        align = ">" if name in numbers else "<"
        drawn.append([f"{cell:{align}{width}}" for cell in [name, *cells]])
    return ["  ".join(row).rstrip() for row in zip(*drawn, strict=True)]
