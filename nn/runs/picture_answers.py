"""A network's answers for many pictures of one's own, as one file.

People try a network on a folder of pictures, and often name them by what they show: `7.png`,
`7_second.png`, `cats/mine.jpg`. Then the answers can be checked.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nn.datasets.class_names import name_of
from nn.files.atomic_write import write_atomically
from nn.files.file_errors import writing
from nn.files.regular_file import printable
from nn.runs.picture_reading import PictureReading


@dataclass(frozen=True)
class PictureAnswer:
    """What a network reads on a picture.

    Attributes:
        path: The picture.
        answer: The class's name, or the digits of a number.
        confidence: The probability of the least certain digit, 0 to 1.
        is_digit: Whether all of it looks like digits, as the picture lies.
    """

    path: Path
    answer: str
    confidence: float
    is_digit: bool = True

    @classmethod
    def of(cls, path: Path, reading: PictureReading, class_names: Sequence[str]) -> "PictureAnswer":
        """Return a network's answer in words."""
        named = [name_of(label, class_names) for label in reading.probabilities.argmax(axis=1)]
        confidence = float(reading.probabilities.max(axis=1).min())
        return cls(path, "".join(named), confidence, bool(reading.is_digit.all()))


def class_in_path(path: Path, names: Sequence[str]) -> str:
    """Return the class that a picture's folder or the first word of its name tells, or "".

    Args:
        path: The picture.
        names: What the classes are called.
    """
    first_word = re.split(r"[^0-9A-Za-z]", path.stem)[0]
    return next((word for word in (path.parent.name, first_word) if word in names), "")


def true_classes(answers: Sequence[PictureAnswer], names: Sequence[str]) -> list[str]:
    """Return the class that each picture tells, or nothing if not every picture does so.

    Names that only count (1.png to 12.png) say nothing.
    """
    told = [class_in_path(answer.path, names) for answer in answers]
    return told if all(told) else []


def count_answers(answers: Sequence[PictureAnswer], names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the rows of a table of classes, the first with its headings.

    For each class: how many of its pictures are read correctly, and what the others are read as;
    or, if the pictures do not tell their class, how often each answer was given.
    """
    true = true_classes(answers, names)
    if not true:
        counts = Counter(answer.answer for answer in answers)
        return [("answer", "pictures"), *((name, f"{n:,}") for name, n in counts.most_common())]
    rows: list[tuple[str, ...]] = [("class", "pictures", "correct", "read as")]
    for name in filter(set(true).__contains__, names):
        read = Counter(a.answer for a, label in zip(answers, true, strict=True) if label == name)
        right = read.pop(name, 0)
        wrong = ", ".join(f"{other} ({n:,})" for other, n in read.most_common(3))
        rows.append((name, f"{right + read.total():,}", f"{right:,}", wrong))
    return rows


def write_answers(
    path: Path, answers: Sequence[PictureAnswer], names: Sequence[str]
) -> float | None:
    """Write `picture,answer,confidence,true,is_digit` as CSV.

    Args:
        path: The file.
        answers: One for each picture.
        names: What the classes are called.

    Returns:
        The fraction of correct answers, or None if not every picture tells its class.

    Raises:
        RunFolderError: The file cannot be written.
    """
    true = true_classes(answers, names)
    told = bool(true)
    true = true or [""] * len(answers)
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(["picture", "answer", "confidence", "true", "is_digit"])
    for answer, label in zip(answers, true, strict=True):
        confidence = f"{answer.confidence:.9g}"
        name, told_label = printable(str(answer.path)), label if told else ""
        table.writerow([name, answer.answer, confidence, told_label, int(answer.is_digit)])
    with writing(path):
        write_atomically(path, stream.getvalue())
    if not told:
        return None
    right = sum(answer.answer == label for answer, label in zip(answers, true, strict=True))
    return right / len(answers)
