"""How the ink of a data set's images lies in their frame, and other ink placed likewise.

A network sees nothing but pixels: a digit of another size, or beside its usual place, is not what
it has learned. MNIST's digits fit into 20 of 28 pixels, with their centre of mass in the middle;
those of USPS touch all four sides. So this is measured on the images that a network is trained on,
and a picture of your own is placed like them.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.datasets.centring import centre_by_mass
from nn.datasets.pixels import grey

LEAST_INK = 0.3
"""Fainter pixels are ignored when the digit's edges are found."""

_SAMPLE = 2_000  # images measured; more would change nothing
_AT_ONCE = 100  # of these: few enough for the processor's cache
_NARROWEST = 5  # percent of the images: scaled in proportion, many ones would be among them
_THICKEST = 95  # percent of the images
_STRETCHED = 0.8  # of both sides filled even by the narrowest digits

Ink = NDArray[np.float32]


@dataclass(frozen=True)
class Framing:
    """The place of ink in images, as saved in `framing.csv`.

    Attributes:
        ink_height: Rows, in pixels, that ink fills at most.
        ink_width: Columns, in pixels, that ink fills at most.
        stretched: 1 if ink fills both sides, 0 if it keeps its proportions.
        by_mass: 1 if its centre of mass is in the middle, 0 if its bounding box is.
        thickness: Of strokes, in pixels, at most; 0 for any, as in runs of earlier versions.
    """

    ink_height: float
    ink_width: float
    stretched: int
    by_mass: int
    thickness: float = 0.0

    @classmethod
    def like_mnist(cls, image_shape: tuple[int, int]) -> "Framing":
        """Return that of MNIST, for images of any shape (H, W), and strokes of any thickness."""
        height, width = image_shape
        return cls(height * 20 / 28, width * 20 / 28, 0, 1)


def measure_framing(images: NDArray[np.uint8]) -> Framing:
    """Return how ink lies in images.

    Args:
        images: light ink on a dark ground, uint8, (N, H, W) or (N, 3, H, W).
    """
    sample = grey(images[:: max(1, len(images) // _SAMPLE)])
    is_ink = sample > LEAST_INK * 255
    has_ink = is_ink.any(axis=(1, 2))
    sample, is_ink = sample[has_ink], is_ink[has_ink]
    if not len(is_ink):
        return Framing.like_mnist(sample.shape[1:3])
    filled, off_by_box, off_by_mass = [], 0.0, 0.0
    for axis in (2, 1):
        lines = np.asarray(is_ink.any(axis=axis))
        length = lines.shape[1]
        first, last = lines.argmax(axis=1), length - 1 - lines[:, ::-1].argmax(axis=1)
        filled.append(last - first + 1)
        mass = is_ink.sum(axis=axis)
        off_by_box += float(np.std((first + last) / 2))
        off_by_mass += float(np.std(mass @ np.arange(length) / mass.sum(axis=1)))
    most = [np.percentile(side, 95, method="nearest") for side in filled]
    fewest = [np.percentile(side, _NARROWEST) for side in filled]
    stretched = all(few >= _STRETCHED * many for few, many in zip(fewest, most, strict=True))
    blocks = range(0, len(sample), _AT_ONCE)
    each = [_thicknesses(sample[i : i + _AT_ONCE] / np.float32(255)) for i in blocks]
    thickness = float(np.percentile(np.concatenate(each), _THICKEST))
    by_mass = off_by_mass < off_by_box
    return Framing(float(most[0]), float(most[1]), int(stretched), int(by_mass), thickness)


def place(ink: Ink, image_shape: tuple[int, int], framing: Framing) -> NDArray[np.uint8]:
    """Crop to the ink, scale it, make strokes thinner that are too thick, and place it.

    Args:
        ink: from 0 (none) to 1, more than `LEAST_INK` somewhere, float32, (H', W').
        image_shape: height and width of the result, (H, W).
        framing: the place of the ink.

    Returns:
        255 for full ink, uint8, (H, W).
    """
    cropped = _crop(ink)
    image = _scale(cropped, image_shape, framing)
    excess = _thicknesses(image[np.newaxis])[0] - framing.thickness
    if framing.thickness and excess > 0:
        ratio = max(cropped.shape) / max(framing.ink_height, framing.ink_width)
        thinned = _thin(cropped, excess * ratio)
        if (thinned > LEAST_INK).any():
            image = _scale(_crop(thinned), image_shape, framing)
    pixels = np.rint(image * 255).astype(np.uint8)
    return centre_by_mass(pixels[np.newaxis])[0] if framing.by_mass else pixels


def _crop(ink: Ink) -> Ink:
    is_ink = ink > LEAST_INK
    rows, columns = np.flatnonzero(is_ink.any(axis=1)), np.flatnonzero(is_ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _scale(cropped: Ink, image_shape: tuple[int, int], framing: Framing) -> Ink:
    """Scale ink to the size that `framing` says, in the middle of an image, 0 to 1."""
    from PIL import Image

    scales = [framing.ink_height / cropped.shape[0], framing.ink_width / cropped.shape[1]]
    if not framing.stretched:
        scales = [min(scales)] * 2
    height, width = (
        min(side, max(1, round(length * scale)))
        for length, scale, side in zip(cropped.shape, scales, image_shape, strict=True)
    )
    resized = Image.fromarray(cropped).resize((width, height), Image.Resampling.BILINEAR)
    small = np.asarray(resized, dtype=np.float32)
    image = np.zeros(image_shape, dtype=np.float32)
    top, left = (image_shape[0] - height) // 2, (image_shape[1] - width) // 2
    image[top : top + height, left : left + width] = small
    # Scaling makes thin lines faint; restore full ink.
    image /= np.percentile(image[image > 0], 90)
    return np.clip(image, 0, 1)


def _thicknesses(images: Ink) -> NDArray[np.float64]:
    """Return the mean thickness of each image's strokes, in pixels: twice the ink by their edges.

    A bar, w pixels thick and much longer, has w pixels of ink on each pixel of its length, and two
    edges. The length of soft edges is the sum of the gradient's length.
    """
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    down, right = np.diff(padded, axis=1)[:, :, :-1], np.diff(padded, axis=2)[:, :-1]
    ink, edges = images.sum(axis=(1, 2)), np.hypot(down, right).sum(axis=(1, 2))
    thicknesses: NDArray[np.float64] = (2 * ink / edges).astype(np.float64)
    return thicknesses


def _thin(ink: Ink, pixels: float) -> Ink:
    """Make all strokes thinner by a number of pixels, which need not be whole."""
    from scipy import ndimage

    # Each pass takes a pixel off both edges; crosses and squares in turn are nearly a disc.
    for number in range(math.ceil(pixels / 2)):
        around = ndimage.generate_binary_structure(2, 1 + number % 2)
        least = ndimage.minimum_filter(ink, footprint=around, mode="constant")
        ink = ink + min(1, pixels / 2 - number) * (least - ink)
    return ink
