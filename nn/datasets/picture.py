"""A user's own picture, prepared like MNIST's images so that a trained network can read it.

A photograph of a digit on paper looks unlike anything in MNIST: dark on light, large, unevenly
lit, anywhere in the frame. MNIST's digits are light on black, fitted into 20 x 20 pixels, with
their centre of mass in the middle of 28 x 28.

References:
    LeCun, Bottou, Bengio, Haffner (1998), Gradient-based learning applied to document
    recognition, section III.A, for the size and the centring.
    Otsu (1979), A threshold selection method from gray-level histograms.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.datasets.centring import centre_by_mass
from nn.datasets.picture_file import Grey, read_grey
from nn.errors import DataError

# Twelve times the 20 pixels of the result; averaging down to it also removes noise.
_WORKING_SIDE = 256
_COARSE_SIDE = 64
# In coarse pixels: anything wider than this is light and shadow, not a pen stroke.
_BACKGROUND_WINDOW = 21
_MIN_CONTRAST = 0.06
_SPECK = 0.04  # of the largest group's ink


def prepare_picture(path: Path, image_shape: tuple[int, int] = (28, 28)) -> NDArray[np.uint8]:
    """Read a picture of a digit and make it look like the images of the data set.

    Args:
        path: a picture file of any size; dark on light or light on dark, with or without
            transparency, turned as its camera recorded.
        image_shape: height and width of the data set's images, (H, W).

    Returns:
        The digit, 255 for full ink, uint8, (H, W), fitted into 20/28 of both sides.

    Raises:
        DataError: the file is not a picture, is too large, or shows nothing.
    """
    grey = read_grey(path, _WORKING_SIDE)
    ink = _find_ink(_light_on_dark(grey))
    if ink is None:
        raise DataError(
            f"{path}: there is nothing on this picture; expected one dark digit on light paper, "
            "or a light digit on a dark background."
        )
    fitted = _fit(_without_specks(ink), image_shape)
    digit: NDArray[np.uint8] = centre_by_mass(fitted[None])[0]
    return digit


def _light_on_dark(grey: Grey) -> Grey:
    """Invert the picture if its border is closer to the lightest than to the darkest shade."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    # Percentiles ignore single damaged pixels; a thin line covers more than that.
    darkest, lightest = np.percentile(grey, [0.1, 99.9])
    return 1 - grey if np.median(border) > (darkest + lightest) / 2 else grey


def _find_ink(light: Grey) -> Grey | None:
    """Return the amount of ink at each pixel, 0 to 1, or None if there is no clear ink.

    The background is subtracted; Otsu's threshold divides the rest into paper and ink. Full ink
    is the median of the ink. Pixels within the paper's noise count as paper.
    """
    rising = np.maximum(light - _background(light), 0)
    threshold = _otsu(rising)
    is_ink = rising > threshold
    if not is_ink.any() or is_ink.all():
        return None
    paper = float(np.median(rising[~is_ink]))
    # The median absolute deviation of normally distributed noise is its standard deviation / 1.48.
    noise = 1.48 * float(np.median(np.abs(rising[~is_ink] - paper)))
    contrast = float(np.median(rising[is_ink])) - paper
    if contrast < _MIN_CONTRAST or contrast < 8 * noise:
        return None
    least = max(0.2 * contrast, min(3 * noise, 0.5 * contrast))
    ink: Grey = np.clip((rising - paper - least) / (contrast - least), 0, 1).astype(np.float32)
    return ink


def _background(light: Grey) -> Grey:
    """Estimate the background's brightness at each pixel by a morphological opening.

    A minimum over a window wider than a stroke removes the digit; the maximum that follows
    restores slow changes of light. Both work on a small copy.
    """
    from PIL import Image, ImageFilter

    height, width = light.shape
    picture = Image.fromarray((light * 255).astype(np.uint8))
    coarse = picture.resize((_COARSE_SIDE, _COARSE_SIDE), Image.Resampling.BOX)
    # Outside the frame the picture continues with its edge pixels.
    wide = Image.fromarray(np.pad(np.asarray(coarse), _BACKGROUND_WINDOW, mode="edge"))
    opened = wide.filter(ImageFilter.MinFilter(_BACKGROUND_WINDOW))
    opened = opened.filter(ImageFilter.MaxFilter(_BACKGROUND_WINDOW))
    smooth = opened.filter(ImageFilter.GaussianBlur(3))
    margin = _BACKGROUND_WINDOW
    inner = smooth.crop((margin, margin, margin + _COARSE_SIDE, margin + _COARSE_SIDE))
    resized = inner.resize((width, height), Image.Resampling.BILINEAR)
    background: Grey = np.asarray(resized, dtype=np.float32) / np.float32(255)
    return background


def _otsu(values: Grey) -> float:
    """Return the threshold that maximizes the variance between the two groups."""
    counts, edges = np.histogram(values, bins=256)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    total = np.cumsum(counts * centres)
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = total / below - (total[-1] - total) / above
        between = np.nan_to_num(below * above * distance**2)
    return float(edges[int(between.argmax()) + 1])


def _without_specks(ink: Grey) -> Grey:
    """Remove connected groups that are far smaller than the digit: dust, a dot, a crumb."""
    from scipy import ndimage

    height, width = ink.shape
    rows = np.arange(height) * _COARSE_SIDE // max(height, _COARSE_SIDE)
    columns = np.arange(width) * _COARSE_SIDE // max(width, _COARSE_SIDE)
    mass = np.zeros((_COARSE_SIDE, _COARSE_SIDE))
    np.add.at(mass, (rows[:, None], columns[None, :]), np.where(ink > 0.3, ink, 0))
    neighbours = np.ones((3, 3))  # cells that touch at a corner are connected
    groups, _ = ndimage.label(mass > 0, neighbours)
    weights = np.bincount(groups.ravel(), weights=mass.ravel())
    kept = (weights >= _SPECK * weights.max())[groups] & (mass > 0)
    # One cell more on every side, for the soft edges of what is kept.
    near = ndimage.binary_dilation(kept, neighbours)
    return np.where(near[rows[:, None], columns[None, :]], ink, np.float32(0))


def _fit(ink: Grey, image_shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Crop to the ink, scale it to fit into 20/28 of both sides, and put it in the middle."""
    from PIL import Image

    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.3), np.flatnonzero(ink.max(axis=0) > 0.3)
    cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = min(
        side * 20 / 28 / length for side, length in zip(image_shape, cropped.shape, strict=True)
    )
    height, width = (max(1, round(length * scale)) for length in cropped.shape)
    resized = Image.fromarray(cropped).resize((width, height), Image.Resampling.BILINEAR)
    small = np.asarray(resized, dtype=np.float32)
    image = np.zeros(image_shape, dtype=np.float32)
    top, left = (image_shape[0] - height) // 2, (image_shape[1] - width) // 2
    image[top : top + height, left : left + width] = small
    # Scaling makes thin lines faint; restore full ink.
    image /= np.percentile(image[image > 0], 90)
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
