"""`classes.csv` of a run: the names of its classes, if its data have any.

They are saved with the run, since a network knows numbers only, and its data may be gone when
somebody asks what it answers.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from nn.errors import RunFolderError
from nn.files.atomic_write import write_atomically
from nn.files.file_errors import reading, writing
from nn.files.regular_file import printable, read_regular
from nn.runs.csv_files import csv_text

CLASSES = "classes.csv"
_LONGEST_NAME = 1024  # bytes


def write_class_names(folder: Path, names: Sequence[str]) -> None:
    """Write `label,name`, one row per class; nothing if there are no names.

    Raises:
        RunFolderError: The file cannot be written.
    """
    if names:
        path = folder / CLASSES
        with writing(path):
            write_atomically(path, csv_text([("label", "name"), *enumerate(names)]))


def read_class_names(folder: Path, classes: int) -> tuple[str, ...]:
    """Read the names of a run's K classes; there are none if there is no such file.

    Raises:
        RunFolderError: The file is damaged, or belongs to another number of classes.
    """
    path = folder / CLASSES
    with reading(path):
        try:
            content = read_regular(path, classes * _LONGEST_NAME, follow_link=False)
        except FileNotFoundError:
            return ()
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8", errors="replace"))))
    except csv.Error:
        rows = []
    labels = [row[0] for row in rows if len(row) == 2]
    if len(rows) != len(labels) or labels != ["label", *map(str, range(classes))]:
        raise RunFolderError(
            f"{path}: expected a header, label,name, and a row for each of the {classes} classes."
        )
    return tuple(printable(name) for _, name in rows[1:])
