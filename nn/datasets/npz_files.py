"""Arrays of NumPy in a folder: one file with all of them, or a file for each.

Keras calls them x_train, y_train, x_test and y_test; MedMNIST train_images, train_labels,
val_images and so on; KMNIST has one array in each file, and its name is the file's. Labels may be
one-hot: for each image a 1 in the column of its class, and zeros in the others.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.datasets.form import DataFile, Form, IncompleteError
from nn.datasets.images import ImageData, LabelledImages, are_one_hot, join_parts
from nn.datasets.npz import NPY_START, ZIP_START, read_arrays
from nn.datasets.parts import by_part, only_set, part_of, set_of
from nn.datasets.pixels import as_images
from nn.errors import DataError
from nn.files.regular_file import printable

_FIRST = 100  # rows that show whether all may be one-hot
_Arrays = dict[tuple[str, str], tuple[str, NDArray[Any]]]


def _claims(file: DataFile) -> bool:
    if file.head.startswith(ZIP_START):  # the name of the first member follows 30 bytes
        length = int.from_bytes(file.head[26:28], "little")
        return file.head[30 : 30 + length].endswith(b".npy")
    return file.head.startswith(NPY_START)


def _read(files: Sequence[DataFile], colour: bool) -> ImageData:
    folder = files[0].path.parent
    images: _Arrays = {}
    labels: _Arrays = {}
    for file in files:
        for key, array in read_arrays(file.path).items():
            name = file.path.stem + ("" if key == "arr_0" else f" {key}")
            if array.ndim:
                of_its_kind = labels if _are_labels(array) else images
                of_its_kind[set_of(name), part_of(name)] = printable(name), array
    missing = images.keys() ^ labels.keys()
    if missing and len(images) == len(labels) == 1:
        labels = dict(zip(images, labels.values(), strict=True))
    elif missing or not images:
        alone = [pair[key][0] for pair in (images, labels) for key in pair if key in missing]
        raise IncompleteError(
            f"{folder}: expected arrays of images and of labels, such as x_train, y_train, x_test "
            f"and y_test"
            + (f"; {alone[0]} has no partner." if alone else "; there are none.")
            + " Only arrays of numbers are read."
        )
    sets: dict[str, list[tuple[str, str]]] = {}
    for of_set, of_part in images:
        sets.setdefault(of_set, []).append((of_set, of_part))
    keys = by_part(((images[key][0], key) for key in only_set(sets, folder, "")), folder)
    parts = {part: _part(images[key], labels[key], folder, colour) for part, key in keys.items()}
    names = ", ".join(file.path.name for file in files)
    return join_parts(
        parts,
        name=printable(keys["training"][0] or files[0].path.stem),
        source=printable(f"{names} in {folder}/"),
    )


FORM = Form("NumPy's arrays (.npz, .npy)", _claims, _read)


def _are_labels(array: NDArray[Any]) -> bool:
    """Return whether an array holds a label for each image, or a row of one 1 and zeros."""
    if array.ndim != 2 or array.shape[1] == 1:
        return array.ndim < 3
    return are_one_hot(array[:_FIRST]) and are_one_hot(array)


def _part(
    images: tuple[str, NDArray[Any]],
    labels: tuple[str, NDArray[Any]],
    folder: Path,
    colour: bool,
) -> LabelledImages:
    pixels = as_images(images[1], f"{folder}: {images[0]}", colour=colour)
    is_one_hot = labels[1].ndim == 2 and labels[1].shape[1] > 1
    written = labels[1].argmax(axis=1) if is_one_hot else labels[1].reshape(-1)
    if len(pixels) != len(written):
        raise DataError(
            f"{folder}: {images[0]} has {len(pixels):,} images, but {labels[0]} has "
            f"{len(written):,} labels. Do they belong together?"
        )
    with np.errstate(invalid="ignore", over="ignore"):
        whole = written.astype(np.int64)
    if not (whole == written).all():
        raise DataError(f"{folder}: {labels[0]} are not all whole numbers; expected labels from 0.")
    return LabelledImages(pixels, whole)
