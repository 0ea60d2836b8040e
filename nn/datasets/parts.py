"""What the names of files say: which part of which data set is in them.

`emnist-letters-train-images-idx3-ubyte.gz` holds the training images of a set "emnist letters".
Names differ as much as people do, but all of them contain the same few words.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from nn.datasets.form import IncompleteError
from nn.datasets.images import ImageData
from nn.errors import DataError
from nn.files.regular_file import listed

_PARTS = {
    "training": {"train", "training", "tra"},
    "validation": {"val", "valid", "validation", "dev"},
    "test": {"test", "testing", "t10k", "tes"},
}
# Words about the content and the format, which say nothing about the set.
_CONTENT = {
    *("images", "image", "imgs", "img", "x", "data"),
    *("labels", "label", "y", "targets", "target", "classes"),
    *("idx", "idx1", "idx2", "idx3", "ubyte", "int", "gz", "csv", "tsv", "txt", "npz", "npy"),
    *("batch", "arr", "0", "1", "2", "3", "4", "5"),
}

Thing = TypeVar("Thing")


def part_of(name: str) -> str:
    """Return "training", "validation" or "test"; empty if the name says nothing about it."""
    words = _words(name)
    return next((part for part, spelled in _PARTS.items() if words & spelled), "")


def set_of(name: str) -> str:
    """Return the name of the set: all words that name neither a part nor a content."""
    kept = [word for word in _in_order(name) if word not in _CONTENT.union(*_PARTS.values())]
    return " ".join(kept)


def only_set(sets: Mapping[str, Thing], folder: Path, preferred: str) -> Thing:
    """Return the only set of a folder, or the preferred one.

    Raises:
        DataError: There are several, and the preferred one is not among them.
    """
    if preferred in sets:
        return sets[preferred]
    if len(sets) > 1:
        names = listed([name or "one without a name" for name in sorted(sets)])
        raise DataError(
            f"{folder}: contains {len(sets)} data sets ({names}). Put the files of one of them "
            "into a folder of their own, and name that folder with --data-dir."
        )
    (one,) = sets.values()
    return one


def with_unread(data: ImageData, names: Sequence[str]) -> ImageData:
    """Return data with a remark on the files of other data sets beside them, if there are any."""
    remark = f"Not read: {listed(names)}, another data set."
    return replace(data, remarks=(*data.remarks, remark)) if names else data


def by_part(things: Iterable[tuple[str, Thing]], folder: Path) -> dict[str, Thing]:
    """Return things by the part of the data set that their names say.

    A thing whose name says nothing is the training part.

    Raises:
        DataError: Two are the same part.
        IncompleteError: None is the training part.
    """
    parts: dict[str, Thing] = {}
    names: dict[str, str] = {}
    for name, thing in things:
        part = part_of(name) or "training"
        if part in parts:
            raise DataError(
                f"{folder}: {listed([names[part]])} and {listed([name])} both seem to be the "
                f"{part} images; name one of them test or validation, or move it elsewhere."
            )
        parts[part], names[part] = thing, name
    if "training" not in parts:
        found = listed([*names.values()])
        raise IncompleteError(
            f"{folder}: there is {found}, but no file of training images. Add it, or rename this "
            "file if it is all there is."
        )
    return parts


def _words(name: str) -> set[str]:
    return set(_in_order(name))


def _in_order(name: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)  # trainingSet
    return [word for word in re.split(r"[^a-z0-9]+", apart.lower()) if word]
