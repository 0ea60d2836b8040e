"""Images in a table: one line per image, its label and its pixels row by row.

What the columns are, `csv_layout` finds out. Pixels are whole numbers from 0 to 255, or fractions
from 0 to 1.
"""

import re
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.datasets.csv_layout import (
    CHARACTERS_AT_ONCE,
    LINES_AT_ONCE,
    LONGEST_WORD,
    Layout,
    find_layout,
    is_word,
    open_lines,
    quoted,
    split_line,
)
from nn.datasets.data_file import MAX_IMAGES, MAX_PIXELS
from nn.datasets.images import LabelledImages, are_one_hot
from nn.errors import DataError

_Lines = list[tuple[int, str]]
_Numbers = NDArray[Any]


def read_csv_images(
    path: Path, layout: Layout | None = None, words: dict[str, int] | None = None
) -> LabelledImages:
    """Read labelled images from a CSV file, gzipped or not, about two thousand lines at a time.

    Args:
        path: The file.
        layout: What its columns are; found out if None.
        words: The labels of words met so far, in other files; new words are added.

    Returns:
        Images (N, H, W), pixels from 0 to 255, and labels (N,), from 0; all labels are 0 if the
        layout has none.

    Raises:
        DataError: the file cannot be read, or a line is not a label and pixels; with its number.
    """
    table = _Table(path, layout or find_layout(path), {} if words is None else words)
    with open_lines(path) as lines:
        if table.layout.has_header:
            next(lines, None)
        number, first = next(lines, (0, ""))
        if not first:
            raise DataError(f"{path}: there is no image below the header.")
        # This many lines of this length are handled at a time; one of another length is rejected.
        at_once = min(LINES_AT_ONCE, max(1, CHARACTERS_AT_ONCE // len(first)))
        chunk = [(number, first), *islice(lines, at_once - 1)]
        while chunk:
            table.append(chunk)
            chunk = list(islice(lines, at_once))
    return table.images()


class _Table:
    """The images of the lines read so far.

    Args:
        path: The file, for errors.
        layout: What its columns are.
        words: The labels of words met so far.
    """

    def __init__(self, path: Path, layout: Layout, words: dict[str, int]) -> None:
        self.layout = layout
        self._path, self._words = path, words
        self._pixels, self._labels = bytearray(), bytearray()
        self._unit = 255.0  # the number that stands for a bright pixel, 255 or 1
        self._largest = 0.0

    def append(self, lines: _Lines) -> None:
        """Append the images of some lines.

        Raises:
            DataError: One of them is wrong, or there are too many.
        """
        values = self._parse([text for _, text in lines])
        if values is None or values.shape[1] != self.layout.columns:
            raise self._explain(lines)
        pixels = values
        for column in sorted(self.layout.others, reverse=True):
            pixels = _without(pixels, column)
        labels = self._labels_of(values)
        if labels is None or not (pixels.min() >= 0 and pixels.max() <= 255):
            raise self._explain(lines)
        if len(self._pixels) + values.size > MAX_PIXELS or (
            len(self._labels) // 8 + len(lines) > MAX_IMAGES
        ):
            raise DataError(
                f"{self._path}, line {lines[0][0]}: more than {MAX_PIXELS:,} pixels, or "
                f"{MAX_IMAGES:,} images, the limits."
            )
        whole = self._whole(pixels, lines)  # which may change the pixels so far
        self._pixels += whole.tobytes()
        self._labels += labels.tobytes()

    def images(self) -> LabelledImages:
        """Return all of them."""
        pixels = np.frombuffer(self._pixels, dtype=np.uint8).reshape(-1, *self.layout.shape)
        return LabelledImages(pixels, np.frombuffer(self._labels, dtype=np.int64))

    def _parse(self, texts: list[str]) -> _Numbers | None:
        if self.layout.has_words:
            texts = [self._with_number(text) for text in texts]
        if '"' in texts[0]:
            texts = [text.replace('"', "") for text in texts]
            if not all(text.strip() for text in texts):  # lines of quotes, which NumPy skips
                return None
        for kind in (np.int64, np.float64):
            try:
                return np.loadtxt(
                    texts, dtype=kind, delimiter=self.layout.delimiter, comments=None, ndmin=2
                )
            except ValueError:
                pass
        return None

    def _with_number(self, text: str) -> str:
        """Return a line with a number in place of the word that is its label."""
        fields = split_line(text, self.layout.delimiter)
        column = self.layout.label
        if column is None or len(fields) != self.layout.columns:
            return text
        word = fields[column].strip()
        number = self._words.setdefault(word, len(self._words)) if is_word(word) else ""
        return self.layout.delimiter.join([*fields[:column], str(number), *fields[column + 1 :]])

    def _labels_of(self, values: _Numbers) -> NDArray[np.int64] | None:
        """Return the labels of some lines; None if one of them is not a whole number from 0."""
        if self.layout.label is None:
            return np.zeros(len(values), np.int64)
        if self.layout.label_columns > 1:
            one_hot = values[:, self.layout.label :]
            return one_hot.argmax(axis=1) if are_one_hot(one_hot) else None
        written = values[:, self.layout.label]
        if not (written.min() >= 0 and written.max() < 1 << 31):
            return None
        labels = written.astype(np.int64)
        return labels if (labels == written).all() else None

    def _whole(self, pixels: _Numbers, lines: _Lines) -> NDArray[np.uint8]:
        """Return pixels as whole numbers; the first fractions show that all are from 0 to 1."""
        is_whole = pixels.dtype.kind == "i" or not (pixels % 1).any()
        self._largest = max(self._largest, float(pixels.max()))
        if not is_whole and self._unit == 255 and self._largest <= 1:
            self._unit = 1.0
            before = np.frombuffer(self._pixels, np.uint8) * np.uint8(255)
            self._pixels = bytearray(before.tobytes())
        if self._largest > self._unit or (not is_whole and self._unit == 255):
            raise self._explain(lines)
        scale = 255 / self._unit
        return (pixels if scale == 1 else np.rint(pixels * scale)).astype(np.uint8)

    def _explain(self, lines: _Lines) -> DataError:
        """Find the first wrong line and return what is wrong with it."""
        layout = self.layout
        expected = "a number from 0 to 1" if self._unit == 1 else "a whole number from 0 to 255"
        for number, text in lines:
            where = f"{self._path}, line {number}"
            fields = split_line(text, layout.delimiter)
            if len(fields) != layout.columns:
                return DataError(
                    f"{where}: {len(fields)} numbers, the first line has {layout.columns}."
                )
            if layout.label_columns > 1 and layout.label is not None:
                ones = fields[layout.label :]
                if sorted(map(_whole_number, ones)) != [*[0] * (len(ones) - 1), 1]:
                    return DataError(
                        f"{where}: the last {len(ones)} numbers give the class; expected a single "
                        "1, and zeros."
                    )
            pixel = 0
            for column, field in enumerate(fields):
                if column == layout.label and layout.has_words:
                    if not is_word(field):
                        return DataError(
                            f"{where}: the label is {quoted(field)}; expected a word of at most "
                            f"{LONGEST_WORD} characters in UTF-8."
                        )
                elif column == layout.label and not 0 <= _whole_number(field) < 1 << 31:
                    return DataError(
                        f"{where}: the label is {quoted(field)}; expected a whole number from 0."
                    )
                if column in layout.others:
                    continue
                pixel += 1
                value = _whole_number(field) if self._unit == 255 else _fraction(field)
                if not 0 <= value <= self._unit:
                    return DataError(
                        f"{where}: pixel {pixel} is {quoted(field)}; expected {expected}."
                    )
        return DataError(
            f"{self._path}, lines {lines[0][0]} to {lines[-1][0]}: these are not numbers."
        )


def _without(values: _Numbers, column: int) -> _Numbers:
    """Return a table without a column; without a copy if it is at one of the ends."""
    if column == 0:
        return values[:, 1:]
    return values[:, :-1] if column == values.shape[1] - 1 else np.delete(values, column, axis=1)


def _whole_number(field: str) -> int:
    return (
        int(field.split(".", maxsplit=1)[0])
        if re.fullmatch(r"[ \t]*[+-]?[0-9]{1,18}(\.0*)?[ \t]*", field)
        else -1
    )


def _fraction(field: str) -> float:
    try:
        return float(field)
    except ValueError:
        return -1.0
