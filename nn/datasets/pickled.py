"""`mnist.pkl.gz`, the form of MNIST that early deep-learning courses used.

It holds three pairs of (images, labels): 50,000 for training, 10,000 for validation, 10,000 for
testing. The first two pairs are MNIST's 60,000 training images in order, and are joined again.
Images are rows of floats from 0 to 1: the pixel divided by 256.
"""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.datasets.array_pickle import PickledArray, as_array, read_pickle
from nn.datasets.data_file import MAX_IMAGES
from nn.datasets.form import DataFile, Form
from nn.datasets.images import ImageData, LabelledImages, join_parts
from nn.errors import DataError
from nn.files.regular_file import printable

_ROWS_AT_ONCE = 4096


def read_pickled_mnist(path: Path) -> ImageData:
    """Read three pickled pairs of images and labels, gzipped or not, without running their code.

    Raises:
        DataError: the file cannot be read, holds something else, or asks for names other than
            those of NumPy's arrays.
    """
    pairs = _three_pairs(read_pickle(path), path)
    images = _images([pair[0] for pair in pairs], path)
    labels = [_labels(pair[1], len(rows), path) for pair, rows in zip(pairs, images, strict=True)]
    return join_parts(
        {
            "training": LabelledImages(np.concatenate(images[:2]), np.concatenate(labels[:2])),
            "test": LabelledImages(images[2], labels[2]),
        },
        name=path.name,
        source=printable(f"{path.name} in {path.parent}/"),
    )


def _read_files(files: Sequence[DataFile], colour: bool) -> ImageData:
    return read_pickled_mnist(files[0].path)


def _claims(file: DataFile) -> bool:
    return file.name == "mnist.pkl" or bool(re.match(rb"\x80[\1-\5]", file.head))


FORM = Form("mnist.pkl.gz", _claims, _read_files)


def _three_pairs(content: Any, path: Path) -> list[tuple[PickledArray, PickledArray]]:
    if (
        isinstance(content, tuple | list)
        and len(content) == 3
        and all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in content)
        and all(isinstance(array, PickledArray) for pair in content for array in pair)
    ):
        return [(images, labels) for images, labels in content]
    raise DataError(
        f"{path}: expected three pairs of arrays (training, validation and test images, each "
        "with its labels); it holds something else."
    )


def _labels(pickled: PickledArray, images: int, path: Path) -> NDArray[np.int64]:
    labels = as_array(pickled, path)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(f"{path}: labels must be a one-dimensional array of whole numbers.")
    if len(labels) != images:
        raise DataError(f"{path}: {images:,} images with {len(labels):,} labels.")
    return labels.astype(np.int64)


def _images(pickled: list[PickledArray], path: Path) -> list[NDArray[np.uint8]]:
    """Return the pixels of three arrays of floats from 0 to 1 as whole numbers again.

    The largest value shows the divisor: 255/256 if it was 256, and 1 if it was 255.
    """
    arrays = [as_array(array, path) for array in pickled]
    side = math.isqrt(arrays[0].shape[1]) if arrays[0].ndim == 2 else 0
    for array in arrays:
        if array.ndim != 2 or array.shape[1] != side * side or not array.size:
            raise DataError(f"{path}: expected rows of a square number of pixels.")
        # Written so that a NaN fails, too.
        if array.dtype.kind != "f" or not (array.min() >= 0 and array.max() <= 1):
            raise DataError(f"{path}: expected pixels as floats from 0 to 1.")
        if len(array) > MAX_IMAGES:
            raise DataError(f"{path}: more than {MAX_IMAGES:,} images, the limit.")
    scale = 256 if max(float(array.max()) for array in arrays) <= 255 / 256 else 255
    return [_whole(array, scale).reshape(-1, side, side) for array in arrays]


def _whole(rows: NDArray[Any], scale: int) -> NDArray[np.uint8]:
    pixels = np.empty(rows.shape, dtype=np.uint8)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        chunk = slice(start, start + _ROWS_AT_ONCE)
        np.rint(rows[chunk] * scale, out=pixels[chunk], casting="unsafe")
    return pixels
