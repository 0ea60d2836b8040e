"""The table of a comparison, as it is printed: a row for each group of settings."""

from collections.abc import Sequence

from nn.comparing.compare import Comparison, SettingGroup
from nn.wording import padded, width_of

_MOST_ROWS = 30
_WIDEST_SETTING = 40
_MARKS = {"best": "*", "within noise": "~", "": " "}
# Columns of the printed table that a narrow screen can do without, the least important first.
_DISPENSABLE = ("training", "parameters", "seconds", "epochs", "loss", "seeds")


def comparison_table(comparison: Comparison, width: int | None = None) -> str:
    """Return the printed table: a row for each group, the best first.

    Args:
        comparison: The comparison.
        width: Of the screen, in characters; columns that do not fit are left out. None for all
            columns.
    """
    shown = comparison.groups[:_MOST_ROWS]
    table = table_columns(comparison, shown)
    for name in _DISPENSABLE:
        if width is None or width_of(_lines(table)[0]) <= width:
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


def table_columns(comparison: Comparison, shown: Sequence[SettingGroup]) -> dict[str, list[str]]:
    """Return the heading and the cells of each column, a cell for each of the groups `shown`.

    The best accuracies and losses end in `*`, those within seed noise of them in `~`.
    """
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
        width = max(map(width_of, [name, *cells]))
        drawn.append([padded(cell, width, right=name in numbers) for cell in [name, *cells]])
    return ["  ".join(row).rstrip() for row in zip(*drawn, strict=True)]
