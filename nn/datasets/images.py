"""Labelled images as arrays, the same for every data format.

Each reader returns whole-number pixels from 0 to 255 and whole-number labels from 0 to K - 1, so
that nothing else depends on the format.
"""

import zlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nn.errors import DataError

MNIST_FINGERPRINT = "c8cf7763"
"""The fingerprint of MNIST's 70,000 images and labels, whatever their format."""

_FAR = 10
# More than the 3,755 characters of the largest sets of Chinese handwriting; a confusion matrix has
# the square of this number of cells.
_MAX_CLASSES = 4096


@dataclass(frozen=True)
class LabelledImages:
    """Images and their labels, one label per image.

    Attributes:
        images: pixels from 0 (background) to 255 (ink), uint8, shape (N, H, W).
        labels: classes from 0 to K - 1, int64, shape (N,).
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class ImageData:
    """A complete data set: training and test images.

    Attributes:
        train_images: the training file's images, uint8, shape (N, H, W).
        train_labels: their classes, int64, shape (N,).
        test_images: the test file's images, uint8, shape (N', H, W).
        test_labels: their classes, int64, shape (N',).
        name: the data set's name on screen and on pictures, for example "MNIST".
        source: where it came from, in words: "four IDX files in data/".
        classes: K, the number of classes.
        dataset: the value of the setting `dataset` that loads these images again.
    """

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.int64]
    name: str
    source: str
    classes: int
    dataset: str = "mnist"

    @property
    def image_shape(self) -> tuple[int, int]:
        """Height and width of an image in pixels, (H, W)."""
        height, width = self.train_images.shape[1:]
        return int(height), int(width)

    @property
    def features(self) -> int:
        """D = H W, the number of inputs for one image."""
        height, width = self.image_shape
        return height * width

    @cached_property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits (a CRC-32) that change with any pixel or label."""
        checksum = zlib.crc32(repr((self.train_images.shape, self.test_images.shape)).encode())
        for images in (self.train_images, self.test_images):
            checksum = zlib.crc32(np.ascontiguousarray(images).data, checksum)
        for labels in (self.train_labels, self.test_labels):
            # "<i8": the same bytes on big-endian machines.
            checksum = zlib.crc32(np.ascontiguousarray(labels, dtype="<i8").data, checksum)
        return f"{checksum:08x}"


def join_train_and_test(
    training: LabelledImages, test: LabelledImages, *, name: str, source: str
) -> ImageData:
    """Make one data set of training and test images, if they fit together.

    The number of classes is the largest training label + 1, and at least 2. Gaps between labels
    are allowed (letters are often numbered from 1).

    Args:
        training: the training images, (N, H, W), N at least 1.
        test: the test images, (N', H, W), N' at least 1.
        name: the data set's name, unless its pixels turn out to be those of MNIST.
        source: where it came from, for errors.

    Raises:
        DataError: there are no images, their sizes differ, or labels are out of range.
    """
    for part, words in ((training, "training"), (test, "test")):
        if len(part) == 0:
            raise DataError(f"{source}: it contains no {words} image.")
        if int(part.labels.min()) < 0:
            raise DataError(f"{source}: a {words} label is {part.labels.min()}; labels start at 0.")
    if training.images.shape[1:] != test.images.shape[1:]:
        raise DataError(
            f"{source}: training images are {_sides(training)} pixels and test images "
            f"{_sides(test)}; both must have the same size. Do the files belong together?"
        )
    _refuse_stray_labels(training.labels, source)
    classes = max(2, int(training.labels.max()) + 1)
    if classes > _MAX_CLASSES:
        raise DataError(
            f"{source}: a training label is {classes - 1}; the largest allowed label is "
            f"{_MAX_CLASSES - 1:,}."
        )
    if int(test.labels.max()) >= classes:
        raise DataError(
            f"{source}: a test label is {test.labels.max()}, but the training labels "
            f"go from 0 to {classes - 1}. Do the files belong together?"
        )
    data = ImageData(
        training.images, training.labels, test.images, test.labels, name, source, classes
    )
    return replace(data, name="MNIST") if data.fingerprint == MNIST_FINGERPRINT else data


def _sides(part: LabelledImages) -> str:
    height, width = part.images.shape[1:]
    return f"{height} x {width}"


def _refuse_stray_labels(labels: NDArray[np.int64], source: str) -> None:
    """Raise if one label is far above all others: a damaged byte could turn 10 classes into 200.

    "Far" means a gap of more than ten and of more than the number of classes, so that data of only
    zeros and nines, or letters numbered from 1, are accepted.
    """
    present = np.unique(labels)
    gaps = np.diff(present, prepend=-1)
    widest = int(gaps.argmax())
    if gaps[widest] > max(_FAR, len(present)):
        below = f"the next lower is {present[widest - 1]}" if widest else "it is the lowest"
        raise DataError(
            f"{source}: training label {present[widest]} is far from all others ({below}). "
            "Labels start at 0, with one number per class."
        )
