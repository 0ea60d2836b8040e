"""Which columns of a table of images are what: labels, pixels, a number of the line.

Tables come with a header and without, with the label in the first column, in the last or in one
that has its name, and with commas, semicolons, tabs or blanks. The header says what the columns
are. If there is none, the columns' content says it. Labels are numbers or words. Semeion's take ten
columns, one for each class, of which one is 1 and the others are 0 ("one-hot").
"""

import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TextIO

from nn.datasets.data_file import open_data_file
from nn.errors import DataError

MAX_LINE = 1 << 22  # characters; a million pixels
LINES_AT_ONCE = 2048
CHARACTERS_AT_ONCE = 1 << 23
LONGEST_WORD = 100  # characters of a label
_LABEL_NAMES = {"label", "labels", "class", "target", "y", "digit", "letter", "character"}
_INDEX_NAMES = {"", "id", "index", "unnamed: 0", "imageid"}
_SIDES = re.compile(r"([0-9]{1,9})x([0-9]{1,9})")
_NUMBER = re.compile(
    r"[ \t]*[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?[ \t]*"
)
BLANKS = re.compile(r"([+-]?[0-9][0-9.eE+-]* +){16}")
"""How a line of numbers with blanks between them begins; shorter ones are rarely images."""
_WHOLE = re.compile(r"[ \t]*\+?([0-9]{1,4})(\.0*)?[ \t]*")
_MOST_ONE_HOT = 100  # classes
_ENOUGH = 50  # lines that show which column holds labels
_MOST = 0.6  # of all images; no class of a usual data set has more, and many a corner pixel has


@dataclass(frozen=True)
class Layout:
    """What the columns of a table are.

    Attributes:
        delimiter: What separates them.
        columns: How many there are.
        label: The column of the labels, from 0, or the first of them; None if there is none.
        index: The column that numbers the lines; None if there is none.
        shape: Height and width of the images, (H, W).
        has_header: Whether the first line names the columns.
        label_columns: 1, or the number of classes if labels are one-hot.
        has_words: Whether labels are words, such as cat and dog.
    """

    delimiter: str
    columns: int
    label: int | None
    index: int | None
    shape: tuple[int, int]
    has_header: bool
    label_columns: int = 1
    has_words: bool = False

    @property
    def others(self) -> list[int]:
        """The columns that hold no pixels."""
        index = [] if self.index is None else [self.index]
        labels = [] if self.label is None else range(self.label, self.label + self.label_columns)
        return [*index, *labels]


@contextmanager
def open_lines(path: Path) -> Iterator[Iterator[tuple[int, str]]]:
    """Open a table, gzipped or not, as an iterator of lines that are not blank, with their numbers.

    Raises:
        DataError: the file cannot be read, or a line is longer than the limit.
    """
    with open_data_file(path) as stream:
        start = stream.peek(2)[:2] if isinstance(stream, io.BufferedReader) else b""
        encoding = encoding_of(start)
        # "replace": a binary file fails as a wrong line, with a number.
        with io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=None) as text:
            yield _numbered(text, path)


def encoding_of(start: bytes) -> str:
    """Return the encoding of a text by its first two bytes."""
    return "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _numbered(stream: TextIO, path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE:
            raise DataError(
                f"{path}, line {number}: longer than {MAX_LINE:,} characters, the limit."
            )
        if text := line.strip("\r\n "):
            if " " in text and BLANKS.match(text):
                text = ",".join(text.split())
            yield number, text


