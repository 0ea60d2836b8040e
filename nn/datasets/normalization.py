"""Normalization: pixels are scaled to small numbers, from which a network learns well.

A network trained on inputs of one scale gives wrong answers for inputs of another. So the two
numbers are computed once, on the training images, saved with the weights, and applied to every
image.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.errors import SettingError

_ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Normalization:
    """x = (pixel - subtract) / divide, in float32.

    Exactly: ``(float32(pixel) - float32(subtract)) / float32(divide)``, each step rounded to
    float32. Every pixel is computed independently, so a row is the same in every batch.

    Attributes:
        subtract: 0 or the mean pixel, from 0 to 255; a float32 number.
        divide: 255 or the pixels' standard deviation, above 0; a float32 number.
    """

    subtract: float
    divide: float

    def apply(
        self, images: NDArray[np.number], out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Normalize images into rows.

        Args:
            images: pixels from 0 to 255, (N, H, W) or already (N, D).
            out: the array for the result, float32, (N, D); a new array if None.

        Returns:
            The rows, float32, (N, D): `out` itself if it was given.
        """
        rows = images.reshape(len(images), -1)
        result = np.empty(rows.shape, dtype=np.float32) if out is None else out
        np.subtract(rows, np.float32(self.subtract), out=result, dtype=np.float32)
        np.divide(result, np.float32(self.divide), out=result)
        return result


def fit_normalization(kind: str, training_images: NDArray[np.uint8]) -> Normalization:
    """Compute the two numbers.

    "simple" is pixel / 255, from 0 to 1. "normal" subtracts the mean of all pixels of the training
    images and divides by their standard deviation, so that the mean becomes 0 and the deviation 1.
    If all pixels are equal, the deviation is 0, and they are divided by 1 instead.

    Args:
        kind: "simple" or "normal".
        training_images: the training part alone, uint8, (N, H, W).

    Raises:
        SettingError: another `kind`.
    """
    if kind == "simple":
        return Normalization(0.0, 255.0)
    if kind != "normal":
        raise SettingError(f"normalization: got {kind!r}, expected simple or normal.")
    # Counting each of the 256 greys gives exact sums for any number of images.
    counts = np.zeros(256, dtype=np.int64)
    for start in range(0, len(training_images), _ROWS_AT_ONCE):
        counts += np.bincount(
            training_images[start : start + _ROWS_AT_ONCE].reshape(-1), minlength=256
        )
    greys = np.arange(256)
    total = int(counts.sum())
    mean = int(counts @ greys) / total
    deviation = float(np.sqrt(counts @ (greys - mean) ** 2 / total))
    return Normalization(float(np.float32(mean)), float(np.float32(deviation)) or 1.0)
