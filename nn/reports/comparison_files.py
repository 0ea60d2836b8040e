"""What a comparison leaves in its folder, and the table of it that is printed."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from nn.comparing.compare import MEASURES, Comparison, SettingGroup
from nn.files.atomic_write import write_atomically
from nn.files.file_errors import writing
from nn.reports.comparison_plots import Curves, plot_comparison, plot_confusion_difference
from nn.runs.csv_files import NUMBER_FORMAT, write_array

FOLDER = "comparisons"
_CURVES = tuple(
    f"{part}_{kind}" for kind in ("accuracy", "loss") for part in ("training", "validation")
)
_MOST_ROWS = 30
_WIDEST_SETTING = 40
_MARKS = {"best": "*", "within noise": "~", "": " "}
# The columns of the printed table; where they do not fit, they go from the last of these on.
_DISPENSABLE = ("training", "parameters", "seconds", "epochs", "loss", "seeds")


def write_comparison(folder: Path, comparison: Comparison, title: str) -> list[Path]:
    """Write tables and pictures of a comparison; return the files.

    `table.csv` has a row for each setting, `runs.csv` one for each run, `curves.png` the
    histories, and `confusion_difference.csv` and `.png` are there for two runs on the same data.

    Raises:
        RunFolderError: the folder cannot be written, or a confusion matrix is damaged.
    """
    difference = comparison.confusion_difference()
    paths = [folder / name for name in ("table.csv", "runs.csv", "curves.png")]
    with writing(folder):
        write_atomically(paths[0], _as_csv(_setting_rows(comparison)))
        write_atomically(paths[1], _as_csv(_run_rows(comparison)))
        if any(run.history for run in comparison.runs):
            plot_comparison(paths[2], [_curves(one) for one in comparison.contenders], title)
        else:
            paths.pop()
        if difference is not None:
            paths += [folder / f"confusion_difference.{kind}" for kind in ("csv", "png")]
            write_array(paths[-2], difference)
            names = [run.folder.name for run in comparison.runs]
            plot_confusion_difference(paths[-1], difference, (names[0], names[1]), title)
    return paths


def _curves(contender: SettingGroup) -> Curves:
    values = {measure: contender.curve(measure) for measure in _CURVES}
    return Curves(contender.label, values, sum(bool(run.history) for run in contender.runs))


def _as_csv(rows: list[list[object]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(
        ["" if cell is None else NUMBER_FORMAT % cell if isinstance(cell, float) else cell
         for cell in row]
        for row in rows
    )  # fmt: skip
    return stream.getvalue()


def _setting_rows(comparison: Comparison) -> list[list[object]]:
    """Return a header and a row for each contender: means, deviations and verdicts."""
    columns = [f"{name}{tail}" for name in MEASURES for tail in ("", "_deviation", "_verdict")]
    rows: list[list[object]] = [
        [*comparison.differing, "seeds", *columns, "epochs", "seconds", "parameters"]
    ]
    for place, one in enumerate(comparison.contenders):
        figures = [
            cell
            for name in MEASURES
            for cell in (one.mean(name), one.deviation(name), comparison.verdicts[name][place])
        ]
        last = [one.mean("epochs"), one.seconds, one.runs[0].result.parameters]
        rows.append([*one.settings.values(), len(one.runs), *figures, *last])
    return rows


def _run_rows(comparison: Comparison) -> list[list[object]]:
    """Return a header and a row for each run."""
    rows: list[list[object]] = [
        ["run", *comparison.differing, "seed", *MEASURES, "epochs", "seconds", "parameters"]
    ]
    for one in comparison.contenders:
        for run in one.runs:
            figures = [getattr(run.result, name) for name in (*MEASURES, "epochs")]
            last = [run.seconds, run.result.parameters]
            name = run.folder.name
            rows.append([name, *one.settings.values(), run.seed, *figures, *last])
    return rows


def comparison_table(comparison: Comparison, width: int | None = None) -> str:
    """Return the table that is printed: a row for each setting, the best first.

    Args:
        comparison: The comparison.
        width: Of the screen, in characters; columns that do not fit are left out. None: all.
    """
    shown = comparison.contenders[:_MOST_ROWS]
    table = _columns(comparison, shown)
    for name in _DISPENSABLE:
        if width is None or len(_lines(table)[0]) <= width:
            break
        table.pop(name, None)
    lines = _lines(table)
    left = len(comparison.contenders) - len(shown)
    if left:
        lines.append(f"... and {left:,} more, in table.csv")
    words = {word for column in comparison.verdicts.values() for word in column}
    if len(comparison.contenders) > 1:
        noise = (
            "; ~ no farther from it than seeds alone would bring it"
            if "within noise" in words
            else ""
        )
        lines.append(f"* best{noise}")
    return "\n".join(lines)


def _columns(comparison: Comparison, shown: Sequence[SettingGroup]) -> dict[str, list[str]]:
    """Return the cells of each column, below its heading."""
    names = comparison.differing or ["run"]
    columns = {}
    for name in names:
        cells = [one.settings.get(name, one.label) or "-" for one in shown]
        columns[name] = [_cut(cell) for cell in cells]
    columns["seeds"] = [str(len(one.runs)) for one in shown]
    for part in ("training", "validation", "test"):
        measure = f"{part}_accuracy"
        columns[part] = [
            f"{one.mean(measure):.2%}{_spread(one, measure)}{_MARKS[verdict]}"
            for one, verdict in zip(shown, comparison.verdicts[measure], strict=False)
        ]
    columns["loss"] = [
        f"{one.mean('validation_loss'):.4f}{_MARKS[verdict]}"
        for one, verdict in zip(shown, comparison.verdicts["validation_loss"], strict=False)
    ]
    columns["epochs"] = [f"{one.mean('epochs'):.0f}" for one in shown]
    columns["seconds"] = ["-" if one.seconds is None else f"{one.seconds:.1f}" for one in shown]
    columns["parameters"] = [f"{one.runs[0].result.parameters:,}" for one in shown]
    if all(len(one.runs) == 1 for one in shown):
        del columns["seeds"]
    return columns


def _spread(one: SettingGroup, measure: str) -> str:
    deviation = one.deviation(measure)
    return "" if deviation is None else f" ±{100 * deviation:.2f}"


def _cut(cell: str) -> str:
    return cell if len(cell) <= _WIDEST_SETTING else f"{cell[: _WIDEST_SETTING - 1]}…"


def _lines(columns: dict[str, list[str]]) -> list[str]:
    """Return the table's lines, headings first, numbers right-aligned."""
    numbers = {"seeds", "training", "validation", "test", "loss", "epochs", "seconds", "parameters"}
    drawn = []
    for name, cells in columns.items():
        wide = max(map(len, [name, *cells]))
        drawn.append([f"{c:>{wide}}" if name in numbers else f"{c:{wide}}" for c in [name, *cells]])
    return ["  ".join(row).rstrip() for row in zip(*drawn, strict=True)]
