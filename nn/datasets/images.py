"""Labelled pictures as arrays: what every data format becomes before the rest sees it.

A format is read once, at the door. Behind it there are only whole-number pixels from 0 to 255 and
whole-number labels from 0 to K - 1, so that nothing further in asks where a picture came from.
"""

import zlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nn.errors import DataError

MNIST_FINGERPRINT = "c8cf7763"
"""The fingerprint of MNIST's 70,000 images and labels, in whichever format they came."""

_FAR_OFF = 10
# More than the 3,755 characters of the largest sets of Chinese handwriting; a confusion matrix
# has the square of it.
_MOST_CLASSES = 4096


@dataclass(frozen=True)
class LabelledImages:
    """Images and their labels, one label an image.

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
    """A whole data set: the images to learn from and those to be tested on.

    Attributes:
        train_images: the training file's images, uint8, shape (N, H, W).
        train_labels: their classes, int64, shape (N,).
        test_images: the test file's images, uint8, shape (N', H, W).
        test_labels: their classes, int64, shape (N',).
        name: what the data are called on screen and on pictures, "MNIST" for one.
        source: where they came from, to put in a sentence: "four IDX files in data/".
        classes: K, the number of classes.
        dataset: the value of the setting `dataset` that brings these images again.
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
        """D = H W, the numbers a network without convolutions is given for one image."""
        height, width = self.image_shape
        return height * width

    @cached_property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits (a CRC-32) that change when any pixel or label does."""
        checksum = zlib.crc32(repr((self.train_images.shape, self.test_images.shape)).encode())
        for images in (self.train_images, self.test_images):
            checksum = zlib.crc32(np.ascontiguousarray(images).data, checksum)
        for labels in (self.train_labels, self.test_labels):
            # "<i8": the same bytes on a machine that counts them from the other end.
            checksum = zlib.crc32(np.ascontiguousarray(labels, dtype="<i8").data, checksum)
        return f"{checksum:08x}"


def join_train_and_test(
    training: LabelledImages, test: LabelledImages, *, name: str, source: str
) -> ImageData:
    """Make one data set of the training and the test images, if they belong together.

    The number of classes is the training images' largest label + 1, and at least 2. Labels that
    do not occur are allowed between others (letters are often numbered from 1).

    Args:
        training: the images to learn from, (N, H, W), N at least 1.
        test: the images to be tested on, (N', H, W), N' at least 1.
        name: what the data are called unless they turn out to be MNIST's very pixels.
        source: where they came from; the errors name it.

    Raises:
        DataError: no images, other sizes in training and test, or labels outside the classes.
    """
    for part, words in ((training, "training"), (test, "test")):
        if len(part) == 0:
            raise DataError(f"{source}: there is not one {words} image in it.")
        if int(part.labels.min()) < 0:
            raise DataError(
                f"{source}: a {words} label is {part.labels.min()}; labels count up from 0."
            )
    if training.images.shape[1:] != test.images.shape[1:]:
        raise DataError(
            f"{source}: training images are {_sides(training)} pixels and test images "
            f"{_sides(test)}; both must be the same size. Do the files belong together?"
        )
    _refuse_stray_labels(training.labels, source)
    classes = max(2, int(training.labels.max()) + 1)
    if classes > _MOST_CLASSES:
        raise DataError(
            f"{source}: a training label is {classes - 1}; labels up to {_MOST_CLASSES - 1:,} are "
            "taken."
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
    """Raise if one label lies far above all others: a damaged byte would make 200 classes of 10.

    "Far" is more than ten numbers and more than there are classes, so that zeros against nines,
    or letters numbered from 1, pass.
    """
    present = np.unique(labels)
    gaps = np.diff(present, prepend=-1)
    widest = int(gaps.argmax())
    if gaps[widest] > max(_FAR_OFF, len(present)):
        below = f"{present[widest - 1]} is the next below" if widest else "no label is below"
        raise DataError(
            f"{source}: training label {present[widest]} lies outside the classes ({below}). "
            "Labels count up from 0, one number a class."
        )
