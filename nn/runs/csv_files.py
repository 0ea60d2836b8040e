"""Numbers as CSV files that any program can read, bit-exact for float32.

Nine significant digits distinguish every float32 from its neighbours, so a number that is written
with nine digits and read again is identical.
"""

import csv
import io
import math
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

from nn.errors import RunFolderError
from nn.files.atomic_write import open_atomically
from nn.files.file_errors import reading, writing
from nn.files.regular_file import open_regular
from nn.runs.number_lines import NUMBER_FORMAT, number_lines
from nn.wording import counted, shorten

_LONGEST_NUMBER = 32  # bytes, its comma included
_LONGEST_RECORD = 4096  # bytes
_LONGEST_TABLE = 10_000_000  # bytes; a hundred thousand epochs

Record = TypeVar("Record")


def write_array(path: Path, array: NDArray[np.number]) -> None:
    """Write an array of one or two dimensions, comma-separated, no header; one dimension is a row.

    Raises:
        RunFolderError: The file cannot be written.
    """
    rows = np.atleast_2d(array)
    with _open_for_numbers(path) as stream:
        if rows.dtype == np.float32:
            stream.writelines(number_lines(rows))
        else:
            np.savetxt(stream, rows, fmt=NUMBER_FORMAT, delimiter=",")


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Return rows of mixed cells as CSV text; None is an empty cell."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(
        [NUMBER_FORMAT % cell if isinstance(cell, float) else cell for cell in row] for row in rows
    )
    return stream.getvalue()


def read_array(path: Path, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Read an array that `write_array` wrote.

    Args:
        path: The file.
        shape: The expected shape, one or two dimensions.

    Raises:
        RunFolderError: The file is missing, too long, has another shape, or holds anything but
            finite numbers.
    """
    rows, columns = (1, *shape) if len(shape) == 1 else shape
    try:
        with (
            _open_at_most(path, rows * columns * _LONGEST_NUMBER) as stream,
            io.TextIOWrapper(stream, encoding="ascii", newline="\n") as lines,
            warnings.catch_warnings(),
            np.errstate(over="ignore"),
        ):
            warnings.simplefilter("ignore", UserWarning)  # for an empty file; the shape reveals it
            array = np.loadtxt(lines, np.float32, delimiter=",", ndmin=2, comments=None)
    except UnicodeDecodeError as error:
        raise _no_text(path) from error
    except ValueError as error:
        reason = shorten(str(error), 100)
        raise RunFolderError(f"{path}: not a table of numbers ({reason}).") from error
    if array.shape != (rows, columns):
        raise RunFolderError(
            f"{path}: expected {counted(rows, 'row')} of {counted(columns, 'number')}, "
            f"got {counted(array.shape[0], 'row')} of {array.shape[1]:,}. "
            "Are all files of this folder from the same run?"
        )
    if not np.isfinite(array).all():
        raise RunFolderError(f"{path}: holds a number that is not finite.")
    return array.reshape(shape)


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[float]]) -> None:
    """Write a table with a header; whole numbers as such, others with nine digits.

    Raises:
        RunFolderError: The file cannot be written.
    """
    lines = [",".join(header)]
    lines += [",".join(_as_text(number) for number in row) for row in rows]
    with _open_for_numbers(path) as stream:
        stream.write(("\n".join(lines) + "\n").encode("ascii"))


def _as_text(number: float) -> str:
    return str(number) if isinstance(number, int) else NUMBER_FORMAT % number


def read_table(path: Path, header: Sequence[str]) -> NDArray[np.float64]:
    """Read a table that `write_table` wrote as (columns, rows); numbers may be infinite.

    Raises:
        RunFolderError: The file is missing, has another header, or holds anything but numbers.
    """
    first, *lines = _read_at_most(path, _LONGEST_TABLE).splitlines() or [""]
    try:
        rows = [[float(text) for text in line.split(",")] for line in lines]
        table = np.array(rows, np.float64).reshape(len(rows), len(header))
    except ValueError:
        first = ""
    if first.split(",") != list(header):
        raise RunFolderError(f"{path}: expected a header, {','.join(header)}, and rows of numbers.")
    columns: NDArray[np.float64] = table.T
    return columns


def write_record(path: Path, record: Any) -> None:
    """Write a dataclass of numbers as a table of one row, with the field names as header.

    A field that has its default is left out.

    Raises:
        RunFolderError: The file cannot be written.
    """
    row = {
        field.name: getattr(record, field.name)
        for field in fields(record)
        if getattr(record, field.name) != field.default
    }
    write_table(path, list(row), [list(row.values())])


def read_record(path: Path, kind: type[Record]) -> Record:
    """Read a record that `write_record` wrote.

    Args:
        path: The file.
        kind: A dataclass whose fields are whole numbers and floats.

    Raises:
        RunFolderError: The file is missing, or is not a record of that kind.
    """
    lines = _read_at_most(path, _LONGEST_RECORD).splitlines()
    header = lines[0].split(",") if lines else []
    types = {  # the default of a field is an attribute of its class
        name: type_of_field
        for name, type_of_field in get_type_hints(kind).items()
        if name in header or not hasattr(kind, name)
    }
    if len(lines) != 2 or header != list(types) or lines[1].count(",") != len(types) - 1:
        raise RunFolderError(
            f"{path}: expected a header, {','.join(types)}, and one row of numbers."
        )
    numbers = {}
    for name, text in zip(types, lines[1].split(","), strict=True):
        try:
            numbers[name] = types[name](text)
            finite = math.isfinite(numbers[name])
        except (ValueError, OverflowError):  # not a number, or too large for a float
            finite = False
        if not finite:
            raise RunFolderError(f"{path}: {name} is {text[:40]!r}, which is not a finite number.")
    return kind(**numbers)


@contextmanager
def _open_for_numbers(path: Path) -> Iterator[BinaryIO]:
    with writing(path), open_atomically(path) as stream:
        yield stream


@contextmanager
def _open_at_most(path: Path, limit: int) -> Iterator[BinaryIO]:
    """Open a file of a run that has at most `limit` bytes."""
    with reading(path):
        try:
            stream = open_regular(path, follow_link=False)
        except FileNotFoundError as error:
            raise RunFolderError(f"{path}: this file of the run is missing.") from error
        with stream:
            if os.fstat(stream.fileno()).st_size > limit:
                raise RunFolderError(f"{path}: longer than any file of this network can be.")
            yield stream


def _read_at_most(path: Path, limit: int) -> str:
    with _open_at_most(path, limit) as stream:
        try:
            return stream.read(limit).decode("ascii")
        except UnicodeDecodeError as error:
            raise _no_text(path) from error


def _no_text(path: Path) -> RunFolderError:
    return RunFolderError(f"{path}: holds something other than numbers.")
