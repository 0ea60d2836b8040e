"""CIFAR-10 and CIFAR-100 as they come: pickles of Python 2.

A batch is a dictionary of rows of 3,072 bytes, red, then green, then blue, and of their labels.
Another file names the classes.

Reference:
    Krizhevsky (2009), Learning multiple layers of features from tiny images.
"""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nn.datasets.array_pickle import PickledArray, as_array, read_pickle
from nn.datasets.form import DataFile, Form, IncompleteError
from nn.datasets.images import ImageData, LabelledImages, join_parts
from nn.datasets.parts import part_of
from nn.datasets.pixels import as_images
from nn.errors import DataError
from nn.files.regular_file import printable

_LABELS = (b"labels", b"fine_labels")
_NAMES = (b"label_names", b"fine_label_names")


def _claims(file: DataFile) -> bool:
    """Return whether a file is a pickled dictionary."""
    return re.match(rb"\x80[\2-\5](\x95.{8})?\}", file.head, re.DOTALL) is not None


def _read(files: Sequence[DataFile], colour: bool) -> ImageData:
    folder = files[0].path.parent
    batches: dict[str, list[LabelledImages]] = {}
    names: tuple[str, ...] = ()
    for file in files:
        content = _fields(read_pickle(file.path), file.path)
        names = names or _texts(_first(content, _NAMES))
        if b"data" in content:
            part = part_of(file.name) or "training"
            batches.setdefault(part, []).append(_batch(content, file.path, colour))
    if "training" not in batches:
        raise IncompleteError(
            f"{folder}: expected CIFAR's batches, data_batch_1 to data_batch_5 and test_batch; "
            "there is no batch of training images."
        )
    parts = {
        part: LabelledImages(
            np.concatenate([one.images for one in some]),
            np.concatenate([one.labels for one in some]),
        )
        for part, some in batches.items()
    }
    count = sum(len(some) for some in batches.values())
    batch_count = "one pickled batch" if count == 1 else f"{count} pickled batches"
    return join_parts(
        parts,
        name=printable(folder.resolve().name),
        source=printable(
            f"{batch_count} in {folder}/, {'in colour' if colour else 'colours as greys'}"
        ),
        class_names=names,
    )


FORM = Form("CIFAR's batches", _claims, _read)


def _fields(content: Any, path: Path) -> dict[bytes, Any]:
    """Return a dictionary whose keys are bytes, as Python 2 wrote them."""
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected a pickled dictionary, as CIFAR's batches are.")
    return {
        key.encode("utf-8", "replace") if isinstance(key, str) else key: value
        for key, value in content.items()
        if isinstance(key, bytes | str)
    }


def _first(content: dict[bytes, Any], keys: Sequence[bytes]) -> Any:
    return next((content[key] for key in keys if key in content), None)


def _texts(written: Any) -> tuple[str, ...]:
    """Return class names; none if these are no texts."""
    if not isinstance(written, list):
        return ()
    texts = [one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in written]
    return tuple(texts) if all(isinstance(one, str) for one in texts) else ()


def _batch(content: dict[bytes, Any], path: Path, colour: bool) -> LabelledImages:
    data, labels = content[b"data"], _first(content, _LABELS)
    if not isinstance(data, PickledArray):
        raise DataError(f"{path}: data is not an array; expected rows of pixels.")
    rows = as_array(data, path)
    side = math.isqrt(rows.shape[1] // 3) if rows.ndim == 2 else 0
    if rows.ndim != 2 or not side or rows.shape[1] != 3 * side * side:
        raise DataError(f"{path}: expected rows of square images in three colours.")
    whole = isinstance(labels, list) and all(type(one) is int for one in labels)
    if not whole or len(labels) != len(rows) or not all(0 <= one < 1 << 31 for one in labels):
        raise DataError(
            f"{path}: expected a list of labels, one for each of the {len(rows):,} images."
        )
    images = as_images(rows.reshape(-1, 3, side, side), str(path), colour=colour)
    return LabelledImages(images, np.array(labels, np.int64))
