"""Labelled images as arrays, the same for every data format.

Each reader returns whole-number pixels from 0 to 255 and whole-number labels from 0 to K - 1, so
that nothing else depends on the format.
"""

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.datasets.class_names import name_of
from nn.errors import DataError
from nn.files.regular_file import printable

MNIST_FINGERPRINT = "c8cf7763"
"""The fingerprint of MNIST's 70,000 images and labels, whatever their format."""
FASHION_FINGERPRINT = "7287a272"
"""That of Fashion-MNIST's 70,000 images and labels."""
FASHION_NAMES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)

_FAR = 10
_DIM = 128  # pixels of fewer shades than this do not use the range of a byte
# More than the 3,755 characters of the largest sets of Chinese handwriting; a confusion matrix has
# the square of this number of cells.
_MAX_CLASSES = 4096


@dataclass(frozen=True)
class LabelledImages:
    """Images and their labels, one label per image.

    Attributes:
        images: pixels from 0 (background) to 255 (ink), uint8, shape (N, H, W); in colour
            (N, 3, H, W), red, green and blue.
        labels: classes from 0 to K - 1, int64, shape (N,).
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class ImageData:
    """A complete data set, in the parts that its files have.

    Attributes:
        training: the training images.
        test: the test images, of the same size; None if the files have none, so that some of the
            training images are used.
        name: the data set's name on screen and on pictures, for example "MNIST".
        source: where it came from, in words: "four IDX files in data/".
        classes: K, the number of classes.
        dataset: the value of the setting `dataset` that loads these images again.
        validation: the validation images; None if the files have none.
        class_names: the K names of the classes; empty if they have none but their numbers.
        remarks: sentences about what a user may not expect in these images.
    """

    training: LabelledImages
    test: LabelledImages | None
    name: str
    source: str
    classes: int
    dataset: str = "mnist"
    validation: LabelledImages | None = None
    class_names: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Height and width of an image in pixels, (H, W); in colour (3, H, W)."""
        return self.training.images.shape[1:]

    @property
    def features(self) -> int:
        """D = H W or 3 H W, the number of inputs for one image."""
        return math.prod(self.image_shape)

    @cached_property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits (a CRC-32) that change with any pixel or label."""
        parts = [part for part in (self.training, self.validation, self.test) if part is not None]
        checksum = zlib.crc32(repr(tuple(part.images.shape for part in parts)).encode())
        for part in parts:
            checksum = zlib.crc32(np.ascontiguousarray(part.images).data, checksum)
        for part in parts:
            # "<i8": the same bytes on big-endian machines.
            checksum = zlib.crc32(np.ascontiguousarray(part.labels, dtype="<i8").data, checksum)
        return f"{checksum:08x}"


def are_one_hot(rows: NDArray[Any]) -> bool:
    """Return whether each row (N, K) is a label: a 1 in the column of its class, and zeros."""
    return bool(((rows == 0) | (rows == 1)).all() and ((rows == 1).sum(axis=1) == 1).all())


def describe_size(image_shape: tuple[int, ...]) -> str:
    """Return the size of images, (H, W) or (3, H, W), in words."""
    height, width = image_shape[-2:]
    return f"{height} x {width} pixels" + (" in colour" if len(image_shape) == 3 else "")


def join_parts(
    parts: Mapping[str, LabelledImages],
    *,
    name: str,
    source: str,
    class_names: Sequence[str] = (),
    dataset: str = "mnist",
) -> ImageData:
    """Make one data set of its parts, if they fit together.

    The number of classes is the largest training label + 1, and at least 2. Gaps between labels
    are allowed. Labels from 1 to 10 or more without a gap, as letters often have, are lowered by 1,
    and the classes keep the numbers as their names. Pixels that use less than half of 0 to 255 in
    all images are stretched to 0 to 255, since everything after this expects that range; pictures
    are left as they are.

    Args:
        parts: "training", and perhaps "validation" and "test", each with its images, at least 1.
        name: the data set's name, unless its pixels turn out to be those of a known one.
        source: where it came from, for errors.
        class_names: the name of each label, from label 0 on; empty if there are none.
        dataset: the value of the setting `dataset` that loads these images again.

    Raises:
        DataError: there are no images, their sizes differ, or labels are out of range.
    """
    training, present = parts["training"], dict(parts)
    for words, part in present.items():
        _check_part(part, training, words, source)
    lowest = min(int(part.labels.min()) for part in present.values())
    highest = int(training.labels.max())
    # Labels up to 9 without names may be digits of which none is a 0.
    may_be_letters = bool(class_names) or highest > 9
    if lowest == 1 and may_be_letters and len(np.unique(training.labels)) == highest:
        present = {
            words: LabelledImages(part.images, part.labels - 1) for words, part in present.items()
        }
        numbers = [str(number) for number in range(1, highest + 1)]
        class_names = list(class_names[1:]) or numbers
    _refuse_stray_labels(present["training"].labels, source)
    classes = max(2, int(present["training"].labels.max()) + 1, len(class_names))
    if classes > _MAX_CLASSES:
        raise DataError(
            f"{source}: a training label is {classes - 1}; the largest allowed label is "
            f"{_MAX_CLASSES - 1:,}."
        )
    for words in ("validation", "test"):
        if words in present and int(present[words].labels.max()) >= classes:
            raise DataError(
                f"{source}: a {words} label is {present[words].labels.max()}, but the training "
                f"labels go from 0 to {classes - 1}. Do the files belong together?"
            )
    # A single picture for predict.py cannot be stretched like those of its training.
    present, remarks = (present, []) if dataset == "pictures" else stretch(present)
    if len(np.unique(training.labels)) == 1:
        remarks.append(
            f"All {len(training):,} training images have the same label, "
            f"{name_of(training.labels[0], class_names)}: "
            "there is nothing to learn. Are the labels somewhere else in these files?"
        )
    data = ImageData(
        present["training"],
        present.get("test"),
        name,
        source,
        classes,
        dataset,
        validation=present.get("validation"),
        class_names=_names_of(classes, class_names),
        remarks=tuple(remarks),
    )
    return _known(data)


def _known(data: ImageData) -> ImageData:
    """Return the data under their own name if they are a set that many people use."""
    if data.fingerprint == MNIST_FINGERPRINT:
        return replace(data, name="MNIST")
    if data.fingerprint == FASHION_FINGERPRINT:
        return replace(data, name="Fashion-MNIST", class_names=FASHION_NAMES)
    return data


def _names_of(classes: int, given: Sequence[str]) -> tuple[str, ...]:
    """Return a printable name for each class, its number where it has none; or no names at all."""
    names = [*given[:classes], *map(str, range(len(given), classes))]
    return tuple(printable(name) for name in names) if given else ()


def _check_part(part: LabelledImages, training: LabelledImages, words: str, source: str) -> None:
    if len(part) == 0:
        raise DataError(f"{source}: it contains no {words} image.")
    if int(part.labels.min()) < 0:
        raise DataError(f"{source}: a {words} label is {part.labels.min()}; labels start at 0.")
    if part.images.shape[1:] != training.images.shape[1:]:
        raise DataError(
            f"{source}: training images are {_sides(training)} and {words} images "
            f"{_sides(part)}; both must have the same size. Do the files belong together?"
        )


def stretch(
    parts: dict[str, LabelledImages],
) -> tuple[dict[str, LabelledImages], list[str]]:
    """Return parts whose pixels go from 0 to 255, and what is to be said about that."""
    largest = max(int(part.images.max()) for part in parts.values())
    if not 0 < largest < _DIM:
        return parts, []
    stretch = np.rint(np.arange(256) * (255 / largest)).clip(0, 255).astype(np.uint8)
    bright = {
        words: LabelledImages(stretch[part.images], part.labels) for words, part in parts.items()
    }
    return bright, [
        f"Pixels go from 0 to {largest} in these files; they are stretched to 0 to 255."
    ]


def _sides(part: LabelledImages) -> str:
    return describe_size(part.images.shape[1:])


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
