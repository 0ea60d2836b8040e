"""Arrays of any kind as images: bytes, (N, H, W), or (N, 3, H, W) in colour.

Arrays come as bytes or as floats from 0 to 1, as images or as rows, in grey or in colour, with the
colours first or last. Images in colour have their colours first, like the channels that enter a
convolution.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.datasets.data_file import MAX_IMAGES
from nn.errors import DataError

_AT_ONCE = 1024
# How bright red, green and blue look, in parts of 65,536.
_BRIGHTNESS = (19595, 38470, 7471)


def as_images(array: NDArray[Any], source: str, *, colour: bool = False) -> NDArray[np.uint8]:
    """Return an array as images.

    Args:
        array: (N, H, W); (N, D), D a square; or in colour, (N, H, W, C) or (N, C, H, W), with C of
            1, 3 or 4 (red, green, blue, opacity). Whole numbers from 0 to 255, truth values, or
            floats: from 0 to 1, or up to 255.
        source: where it is from, for errors.
        colour: whether to keep red, green and blue.

    Returns:
        Pixels from 0 to 255, (N, H, W), colours as greys, as bright as they look; or, if there are
        colours and they are kept, (N, 3, H, W).

    Raises:
        DataError: Its shape is not one of images, or a pixel is out of range.
    """
    shaped = _shaped(array, source)
    if not shaped.size or len(shaped) > MAX_IMAGES:
        raise DataError(f"{source}: {len(shaped):,} images; expected 1 to {MAX_IMAGES:,}.")
    lowest, highest = float(shaped.min()), float(shaped.max())
    if not (lowest >= 0 and highest <= 255):  # written so that a NaN fails, too
        raise DataError(
            f"{source}: pixels from {lowest:.6g} to {highest:.6g}; expected 0 to 255, or 0 to 1."
        )
    scale = 255 if shaped.dtype.kind == "f" and highest <= 1 else 1
    channels = (3,) if colour and shaped.ndim == 4 and shaped.shape[1] > 1 else ()
    images = np.empty((len(shaped), *channels, *shaped.shape[-2:]), np.uint8)
    for start in range(0, len(shaped), _AT_ONCE):
        part = shaped[start : start + _AT_ONCE]
        whole = np.rint(part * scale) if part.dtype.kind == "f" else part
        pixels = whole.astype(np.uint8)
        images[start : start + _AT_ONCE] = pixels[:, :3] if channels else grey(pixels)
    return images


def grey(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return images (N, C, H, W) as greys (N, H, W); images (N, H, W) are returned unchanged."""
    if images.ndim == 3:
        return images
    if images.shape[1] == 1:
        return np.ascontiguousarray(images[:, 0])
    red, green, blue = (
        images[:, channel].astype(np.uint32) * share for channel, share in enumerate(_BRIGHTNESS)
    )
    greys: NDArray[np.uint8] = ((red + green + blue + (1 << 15)) >> 16).astype(np.uint8)
    return greys


def colours_last(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return images in colour, (N, 3, H, W), as (N, H, W, 3), to be shown; greys unchanged."""
    return images if images.ndim == 3 else images.transpose(0, 2, 3, 1)


def _shaped(array: NDArray[Any], source: str) -> NDArray[Any]:
    """Return a view of shape (N, H, W) or (N, C, H, W)."""
    if array.ndim == 2:
        side = math.isqrt(array.shape[1])
        if side * side == array.shape[1]:
            square: NDArray[Any] = array.reshape(-1, side, side)
            return square
    if array.ndim == 4 and array.shape[3] in (1, 3, 4):
        colours_first: NDArray[Any] = array.transpose(0, 3, 1, 2)
        return colours_first
    if array.ndim == 4 and array.shape[1] in (1, 3, 4):
        return array
    if array.ndim == 3:
        return array
    words = " x ".join(f"{side:,}" for side in array.shape)
    raise DataError(f"{source}: an array of {words} numbers; expected images.")
