"""A network's answers for many pictures of one's own, as one file.

People try a network on a folder of pictures, and often name them by what they show: `7.png`,
`7_second.png`, `cats/mine.jpg`. Then the answers can be checked.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nn.files.atomic_write import write_atomically
from nn.files.file_errors import writing
from nn.files.regular_file import printable


@dataclass(frozen=True)
class PictureAnswer:
    """What a network reads on a picture.

    Attributes:
        path: The picture.
        answer: The class's name, or the digits of a number.
        confidence: The probability of the least certain digit, 0 to 1.
    """

    path: Path
    answer: str
    confidence: float


def class_in_path(path: Path, names: Sequence[str]) -> str:
    """Return the class that a picture's folder or the first word of its name tells, or "".

    Args:
        path: The picture.
        names: What the classes are called.
    """
    first_word = re.split(r"[^0-9A-Za-z]", path.stem)[0]
    return next((word for word in (path.parent.name, first_word) if word in names), "")


def write_answers(
    path: Path, answers: Sequence[PictureAnswer], names: Sequence[str]
) -> float | None:
    """Write `picture,answer,confidence,true` as CSV.

    Args:
        path: The file.
        answers: One for each picture.
        names: What the classes are called.

    Returns:
        The fraction of correct answers, or None if not every picture tells its class: names that
        only count (1.png to 12.png) say nothing.

    Raises:
        RunFolderError: The file cannot be written.
    """
    true = [class_in_path(answer.path, names) for answer in answers]
    told = bool(true) and all(true)
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(["picture", "answer", "confidence", "true"])
    for answer, label in zip(answers, true, strict=True):
        confidence = f"{answer.confidence:.9g}"
        table.writerow(
            [printable(str(answer.path)), answer.answer, confidence, label if told else ""]
        )
    with writing(path):
        write_atomically(path, stream.getvalue())
    if not told:
        return None
    right = sum(answer.answer == label for answer, label in zip(answers, true, strict=True))
    return right / len(answers)
