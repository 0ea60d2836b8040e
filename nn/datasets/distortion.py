"""Random distortions: more handwriting than anyone has written.

A seven that is turned a little, stretched, slanted or drawn by a shakier hand is still a seven,
but a network of dense layers cannot know that: to it every pixel is a number like any other. It
has to see such sevens. So every training image is distorted anew in every epoch, and no image is
ever seen twice. Images that a network is judged by are never distorted.

A distortion says for every pixel from which place of the original it takes its grey. The places
are sums of a few smooth fields: a constant field shifts the image; fields that grow along the rows
and along the columns turn, stretch and slant it; waves bend it here one way and there another.
Each image draws how much of each field it gets, so that the places of many images are one matrix
product.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.errors import SettingError

# Pixels that are worked on at a time: few enough for all arrays to stay in the processor's cache.
_PIXELS_AT_ONCE = 2**17
# Waves with less than this share of the strongest one's variance are too weak to be seen.
_WEAKEST_WAVE = 1e-3

_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Reach:
    """How far distortions go, at most or (`bend`) usually, to either side.

    Attributes:
        angle: turning, in degrees.
        stretch: of height and of width, each by itself, as a share of them.
        slant: sideways, in pixels a row.
        shift: of the whole image, as a share of its side.
        bend: the standard deviation of every pixel's own displacement, as a share of the side.
        smoothness: about how far off other pixels move alike, as a share of the side: the
            standard deviation of the Gaussian that smooths the displacements.
    """

    angle: float
    stretch: float
    slant: float
    shift: float
    bend: float = 0.0
    smoothness: float = 1.0


DISTORTIONS = {
    "affine": Reach(angle=15, stretch=0.15, slant=0.2, shift=2 / 28),
    "elastic": Reach(
        angle=8, stretch=0.1, slant=0.1, shift=1 / 28, bend=1.2 / 28, smoothness=5 / 28
    ),
}
"""The kinds of distortion by name. Where a reach is written as so many 28ths, those are pixels of
an MNIST image. The elastic one was chosen on validation images; stronger ones learn more slowly."""


class Distortion:
    """Distorts images, every time in another way.

    Args:
        kind: "affine" (turn, stretch, slant, shift) or "elastic" (the same, less of it, and bend).
        image_shape: height and width of the images, (H, W).
        rng: the random stream of the distortions, used by nothing else.

    Raises:
        SettingError: another `kind`.

    Reference: Simard, Steinkraus, Platt (2003), Best Practices for Convolutional Neural Networks
    Applied to Visual Document Analysis, section 2. Their elastic fields are noise smoothed by a
    Gaussian of 4 pixels and multiplied by 34, which moves a pixel by 1.4 pixels (one standard
    deviation).
    """

    def __init__(
        self, kind: str, image_shape: tuple[int, int], *, rng: np.random.Generator
    ) -> None:
        if kind not in DISTORTIONS:
            names = " or ".join(DISTORTIONS)
            raise SettingError(f"distortion: got {kind!r}, expected {names}.")
        self._reach = DISTORTIONS[kind]
        self._shape = image_shape
        self._rng = rng
        self._fields = _fields(image_shape, self._reach)
        height, width = image_shape
        self._images_at_once = max(1, _PIXELS_AT_ONCE // (height * width))
        # A frame of background: one pixel before the image, two behind it, so that a place on
        # the frame has a next pixel as well.
        self._padded = np.zeros((self._images_at_once, height + 3, width + 3), dtype=np.uint8)

    def apply(
        self, images: NDArray[np.uint8], out: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Distort each image in a way of its own.

        Args:
            images: pixels from 0 (background) to 255, uint8, (M, H, W) or already (M, D).
            out: where to put the result, uint8, shaped like `images`, contiguous; may be `images`
                itself; a new array if None.

        Returns:
            The distorted images: `out` itself if it was given.
        """
        result = np.empty(images.shape, dtype=np.uint8) if out is None else out
        originals = images.reshape(-1, *self._shape)
        distorted = result.reshape(len(originals), -1)
        for start in range(0, len(originals), self._images_at_once):
            block = slice(start, start + self._images_at_once)
            self._distort(originals[block], distorted[block])
        return result

    def _distort(self, images: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
        height, width = self._shape
        padded = self._padded[: len(images)]
        padded[:, 1:-2, 1:-2] = images
        in_rows, in_columns = self._draw(len(images))
        rows, columns = in_rows @ self._fields, in_columns @ self._fields
        np.clip(rows, 0, height + 1, out=rows)
        np.clip(columns, 0, width + 1, out=columns)
        out[:] = _look_up(padded, rows, columns)

    def _draw(self, count: int) -> tuple[_Floats, _Floats]:
        """Draw how much of each field the images get.

        The affine part maps a pixel at (y, x) from the image's centre to
        ``centre + shift + turn @ slant @ stretch @ (y, x)``.

        Returns:
            The fields' shares in the row and in the column that a pixel's grey is taken from, in
            padded images, two arrays (count, F).
        """
        reach, rng = self._reach, self._rng
        chance = rng.uniform(-1, 1, (6, count)).astype(np.float32)
        angle = np.deg2rad(reach.angle) * chance[0]
        cosine, sine = np.cos(angle), np.sin(angle)
        taller, wider = 1 + reach.stretch * chance[1:3]
        slant = reach.slant * chance[3]
        shift = reach.shift * min(self._shape) * chance[4:6]

        shares = rng.standard_normal((2, count, len(self._fields)), dtype=np.float32)
        for axis, (size, along_rows, along_columns) in enumerate(
            (
                (self._shape[0], (cosine - sine * slant) * taller, -sine * wider),
                (self._shape[1], (sine + cosine * slant) * taller, cosine * wider),
            )
        ):
            centre = 1 + (size - 1) / 2  # 1 for the frame
            shares[axis, :, :3] = np.stack([centre + shift[axis], along_rows, along_columns], 1)
        return shares[0], shares[1]


def _fields(image_shape: tuple[int, int], reach: Reach) -> _Floats:
    """Return the fields that every distortion is a sum of, (F, H * W).

    The first three are 1, the row and the column, both counted from the centre. The others are
    the waves that bend: with a standard normal share of each, every pixel moves by a standard
    deviation of `reach.bend`.
    """
    side = min(image_shape)
    rows, columns = (np.arange(size) - (size - 1) / 2 for size in image_shape)
    down, across = np.meshgrid(rows, columns, indexing="ij")
    fields = [np.ones_like(down)[np.newaxis], down[np.newaxis], across[np.newaxis]]
    if reach.bend:
        vertical, horizontal = (
            _waves(size, smoothness=reach.smoothness * side) for size in image_shape
        )
        waves = np.einsum("iy,jx->ijyx", vertical, horizontal).reshape(-1, *image_shape)
        fields.append(reach.bend * side * waves)
    return np.concatenate(fields).reshape(-1, down.size).astype(np.float32)


def _waves(size: int, *, smoothness: float) -> NDArray[np.float64]:
    """Return waves whose random sums are noise smoothed by a Gaussian, (F, size).

    Noise smoothed by a Gaussian of standard deviation s has, d pixels apart, the correlation
    exp(-d^2 / (4 s^2)). The eigenvectors of the matrix of all correlations, as long as the root
    of their eigenvalues, are few waves from which independent standard normal shares make such
    noise. Smoothing itself would take a random number a pixel, and most of the time.
    """
    place = np.arange(size)
    correlation = np.exp(-((place[:, np.newaxis] - place) ** 2) / (4 * smoothness**2))
    variances, waves = np.linalg.eigh(correlation)
    strong = variances > _WEAKEST_WAVE * variances[-1]
    return np.asarray((waves[:, strong] * np.sqrt(variances[strong])).T)


def _look_up(padded: NDArray[np.uint8], rows: _Floats, columns: _Floats) -> _Floats:
    """Return the greys at places between pixels, by bilinear interpolation, plus one half.

    The half makes rounding of the cut that turns them into whole numbers.

    Args:
        padded: images with their frame, (M, H + 3, W + 3).
        rows: vertical places, from 0 to H + 1, (M, D); used up.
        columns: horizontal places, from 0 to W + 1, (M, D); used up.

    Returns:
        The greys + 0.5, (M, D).
    """
    images, height, width = padded.shape
    row, column = rows.astype(np.int64), columns.astype(np.int64)
    rows -= row
    columns -= column
    pixel = row
    pixel *= width
    pixel += column
    pixel += (np.arange(images) * (height * width))[:, np.newaxis]

    pixels = padded.reshape(-1)
    greys = _between(pixels, pixel, columns)
    below = _between(pixels[width:], pixel, columns)
    below -= greys
    below *= rows
    greys += below
    greys += 0.5
    return greys


def _between(pixels: NDArray[np.uint8], pixel: NDArray[np.int64], part: _Floats) -> _Floats:
    """Return the greys `part` of the way from each pixel to the next one on its right."""
    left, right = pixels[pixel], pixels[1:][pixel]
    greys = np.subtract(right, left, dtype=np.float32)
    greys *= part
    greys += left
    return greys
