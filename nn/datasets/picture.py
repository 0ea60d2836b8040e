"""A user's own picture, prepared like MNIST's images so that a trained network can read it.

A photograph of a digit on paper looks unlike anything in MNIST: dark on light, large, unevenly
lit, anywhere in the frame. MNIST's digits are light on black, of one size and in one place.

Reference:
    Otsu (1979), A threshold selection method from gray-level histograms.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.datasets.framing import LEAST_INK, Framing, place
from nn.datasets.picture_file import Grey, read_grey, read_pixels
from nn.datasets.sheet import cut_out_sheet
from nn.errors import DataError

# Twelve times the 20 pixels of the result; averaging down to it also removes noise.
_WORKING_SIDE = 256
_SEARCHED_SIDE = 512  # of a picture in which a sheet may take up half of each side
_COARSE_SIDE = 64
# In coarse pixels: anything wider than this is light and shadow, not a pen stroke.
_BACKGROUND_WINDOW = 31
_LIGHT_FITS = 5  # each to what the one before left as paper; then nothing changes any more
_SHADOW_WINDOW = 0.14  # of the longer side; wider dark things are shadows, if there are shadows
_DARKEST_PAPER = 0.05
_MIN_CONTRAST = 0.06
_TWO_SHADES = 0.7  # of the variance lies between ink and paper; for noise it is 0.64
_SPECK = 0.04  # of the largest group's ink


def prepare_picture(
    path: Path, image_shape: tuple[int, int] = (28, 28), framing: Framing | None = None
) -> NDArray[np.uint8]:
    """Read a picture of a digit and make it look like the images of the data set.

    Args:
        path: a picture file of any size; dark on light or light on dark, with or without
            transparency, turned as its camera recorded.
        image_shape: height and width of the data set's images, (H, W).
        framing: how ink lies in them; as in MNIST's if None.

    Returns:
        The digit, 255 for full ink, uint8, (H, W).

    Raises:
        DataError: the file is not a picture, is too large, or shows nothing.
    """
    sheet = _shrink(cut_out_sheet(read_grey(path, _SEARCHED_SIDE)))
    prepared = prepare_grey(sheet, image_shape, framing)
    if prepared is None:
        raise _nothing_on(path)
    return prepared


def ways_to_see_ink(path: Path) -> list[Grey]:
    """Read a picture and return its ink: as `prepare_picture` finds it, then without shadows.

    Hard shadows have edges as ink has. The second way takes everything for shadow that is wider
    than a stroke; it hollows out thick strokes, so it is for pictures on which the first finds
    nothing that makes sense.

    Returns:
        0 for paper to 1 for full ink, float32, (H, W); at least one array.

    Raises:
        DataError: the file is not a picture, is too large, or shows nothing.
    """
    grey = read_grey(path, _SEARCHED_SIDE)
    # What is lit of a paper in shadow may look like a sheet, so the second way cuts nothing off.
    sheet, whole = _shrink(cut_out_sheet(grey)), _shrink(grey)
    ways = _find_ink(_light_on_dark(sheet)), _clear_ink(_darker_than_around(whole))
    found = [_without_specks(ink) for ink in ways if ink is not None]
    if not found:
        raise _nothing_on(path)
    return found


def scale_picture(path: Path, image_shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read a whole picture and scale it, without keeping its proportions.

    Args:
        path: a picture file, as `prepare_picture` takes it.
        image_shape: of the result: (H, W) for greys, (3, H, W) for colours.

    Returns:
        Brightness from 0 to 255, uint8; that of a picture of this size is unchanged.

    Raises:
        DataError: the file is not a picture, or is too large.
    """
    from PIL import Image

    height, width = image_shape[-2:]
    pixels = read_pixels(
        path, max(_WORKING_SIDE, 4 * max(height, width)), colour=len(image_shape) == 3
    )
    scaled = pixels
    if pixels.shape[:2] != (height, width):
        picture = Image.fromarray(pixels)
        scaled = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
    return scaled.transpose(2, 0, 1) if scaled.ndim == 3 else scaled


def prepare_grey(
    grey: Grey, image_shape: tuple[int, int], framing: Framing | None = None
) -> NDArray[np.uint8] | None:
    """Return the digit of a picture, as `prepare_picture` does, or None if it shows nothing."""
    ink = _find_ink(_light_on_dark(grey))
    if ink is None:
        return None
    return place(_without_specks(ink), image_shape, framing or Framing.like_mnist(image_shape))


def _nothing_on(path: Path) -> DataError:
    return DataError(
        f"{path}: there is nothing on this picture; expected one dark digit on light paper, or a "
        "light digit on a dark background."
    )


def _shrink(grey: Grey) -> Grey:
    from PIL import Image

    picture = Image.fromarray(grey)
    picture.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BOX)
    return np.asarray(picture)


