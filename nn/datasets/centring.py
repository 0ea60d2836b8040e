"""The last step in preparing every MNIST image: its centre of mass is moved to the middle.

The middle of 28 pixels, numbered from 0, is pixel 14: in each of the 60,000 training images the
centre of mass is within half a pixel of (14, 14). Any other image for a network that was trained on
MNIST must be prepared in the same way.
"""

import numpy as np
from numpy.typing import NDArray


def centre_by_mass(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Move each image by whole pixels until its centre of mass is nearest the middle.

    Args:
        images: uint8, (N, H, W), each with at least one pixel that is not 0.

    Returns:
        The moved images, uint8, (N, H, W); pixels moved in are 0, pixels moved out are lost.
    """
    count, height, width = images.shape
    ink = images.astype(np.int64)
    mass = ink.sum(axis=(1, 2))
    down = _offset(ink.sum(axis=2), mass)
    right = _offset(ink.sum(axis=1), mass)
    padded = np.pad(images, ((0, 0), (height, height), (width, width)))
    rows = np.arange(height, 2 * height) + down[:, None]
    columns = np.arange(width, 2 * width) + right[:, None]
    moved: NDArray[np.uint8] = padded[
        np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]
    ]
    return moved


def _offset(profile: NDArray[np.int64], mass: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return by how many whole pixels the centre of mass of each profile is beyond the middle."""
    length = profile.shape[1]
    offset: NDArray[np.int64] = np.rint(profile @ np.arange(length) / mass - length // 2).astype(
        np.int64
    )
    return offset
