"""`layers_history.csv` of a run: how healthy each of its layers was after each epoch."""

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import astuple, fields
from pathlib import Path

from nn.errors import RunFolderError
from nn.files.atomic_write import write_atomically
from nn.files.file_errors import reading, writing
from nn.files.regular_file import read_regular
from nn.runs.csv_files import csv_text
from nn.runs.run_folder import LAYERS_HISTORY
from nn.training.layer_health import LayerRecord

_COLUMNS = tuple(column.name for column in fields(LayerRecord))
_LONGEST = 2**30  # bytes; some ten million rows


def write_layers_history(folder: Path, records: Iterable[LayerRecord]) -> None:
    """Write a row for each record; what a layer does not have is an empty cell.

    Raises:
        RunFolderError: The file cannot be written.
    """
    rows = [[None if math.isnan(cell) else cell for cell in astuple(record)] for record in records]
    path = folder / LAYERS_HISTORY
    with writing(path):
        write_atomically(path, csv_text([_COLUMNS, *rows]))


def read_layers_history(folder: Path) -> list[LayerRecord]:
    """Read what `write_layers_history` wrote; runs of earlier versions have no records.

    Raises:
        RunFolderError: The file is damaged.
    """
    path = folder / LAYERS_HISTORY
    with reading(path):
        try:
            content = read_regular(path, _LONGEST, follow_link=False)
        except FileNotFoundError:
            return []
    try:
        header, *rows = csv.reader(io.StringIO(content.decode("ascii")))
        if tuple(header) != _COLUMNS:
            raise ValueError
        return [
            LayerRecord(int(epoch), int(layer), *(float(cell or math.nan) for cell in cells))
            for epoch, layer, *cells in rows
        ]
    except (ValueError, TypeError, csv.Error):  # of another length, or no numbers
        raise RunFolderError(
            f"{path}: expected a header, {','.join(_COLUMNS)}, and rows of numbers."
        ) from None