def find_layout(path: Path, like: Layout | None = None) -> Layout:
    """Return what the columns of a table are.

    Args:
        path: The file, gzipped or not.
        like: The layout of the training images, which those without a header share; their labels
            are words or numbers in all files.

    Raises:
        DataError: The file cannot be read, or its columns are not those of images.
    """
    with open_lines(path) as lines:
        number, first = next(lines, (0, ""))
        if not first:
            raise DataError(f"{path}: the file is empty.")
        delimiter = max(",;\t", key=first.count)
        fields = split_line(first, delimiter)
        if has_header := _is_header(fields):
            layout = _named(fields, delimiter)
            if not layout and len(fields) < 5 and fields[0].strip().lower() not in _LABEL_NAMES:
                raise DataError(
                    f"{path}, line {number}: it starts with {quoted(fields[0])}; expected a header "
                    "that starts with label, or a line that starts with a number."
                )
        elif like and not like.has_header and like.columns == len(fields):
            return like
        else:
            layout = None
        at_once = min(LINES_AT_ONCE, max(1, CHARACTERS_AT_ONCE // len(first)))
        sample = [] if has_header else [first]
        sample += [text for _, text in islice(lines, at_once)]
        layout = layout or _by_content(sample, fields, delimiter, has_header, path)
        return replace(layout, has_words=like.has_words if like else _has_words(sample, layout))


def quoted(field: str) -> str:
    """Return a field as a message shows it, cut if it is long."""
    return repr(field if len(field) <= 20 else field[:20] + "...")


def is_word(field: str) -> bool:
    """Return whether a field can be the name of a class, all of it in the file's encoding."""
    is_readable = field.isprintable() and "\ufffd" not in field
    return is_readable and 0 < len(field.strip()) <= LONGEST_WORD


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the fields of a line, without quotes."""
    return line.replace('"', "").split(delimiter)


def _is_header(fields: Sequence[str]) -> bool:
    """Return whether these are names; a table without names may be headed by 0, 1, 2, ..."""
    names = [field.strip().lower() for field in fields]
    if names[0] in _INDEX_NAMES or not _LABEL_NAMES.isdisjoint(names):
        return True
    counts = [[str(start + column) for column in range(len(fields) - 1)] for start in (0, 1)]
    if len(fields) > 16 and fields[1:] in counts:
        return True
    numbers = sum(map(_is_number, fields))
    is_image = numbers == len(fields) - 1 > 3  # pixels, and a word for the class
    return not is_image and (not _is_number(fields[0]) or 2 * numbers < len(fields))


def _is_number(field: str) -> bool:
    return _NUMBER.fullmatch(field) is not None


def _are_words(labels: Sequence[str]) -> bool:
    """Return whether most are words; a single one among numbers is a slip."""
    return 2 * sum(is_word(label) and not _is_number(label) for label in labels) > len(labels)


def _has_words(sample: Sequence[str], layout: Layout) -> bool:
    """Return whether the labels of some lines are words."""
    rows = [split_line(line, layout.delimiter) for line in sample[:_ENOUGH]]
    labels = [row[layout.label or 0] for row in rows if len(row) == layout.columns]
    return layout.label is not None and _are_words(labels)


def _named(fields: Sequence[str], delimiter: str) -> Layout | None:
    """Return the layout that a header tells; None if it does not."""
    names = [field.strip().lower() for field in fields]
    label = next((column for column, name in enumerate(names) if name in _LABEL_NAMES), None)
    index = 0 if label != 0 and names[0] in _INDEX_NAMES else None
    pixels = [name for column, name in enumerate(names) if column not in (label, index)]
    shape = _shape(pixels) if label is not None or len(pixels) > 3 else None
    return Layout(delimiter, len(fields), label, index, shape, True) if shape else None


def _shape(pixels: Sequence[str]) -> tuple[int, int] | None:
    """Return the sides of an image; None if it is not square and no header counts them."""
    counted = _SIDES.fullmatch(pixels[-1]) if pixels else None
    if counted and int(counted[1]) * int(counted[2]) == len(pixels):
        return int(counted[1]), int(counted[2])
    side = math.isqrt(len(pixels))
    return (side, side) if side and side * side == len(pixels) else None


def _by_content(
    sample: Sequence[str], header: Sequence[str], delimiter: str, has_header: bool, path: Path
) -> Layout:
    """Return the layout of a table whose header, if it has one, names no label."""
    columns = len(header)
    index = None
    if not _shape(header[1:]) and _shape(header[2:]) and _counts_up(sample, delimiter):
        index = 0
    pixels = columns - 1 - (index is not None)
    names = [*header[: pixels - 1], header[-1]] if has_header else [""] * pixels
    shape = _shape(names) if pixels > 0 else None
    if not shape and not has_header and (classes := _one_hot(sample, delimiter)):
        side = math.isqrt(columns - classes)
        return Layout(delimiter, columns, columns - classes, None, (side, side), False, classes)
    if not shape:
        raise DataError(
            f"{path}: a label and {max(pixels, 0)} pixels per line do not make a square image. For "
            "other shapes start with a header that counts rows and columns: label,1x1,1x2,..."
        )
    first = 0 if index is None else 1
    rows = [line.replace('"', "") for line in sample if line.count(delimiter) == columns - 1]
    ends = (
        [row.split(delimiter, first + 1)[first] for row in rows],
        [row.rsplit(delimiter, 1)[1] for row in rows],
    )
    words = [_are_words(column) for column in ends]
    label = _label_column(*ends, path) if words[0] == words[1] else int(words[1])
    return Layout(delimiter, columns, first if label == 0 else columns - 1, index, shape,
                  has_header)  # fmt: skip


def _one_hot(sample: Sequence[str], delimiter: str) -> int:
    """Return how many columns at the end hold a single 1 in every line, before square images.

    0 if there are no such columns.
    """
    rows = [line.replace('"', "").split(delimiter) for line in sample]
    for classes in range(2, min(_MOST_ONE_HOT, len(rows[0]) - 1)):
        if _shape(rows[0][:-classes]) and all(_is_one_hot(row[-classes:]) for row in rows):
            return classes
    return 0


def _is_one_hot(fields: Sequence[str]) -> bool:
    matches = [_WHOLE.fullmatch(field) for field in fields]
    numbers = sorted(int(match[1]) if match else 2 for match in matches)
    return numbers == [*[0] * (len(fields) - 1), 1]


def _counts_up(sample: Sequence[str], delimiter: str) -> bool:
    numbers = [line.replace('"', "").split(delimiter, 1)[0].strip() for line in sample]
    start = int(numbers[0]) if len(numbers) > 1 and numbers[0] in ("0", "1") else None
    return start is not None and numbers == [str(start + line) for line in range(len(numbers))]


def _label_column(first: Sequence[str], last: Sequence[str], path: Path) -> int:
    """Return 0 if the labels are in the first column, and 1 if they are in the last.

    Raises:
        DataError: both columns could hold them.
    """
    shares = [_largest_share(column) for column in (first, last)]
    if shares[1] is None or len(first) < 2:
        return 0
    if shares[0] is None:
        is_one_value = len(set(first)) == 1
        if is_one_value or not all(_WHOLE.fullmatch(field) for field in first):
            return 1
        if len(first) < _ENOUGH:
            return 0
        if shares[1] <= _MOST:
            return 1
    elif len(first) < _ENOUGH or (shares[0] <= _MOST < shares[1]):
        return 0
    elif shares[1] <= _MOST < shares[0]:
        return 1
    raise DataError(
        f"{path}: the first column and the last could both be the labels: line 1 is an image of "
        f"class {quoted(first[0])} or of class {quoted(last[0])}. Give the file a header that "
        "names the column: label,pixel1,pixel2,..."
    )


def _largest_share(column: Sequence[str]) -> float | None:
    """Return which part of all lines has the most frequent label; None if these are no labels.

    Labels are few whole numbers that leave none out, from 0 or 1.
    """
    matches = [_WHOLE.fullmatch(field) for field in column]
    counts = Counter(int(match[1]) for match in matches if match)
    if not all(matches) or not 1 < len(counts) <= max(2, len(column) // 2):
        return None
    if min(counts) > 1 or max(counts) - min(counts) + 1 != len(counts):
        return None
    return max(counts.values()) / len(column)