def _light_on_dark(grey: Grey) -> Grey:
    """Invert the picture if its border is closer to the lightest than to the darkest shade."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    # Percentiles ignore single damaged pixels; a thin line covers more than that.
    darkest, lightest = np.percentile(grey, [0.1, 99.9])
    return 1 - grey if np.median(border) > (darkest + lightest) / 2 else grey


def _find_ink(light: Grey) -> Grey | None:
    """Return the amount of ink at each pixel, 0 to 1, or None if there is no clear ink."""
    return _clear_ink(np.maximum(light - _background(light), 0))


def _darker_than_around(grey: Grey) -> Grey:
    """Return which part of the paper's light each pixel lacks, whatever shadow it lies in.

    The closing (a maximum over a window wider than a stroke, then a minimum) removes dark strokes
    on light paper, and keeps shadows with their edges.
    """
    from scipy import ndimage

    size = round(_SHADOW_WINDOW * max(grey.shape))
    without_grain = ndimage.median_filter(grey, 3)
    paper = ndimage.grey_closing(without_grain, size=(size, size), mode="nearest")
    lacking: Grey = 1 - np.clip(grey / np.maximum(paper, _DARKEST_PAPER), 0, 1)
    return lacking


def _clear_ink(rising: Grey) -> Grey | None:
    """Divide what differs from the background into paper, 0, and ink, up to 1.

    Otsu's threshold divides. Full ink is the median of the ink. Pixels within the paper's noise
    count as paper. None if there is no clear ink.
    """
    threshold, explained = _otsu(rising)
    is_ink = rising > threshold
    if not is_ink.any() or is_ink.all():
        return None
    paper = float(np.median(rising[~is_ink]))
    # The median absolute deviation of normally distributed noise is its standard deviation / 1.48.
    # Two distinct shades are not noise: without a margin, half the paper is soft edges of ink.
    deviation = float(np.median(np.abs(rising[~is_ink] - paper)))
    noise = 1.48 * deviation if explained < _TWO_SHADES else 0.0
    contrast = float(np.median(rising[is_ink])) - paper
    if contrast < _MIN_CONTRAST or contrast < 8 * noise:
        return None
    least = max(0.2 * contrast, min(3 * noise, 0.5 * contrast))
    ink: Grey = np.clip((rising - paper - least) / (contrast - least), 0, 1).astype(np.float32)
    return ink


def _background(light: Grey) -> Grey:
    """Estimate the background's brightness at each pixel: even light, then what differs from it.

    An opening finds the rest. Its minimum over a window wider than a stroke removes the digit; the
    maximum that follows restores slow changes of light. Both work on a small copy. Nothing outside
    the frame is lighter than the darkest paper, so strokes that touch the border end there.
    """
    from PIL import Image, ImageFilter
    from scipy import ndimage

    height, width = light.shape
    scale = _COARSE_SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    coarse = np.asarray(Image.fromarray(light).resize(size, Image.Resampling.BOX))
    even = _even_light(coarse)
    rest = coarse - even
    margin = _BACKGROUND_WINDOW
    padded = np.pad(rest, margin, constant_values=rest.min())
    opened = ndimage.grey_opening(padded, size=(margin, margin))[margin:-margin, margin:-margin]
    rough = Image.fromarray((np.clip(even + opened, 0, 1) * 255).astype(np.uint8))
    smooth = rough.filter(ImageFilter.GaussianBlur(3))
    resized = smooth.resize((width, height), Image.Resampling.BILINEAR)
    background: Grey = np.asarray(resized, dtype=np.float32) / np.float32(255)
    return background


def _even_light(coarse: Grey) -> Grey:
    """Fit a + b y + c x + d y x to the paper: light that falls off to one side."""
    y, x = (np.linspace(-1, 1, side) for side in coarse.shape)
    terms = np.stack([np.ones(coarse.size), *(axis.ravel() for axis in np.meshgrid(x, y))], axis=1)
    terms = np.column_stack([terms, terms[:, 1] * terms[:, 2]])
    shades = coarse.ravel()
    is_paper = shades <= np.median(shades)
    for _ in range(_LIGHT_FITS):
        even = terms @ np.linalg.lstsq(terms[is_paper], shades[is_paper], rcond=None)[0]
        is_paper = shades - even <= max(_otsu(shades - even)[0], 0)
    fitted: Grey = even.reshape(coarse.shape).astype(np.float32)
    return fitted


def _otsu(values: Grey) -> tuple[float, float]:
    """Divide values into two groups.

    Returns:
        The threshold that maximizes the variance between the groups, and this variance as a part
        of the whole, 0 to 1.
    """
    counts, edges = np.histogram(values, bins=256)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    total = np.cumsum(counts * centres)
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = total / below - (total[-1] - total) / above
        between = np.nan_to_num(below * above * distance**2) / below[-1] ** 2
    best = int(between.argmax())
    return float(edges[best + 1]), float(between[best] / max(np.var(values), 1e-12))


def _without_specks(ink: Grey) -> Grey:
    """Remove connected groups that are far smaller than the digit: dust, a dot, a crumb."""
    from scipy import ndimage

    height, width = ink.shape
    rows = np.arange(height) * _COARSE_SIDE // max(height, _COARSE_SIDE)
    columns = np.arange(width) * _COARSE_SIDE // max(width, _COARSE_SIDE)
    cells = rows[:, None] * _COARSE_SIDE + columns
    strong = np.where(ink > LEAST_INK, ink, 0)
    mass = np.bincount(cells.ravel(), strong.ravel(), _COARSE_SIDE**2).reshape(_COARSE_SIDE, -1)
    neighbours = np.ones((3, 3))  # cells that touch at a corner are connected
    groups, _ = ndimage.label(mass > 0, neighbours)
    weights = np.bincount(groups.ravel(), weights=mass.ravel())
    kept = (weights >= _SPECK * weights.max())[groups] & (mass > 0)
    # One cell more on every side, for the soft edges of what is kept.
    near = ndimage.binary_dilation(kept, neighbours)
    return np.where(near[rows[:, None], columns[None, :]], ink, np.float32(0))
