"""Random distortions of training images (data augmentation).

A seven that is rotated a little, stretched, slanted or drawn by a shaky hand is still a seven, but
a network of dense layers cannot know that: to it, every pixel is just a number. It has to see such
sevens. So every training image is distorted differently in every epoch, and no image is ever seen
twice. Validation and test images are never distorted.

A distortion tells each pixel the position in the original from which it takes its grey. The
positions are sums of a few smooth fields: a constant field shifts the image; fields that grow along
the rows and along the columns rotate, stretch and slant it; waves bend it locally. Each image draws
its own coefficient for each field, so the positions of many images are one matrix product.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.datasets.pen import change_pen
from nn.errors import SettingError

# Pixels processed at a time: few enough for all arrays to stay in the processor's cache.
_PIXELS_AT_ONCE = 2**17
# Waves with less than this fraction of the strongest wave's variance are too weak to matter.
_WEAKEST_WAVE = 1e-3

_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Reach:
    """The size of distortions in both directions: maxima, except for `bend`.

    Attributes:
        angle: rotation, in degrees.
        stretch: of height and width, independently, as a fraction of each.
        slant: sideways, in pixels per row.
        shift: of the whole image, as a fraction of its side.
        bend: the standard deviation of each pixel's own displacement, as a fraction of the side.
        smoothness: the standard deviation of the Gaussian that smooths the displacements, as a
            fraction of the side; pixels within this distance move alike.
        pens: whether stroke thickness, sharpness and contrast change as well.
        varied: whether each image is distorted by its own share of that, from nothing to all.
    """

    angle: float
    stretch: float
    slant: float
    shift: float
    bend: float = 0.0
    smoothness: float = 1.0
    pens: bool = False
    varied: bool = False


DISTORTIONS = {
    "affine": Reach(angle=15, stretch=0.15, slant=0.2, shift=2 / 28),
    "elastic": Reach(
        angle=8, stretch=0.1, slant=0.1, shift=1 / 28, bend=1.2 / 28, smoothness=5 / 28, varied=True
    ),
    "pens": Reach(
        angle=8, stretch=0.2, slant=0.2, shift=0.5 / 28, bend=0.6 / 28, smoothness=5 / 28, pens=True
    ),
}
"""The kinds of distortion by name. A value written in 28ths is in pixels of an MNIST image. The
elastic one was chosen on validation images. Networks learn more slowly with stronger ones, and
better if some images stay nearly as they are."""


class Distortion:
    """Distorts images, differently at every call.

    Args:
        kind: "affine" (rotate, stretch, slant, shift), "elastic" (the same, weaker, and bend) or
            "pens" (as elastic, more stretched and less bent, and other strokes).
        image_shape: of the images, (H, W), or (3, H, W): all colours move alike.
        rng: the random stream of the distortions, used for nothing else.

    Raises:
        SettingError: another `kind`, or "pens" for images in colour.

    Reference: Simard, Steinkraus, Platt (2003), Best Practices for Convolutional Neural Networks
    Applied to Visual Document Analysis, section 2. Their elastic fields are noise smoothed by a
    Gaussian of 4 pixels and multiplied by 34, which moves a pixel by 1.4 pixels (one standard
    deviation).
    """

    def __init__(
        self, kind: str, image_shape: tuple[int, ...], *, rng: np.random.Generator
    ) -> None:
        if kind not in DISTORTIONS:
            names = " or ".join(DISTORTIONS)
            raise SettingError(f"distortion: got {kind!r}, expected {names}.")
        if kind == "pens" and len(image_shape) == 3:
            raise SettingError(
                "distortion: pens changes ink, which images in colour have not; expected elastic, "
                "affine or none, or images without color."
            )
        self._reach = DISTORTIONS[kind]
        height, width = image_shape[-2:]
        self._shape = height, width
        self._channels = image_shape[0] if len(image_shape) == 3 else 1
        self._rng = rng
        self._fields = _fields(self._shape, self._reach)
        self._images_at_once = max(1, _PIXELS_AT_ONCE // (height * width))
        # A border of background: one pixel before the image and two after it, so that a position
        # on the border has a next pixel as well.
        self._padded = np.zeros((self._images_at_once, height + 3, width + 3), dtype=np.uint8)

    def apply(
        self, images: NDArray[np.uint8], out: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Distort each image in its own way.

        Args:
            images: pixels from 0 (background) to 255, uint8, (M, H, W), (M, 3, H, W) or already
                (M, D).
            out: the array for the result, uint8, shaped like `images`, contiguous; may be `images`
                itself; a new array if None.

        Returns:
            The distorted images: `out` itself if it was given.
        """
        result = np.empty(images.shape, dtype=np.uint8) if out is None else out
        originals = images.reshape(-1, self._channels, *self._shape)
        distorted = result.reshape(originals.shape)
        for start in range(0, len(originals), self._images_at_once):
            block = slice(start, start + self._images_at_once)
            self._distort(originals[block], distorted[block])
        return result

    def _distort(self, images: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
        height, width = self._shape
        padded = self._padded[: len(images)]
        in_rows, in_columns = self._draw(len(images))
        rows, columns = in_rows @ self._fields, in_columns @ self._fields
        np.clip(rows, 0, height + 1, out=rows)
        np.clip(columns, 0, width + 1, out=columns)
        for channel in range(self._channels):
            padded[:, 1:-2, 1:-2] = images[:, channel]
            greys = _look_up(padded, rows.copy(), columns.copy())
            out[:, channel] = greys.reshape(out[:, channel].shape)
        if self._reach.pens:
            change_pen(out[:, 0], self._rng)

    def _draw(self, count: int) -> tuple[_Floats, _Floats]:
        """Draw the coefficients of the fields for `count` images.

        The affine part maps a pixel at (y, x) from the image's centre to
        ``centre + shift + rotation @ slant @ stretch @ (y, x)``.

        Returns:
            The coefficients for the row and for the column, in the padded image, from which a
            pixel takes its grey; two arrays (count, F).
        """
        reach, rng = self._reach, self._rng
        share = rng.uniform(0, 1, count) if reach.varied else np.ones(count)
        chance = (share * rng.uniform(-1, 1, (6, count))).astype(np.float32)
        angle = np.deg2rad(reach.angle) * chance[0]
        cosine, sine = np.cos(angle), np.sin(angle)
        taller, wider = 1 + reach.stretch * chance[1:3]
        slant = reach.slant * chance[3]
        shift = reach.shift * min(self._shape) * chance[4:6]

        coefficients = rng.standard_normal((2, count, len(self._fields)), dtype=np.float32)
        coefficients *= share[:, np.newaxis]
        for axis, (size, along_rows, along_columns) in enumerate(
            (
                (self._shape[0], (cosine - sine * slant) * taller, -sine * wider),
                (self._shape[1], (sine + cosine * slant) * taller, cosine * wider),
            )
        ):
            centre = 1 + (size - 1) / 2  # 1 for the border
            coefficients[axis, :, :3] = np.stack(
                [centre + shift[axis], along_rows, along_columns], 1
            )
        return coefficients[0], coefficients[1]


def _fields(image_shape: tuple[int, int], reach: Reach) -> _Floats:
    """Return the fields of which every distortion is a weighted sum, (F, H * W).

    The first three are 1, the row and the column, both counted from the centre. The others are
    the waves that bend: with standard normal coefficients, the displacement of every pixel has a
    standard deviation of `reach.bend`.
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
    exp(-d^2 / (4 s^2)). The eigenvectors of the correlation matrix, scaled by the square roots of
    their eigenvalues, are a few waves whose sum with independent standard normal coefficients is
    such noise. Smoothing itself would need a random number for each pixel, and take most of the
    time.
    """
    position = np.arange(size)
    correlation = np.exp(-((position[:, np.newaxis] - position) ** 2) / (4 * smoothness**2))
    variances, waves = np.linalg.eigh(correlation)
    strong = variances > _WEAKEST_WAVE * variances[-1]
    return np.asarray((waves[:, strong] * np.sqrt(variances[strong])).T)


def _look_up(padded: NDArray[np.uint8], rows: _Floats, columns: _Floats) -> _Floats:
    """Return the greys at positions between pixels, by bilinear interpolation, plus one half.

    With the half, truncating to whole numbers rounds to the nearest.

    Args:
        padded: images with their border, (M, H + 3, W + 3).
        rows: vertical positions, from 0 to H + 1, (M, D); overwritten.
        columns: horizontal positions, from 0 to W + 1, (M, D); overwritten.

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
    """Return the greys at the fraction `part` between each pixel and its right neighbour."""
    left, right = pixels[pixel], pixels[1:][pixel]
    greys = np.subtract(right, left, dtype=np.float32)
    greys *= part
    greys += left
    return greys
