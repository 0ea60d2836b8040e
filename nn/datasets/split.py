"""Which images a network learns from, which choose its settings, and which judge it in the end.

A network is judged on images that took no part in making it. Those that steer the work (when to
stop, which learning rate) are the validation images; the test images are opened once, at the end.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.datasets.images import ImageData, LabelledImages
from nn.errors import DataError, SettingError

# Of MNIST: 4,000 of the 10,000 test images join the 60,000 training images, and 6,000 of these
# 64,000 validate. Data of another size are divided in the same proportions.
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
    shuffle: bool = True,
    rng: np.random.Generator,
) -> Split:
    """Divide a data set into training, validation and test images.

    "seed": the training file and the first 40 % of the test file are pooled; 6/64 of the pool
    validates, the rest trains, and the last 60 % of the test file is the test set. Of MNIST these
    are 58,000, 6,000 and 6,000. "official": `validation_size` of the training file validates,
    the rest trains, and the test file is the test set.

    Shuffling decides by lot which images validate; without it these are the last ones. Within
    each part images stay in the order of their files: batches are drawn anew every epoch anyway,
    and whole runs of rows are copied faster than scattered ones.

    Args:
        data: the data set.
        split: "seed" or "official".
        validation_size: "official" only: a number of images from 1, or a fraction below 1 of the
            training file.
        shuffle: choose the validation images by lot.
        rng: the random stream of the split, used only to shuffle.

    Raises:
        SettingError: another `split`, or a `validation_size` that leaves nothing to train on.
        DataError: too few images to divide.
    """
    files = LabelledImages(data.train_images, data.train_labels)
    test_file = LabelledImages(data.test_images, data.test_labels)
    if split == "seed":
        pooled = round(len(test_file) * _POOLED_TEST_PART)
        count = len(files) + pooled
    elif split == "official":
        pooled, count = 0, len(files)
    else:
        raise SettingError(f"split: got {split!r}, expected seed or official.")
    if count < 2 or pooled == len(test_file):
        raise DataError(
            f"{data.source}: {len(files)} training and {len(test_file)} test images are too few "
            "to divide into training, validation and test images."
        )
    if split == "official":
        validating = _official_validation(validation_size, count)
    else:
        validating = max(1, round(count * _POOL_VALIDATION_PART))

    order = rng.permutation(count) if shuffle else np.arange(count, dtype=np.int64)
    extra = _slice(test_file, 0, pooled)
    return Split(
        training=_choose(files, extra, np.sort(order[: count - validating])),
        validation=_choose(files, extra, np.sort(order[count - validating :])),
        test=_slice(test_file, pooled, len(test_file)),
    )


def _official_validation(validation_size: float, count: int) -> int:
    wanted = validation_size * count if validation_size < 1 else validation_size
    size = round(wanted) if 0 < wanted < count else 0
    if not 0 < size < count:
        raise SettingError(
            f"validation_size: got {validation_size:.9g}, but there are {count:,} training images "
            f"to divide; give a number from 1 to {count - 1:,}, or a fraction such as 0.2."
        )
    return size


def _slice(part: LabelledImages, start: int, stop: int) -> LabelledImages:
    return LabelledImages(part.images[start:stop], part.labels[start:stop])


def _choose(
    first: LabelledImages, second: LabelledImages, rows: NDArray[np.int64]
) -> LabelledImages:
    """Return the given rows (ascending) of `first` followed by `second`, without joining them.

    Joining would hold all 64,000 images a second time. Rows without a gap are not copied at all.
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
        # mode="clip" lets take() write straight into `out`; no row is outside, so none is clipped.
        np.take(part.images, chosen, axis=0, out=images[place], mode="clip")
        np.take(part.labels, chosen, out=labels[place], mode="clip")
    return LabelledImages(images, labels)
