"""The split into training, validation and test images.

A network is tested on images that had no influence on it. The validation images guide the work
(when to stop, which learning rate); the test images are used once, at the end.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.datasets.images import ImageData, LabelledImages
from nn.errors import DataError, SettingError

# For MNIST: 4,000 of the 10,000 test images join the 60,000 training images, and 6,000 of these
# 64,000 are for validation. Data of another size are split in the same proportions.
_POOLED_TEST_PART = 0.4
_POOL_VALIDATION_PART = 6_000 / 64_000


@dataclass(frozen=True)
class Split:
    """The three parts of a data set; no image is in two of them."""

    training: LabelledImages
    validation: LabelledImages
    test: LabelledImages


def split_images(
    data: ImageData,
    split: str = "seed",
    *,
    validation_size: float = 10_000,
    test_size: float = 0.2,
    shuffle: bool = True,
    rng: np.random.Generator,
) -> Split:
    """Split a data set into training, validation and test images.

    "seed": the training file and the first 40 % of the test file are pooled; 6/64 of the pool
    are for validation, the rest for training, and the last 60 % of the test file are the test set.
    For MNIST these are 58,000, 6,000 and 6,000. "official": `validation_size` of the training file
    is for validation, the rest for training, and the test file is the test set.

    Files without test images: `test_size` of their images become the test set, under either split.
    Files with validation images of their own: these are the validation set, and no others. Pictures
    for testing all remain the test set: they are in the order of their classes, so that the first
    40 % would be whole classes.

    With shuffling the validation images are chosen at random; without it they are the last ones.
    Within each part, images keep the order of their files: batches are shuffled every epoch
    anyway, and contiguous rows are copied faster than scattered ones.

    Args:
        data: the data set.
        split: "seed" or "official".
        validation_size: "official" only: a number of images from 1, or a fraction below 1 of the
            training file.
        test_size: only without test images: a number of images from 1, or a fraction below 1.
        shuffle: choose the validation images at random.
        rng: the random stream of the split, used for shuffling only.

    Raises:
        SettingError: another `split`, or a `validation_size` that leaves nothing to train on.
        DataError: too few images to split.
    """
    if split not in ("seed", "official"):
        raise SettingError(f"split: got {split!r}, expected seed or official.")
    pooled = 0
    if split == "seed" and data.test and not data.validation and data.dataset != "pictures":
        pooled = round(len(data.test) * _POOLED_TEST_PART)
    count = len(data.training) + pooled
    least = 1 + (data.validation is None) + (data.test is None)
    if count < least or (data.test and pooled == len(data.test)):
        raise DataError(
            f"{data.source}: {len(data.training)} training and {len(data.test or ())} test images "
            "are too few to split into training, validation and test images."
        )
    testing = 0 if data.test else _size_of("test_size", test_size, count)
    if data.validation:
        validating = 0
    elif split == "official":
        validating = _size_of("validation_size", validation_size, count - testing)
    else:
        validating = max(1, round((count - testing) * _POOL_VALIDATION_PART))

    order = rng.permutation(count) if shuffle else np.arange(count, dtype=np.int64)
    extra = _slice(data.test, 0, pooled) if data.test else _slice(data.training, 0, 0)

    def chosen(start: int, stop: int) -> LabelledImages:
        return _choose(data.training, extra, np.sort(order[start:stop]))

    learning = count - testing - validating
    return Split(
        training=chosen(0, learning),
        validation=data.validation or chosen(learning, learning + validating),
        test=_slice(data.test, pooled, len(data.test))
        if data.test
        else chosen(count - testing, count),
    )


def _size_of(name: str, wanted: float, count: int) -> int:
    """Return how many of `count` images a setting asks for; at least one image is left."""
    exact = wanted * count if wanted < 1 else wanted
    size = round(exact) if 0 < exact < count else 0
    if not 0 < size < count:
        raise SettingError(
            f"{name}: got {wanted:.9g}, but there are {count:,} training images "
            f"to split; expected a number from 1 to {count - 1:,}, or a fraction such as 0.2."
        )
    return size


def _slice(part: LabelledImages, start: int, stop: int) -> LabelledImages:
    return LabelledImages(part.images[start:stop], part.labels[start:stop])


def _choose(
    first: LabelledImages, second: LabelledImages, rows: NDArray[np.int64]
) -> LabelledImages:
    """Return the given rows (ascending) of `first` followed by `second`.

    The two are not joined, which would copy all images. Rows without a gap are not copied at all.
    """
    in_first = int(np.searchsorted(rows, len(first)))
    if in_first == len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return _slice(first, int(rows[0]), int(rows[-1]) + 1)
    images = np.empty((len(rows), *first.images.shape[1:]), dtype=np.uint8)
    labels = np.empty(len(rows), dtype=np.int64)
    for part, chosen, place in (
        (first, rows[:in_first], slice(0, in_first)),
        (second, rows[in_first:] - len(first), slice(in_first, None)),
    ):
        # mode="clip" lets take() write directly into `out`; no row is out of range or clipped.
        np.take(part.images, chosen, axis=0, out=images[place], mode="clip")
        np.take(part.labels, chosen, out=labels[place], mode="clip")
    return LabelledImages(images, labels)
