"""Images in a table: one line per image, first its label, then its pixels row by row.

Two forms of MNIST are common: one with a header ("label,1x1,...,28x28", or "label,pixel0,...") and
one without. A header that counts rows and columns gives the sides; otherwise images are square.
"""

import io
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from nn.datasets.data_file import MAX_IMAGES, MAX_PIXELS, open_data_file
from nn.datasets.images import LabelledImages
from nn.errors import DataError

_LINES_AT_ONCE = 2048
_CHARACTERS_AT_ONCE = 1 << 23
_MAX_LINE = 1 << 22  # a million pixels
_SIDES = re.compile(r"([0-9]{1,9})x([0-9]{1,9})")

_Lines = list[tuple[int, str]]


def read_csv_images(path: Path) -> LabelledImages:
    """Read labelled images from a CSV file, gzipped or not, about two thousand lines at a time.

    Returns:
        Images (N, H, W), pixels from 0 to 255, and labels (N,), from 0.

    Raises:
        DataError: the file cannot be read, or a line is not a label and pixels; with its number.
    """
    with open_data_file(path) as stream:
        # "replace": a binary file fails as a wrong line, with a number.
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline=None)
        return _read_stream(text, path)


def _read_stream(stream: TextIO, path: Path) -> LabelledImages:
    lines = _numbered_lines(stream, path)
    number, first = next(lines, (0, ""))
    if not first:
        raise DataError(f"{path}: the file is empty.")
    header: list[str] = []
    chunk: _Lines = []
    if _is_number(first.split(",")[0]):
        chunk.append((number, first))
    else:
        header = [name.strip().strip('"') for name in first.split(",")]
        if header[0].lower() != "label":
            raise DataError(
                f"{path}, line {number}: it starts with {_short(header[0])}; "
                "expected a header that starts with label, or a line that starts with a number."
            )

    columns = first.count(",") + 1
    height, width = _sides(header, columns, path)
    pixels, labels = bytearray(), bytearray()
    # This many lines of this length are handled at a time; a line of another length is rejected.
    at_once = min(_LINES_AT_ONCE, max(1, _CHARACTERS_AT_ONCE // len(first)))
    for entry in lines:
        chunk.append(entry)
        if len(chunk) >= at_once:
            _append(chunk, columns, path, pixels, labels)
            chunk = []
    if chunk:
        _append(chunk, columns, path, pixels, labels)
    if not labels:
        raise DataError(f"{path}: there is no image below the header.")
    return LabelledImages(
        np.frombuffer(pixels, dtype=np.uint8).reshape(-1, height, width),
        np.frombuffer(labels, dtype=np.int64),
    )


def _numbered_lines(stream: TextIO, path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers; reject a line beyond the limit."""
    number = 0
    while line := stream.readline(_MAX_LINE):
        number += 1
        if len(line) == _MAX_LINE:
            raise DataError(
                f"{path}, line {number}: longer than {_MAX_LINE:,} characters, the limit."
            )
        if text := line.strip():
            yield number, text


def _sides(header: list[str], columns: int, path: Path) -> tuple[int, int]:
    pixels = columns - 1
    counted = _SIDES.fullmatch(header[-1]) if header else None
    if counted and int(counted[1]) * int(counted[2]) == pixels:
        return int(counted[1]), int(counted[2])
    side = math.isqrt(pixels)
    if pixels < 1 or side * side != pixels:
        raise DataError(
            f"{path}: a label and {pixels} pixels per line do not make a square image. For other "
            "shapes start with a header that counts rows and columns: label,1x1,1x2,..."
        )
    return side, side


def _append(lines: _Lines, columns: int, path: Path, pixels: bytearray, labels: bytearray) -> None:
    """Append the images of some lines to those already read."""
    values = _parse([text for _, text in lines])
    if (
        values is None
        or values.shape[1] != columns
        or values.min() < 0
        or values[:, 1:].max() > 255
    ):
        raise _explain(lines, columns, path)
    if len(pixels) + values.size > MAX_PIXELS or len(labels) // 8 + len(lines) > MAX_IMAGES:
        raise DataError(
            f"{path}, line {lines[0][0]}: more than {MAX_PIXELS:,} pixels, or "
            f"{MAX_IMAGES:,} images, the limits."
        )
    pixels += values[:, 1:].astype(np.uint8).tobytes()
    labels += values[:, 0].tobytes()


def _parse(texts: list[str]) -> NDArray[np.int64] | None:
    try:
        return np.loadtxt(texts, dtype=np.int64, delimiter=",", comments=None, ndmin=2)
    except ValueError:
        return None


def _explain(lines: _Lines, columns: int, path: Path) -> DataError:
    """Find the first wrong line and return what is wrong with it."""
    for number, text in lines:
        fields = text.split(",")
        if len(fields) != columns:
            return DataError(
                f"{path}, line {number}: {len(fields)} numbers, the first line has {columns}."
            )
        for column, field in enumerate(fields):
            value = int(field) if _is_number(field) else -1
            if column == 0 and not 0 <= value < 1 << 31:
                return DataError(
                    f"{path}, line {number}: the label is {_short(field)}; "
                    "expected a whole number from 0."
                )
            if column > 0 and not 0 <= value <= 255:
                return DataError(
                    f"{path}, line {number}: pixel {column} is {_short(field)}; "
                    "expected a whole number from 0 to 255."
                )
    return DataError(f"{path}, lines {lines[0][0]} to {lines[-1][0]}: these are not numbers.")


def _is_number(field: str) -> bool:
    return re.fullmatch(r"[ \t]*[+-]?[0-9]{1,18}[ \t]*", field) is not None


def _short(field: str) -> str:
    return repr(field if len(field) <= 20 else field[:20] + "...")
