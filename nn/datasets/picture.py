"""A picture of one's own, prepared as MNIST's were, so that a trained network can read it.

A photograph of a digit on paper is nothing a network trained on MNIST has ever seen: dark on
light, large, unevenly lit, anywhere in the frame. MNIST's digits are light on an empty ground,
fitted into 20 x 20 pixels, and their centre of mass is in the middle of 28 x 28.

Reference:
    LeCun, Bottou, Bengio, Haffner (1998), Gradient-based learning applied to document
    recognition, section III.A, for the size and the centring.
    Otsu (1979), A threshold selection method from gray-level histograms.
"""

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.datasets.centring import centre_by_mass
from nn.errors import DataError
from nn.files.regular_file import read_regular

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""What cameras, scanners and drawing programs write.

Pillow reads forty more: each is a decoder that few people look after, and one of them (EPS)
starts another program.
"""

_MOST_PIXELS = 32_000_000
_MOST_PIXELS_OF_JPEG = 64_000_000  # whose decoder can leave out what is shrunk away anyway
_MOST_SCANS = 100  # of a progressive JPEG, which has ten; each costs time, and a hundred bytes
_LONGEST_SIDE = 32_000  # a decoder may set aside hundreds of rows on the word of two bytes
_LARGEST_FILE = 1 << 28
# Twelve times the 20 pixels of the result; averaging down to it takes the noise out, too.
_WORKING_SIDE = 256
_COARSE_SIDE = 64
# Of the coarse side: what is wider than this is not a pen's stroke but light and shadow.
_BACKGROUND_WINDOW = 21
_LEAST_CONTRAST = 0.06
_LONGEST_REASON = 100
_STANDARD_ERROR = 2
_SPECK = 0.04

_Grey = NDArray[np.float32]


def prepare_picture(path: Path, image_shape: tuple[int, int] = (28, 28)) -> NDArray[np.uint8]:
    """Read a picture of a digit and make it look like the images of the data set.

    Args:
        path: a picture file of any size, in one of the `FORMATS`; dark on light or the other way
            round, turned as its camera says, transparent or not.
        image_shape: the height and width of the data set's images, (H, W).

    Returns:
        The digit, 255 for full ink, uint8, (H, W), fitted into 20/28 of both sides.

    Raises:
        DataError: the file is no picture, too large, or shows nothing.
    """
    grey = _read_grey(path)
    ink = _find_ink(_light_on_dark(grey))
    if ink is None:
        raise DataError(
            f"{path}: there is nothing on this picture; expected one dark digit on light paper, "
            "or a light one on a dark ground."
        )
    fitted = _fit(_without_specks(ink), image_shape)
    digit: NDArray[np.uint8] = centre_by_mass(fitted[None])[0]
    return digit


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures of a folder, sorted by name: what their names say they are.

    Raises:
        DataError: there is none.
    """
    from PIL import Image

    kinds = {ending for ending, kind in Image.registered_extensions().items() if kind in FORMATS}
    found = [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in kinds and not path.name.startswith(".") and path.is_file()
    ]
    if not found:
        raise DataError(f"{folder}: there is no picture in this folder.")
    return found


def _read_grey(path: Path) -> _Grey:
    """Return the picture's brightness from 0 to 1, its longer side at most 256 pixels."""
    from PIL import Image, UnidentifiedImageError

    content = _content_of(path)
    Image.init()
    try:
        with warnings.catch_warnings(), _silent_libraries():
            # Pillow warns of damaged side matters, and of sizes that are refused below anyway.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _refuse_giants(image, content, path)
                # Has a JPEG decoded at a fraction of its size; other formats ignore it.
                image.draft("RGB", (4 * _WORKING_SIDE, 4 * _WORKING_SIDE))
                return _grey(image)
    except DataError:
        raise
    except UnidentifiedImageError:
        raise DataError(
            f"{path}: this is no picture in a format that can be read ({', '.join(FORMATS)})."
        ) from None
    except Image.DecompressionBombError:
        raise DataError(
            f"{path}: far too many pixels; at most {_MOST_PIXELS:,} are read."
        ) from None
    except MemoryError:
        raise DataError(f"{path}: more pixels than fit into memory.") from None
    except Exception as error:  # decoders of damaged files raise whatever they stumble over
        reason = " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__
        raise DataError(f"{path}: the picture cannot be read ({reason}).") from None


@contextmanager
def _silent_libraries() -> Iterator[None]:
    """Keep to ourselves what a decoder written in C (TIFF's) prints on standard error by itself."""
    try:
        kept = os.dup(_STANDARD_ERROR)
    except OSError:  # it is closed, so nothing can be printed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STANDARD_ERROR)
        yield
    finally:
        os.dup2(kept, _STANDARD_ERROR)
        os.close(kept)
        os.close(nowhere)


def _content_of(path: Path) -> bytes:
    """Return what is in the file, if it is a file and no larger than pictures are."""
    try:
        content = read_regular(path, _LARGEST_FILE + 1)
    except FileNotFoundError:
        raise DataError(f"{path}: is not there; expected a picture file.") from None
    except IsADirectoryError:
        raise DataError(f"{path}: is a folder; expected a picture file.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read ({reason}).") from None
    if len(content) > _LARGEST_FILE:
        raise DataError(f"{path}: more than the {_LARGEST_FILE:,} bytes a picture may have.")
    return content


def _refuse_giants(image: "Image", content: bytes, path: Path) -> None:
    """Raise before a small file's large picture takes the memory, or its decoding the time."""
    width, height = image.size
    is_jpeg = image.format in ("JPEG", "MPO")
    most = _MOST_PIXELS_OF_JPEG if is_jpeg else _MOST_PIXELS
    if width * height > most or max(width, height) > _LONGEST_SIDE:
        raise DataError(
            f"{path}: {width:,} x {height:,} pixels; at most {most:,} are read, and "
            f"{_LONGEST_SIDE:,} a side."
        )
    may_have_scans = is_jpeg or "jpeg" in str(image.info.get("compression"))
    if may_have_scans and content.count(b"\xff\xda") > _MOST_SCANS:
        raise DataError(f"{path}: a JPEG of more than {_MOST_SCANS} scans is not read.")


def _grey(image: "Image") -> _Grey:
    from PIL import Image, ImageOps

    ImageOps.exif_transpose(image, in_place=True)
    upright = image
    if upright.mode.startswith(("I", "F")):
        # Whole numbers of 16 or 32 bits and floats have no fixed white; the brightest is it.
        numbers = np.nan_to_num(np.asarray(upright, dtype=np.float32))
        numbers -= numbers.min()
        upright = Image.fromarray(
            (numbers / max(float(numbers.max()), 1e-9) * 255).astype(np.uint8)
        )
    if upright.has_transparency_data:
        upright = _on_contrasting_ground(upright.convert("RGBA"))
    grey = upright.convert("L")
    grey.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BOX)
    brightness: _Grey = np.asarray(grey, dtype=np.float32) / np.float32(255)
    return brightness


def _on_contrasting_ground(image: "Image") -> "Image":
    """Lay a transparent picture on white if what is drawn is dark, and on black if it is light."""
    from PIL import Image, ImageStat

    alpha = image.getchannel("A")
    drawn = alpha.point(lambda opacity: 255 if opacity > 127 else 0)
    grey = image.convert("L")
    dark = ImageStat.Stat(grey, drawn).mean[0] < 128 if drawn.getbbox() else True
    ground = Image.new("L", image.size, 255 if dark else 0)
    ground.paste(grey, mask=alpha)
    return ground


def _light_on_dark(grey: _Grey) -> _Grey:
    """Turn the picture into a negative if more sets its border off from dark than from light."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    # A thin line is some thousandths of the picture, a damaged pixel less.
    darkest, lightest = np.percentile(grey, [0.1, 99.9])
    return 1 - grey if np.median(border) > (darkest + lightest) / 2 else grey


def _find_ink(light: _Grey) -> _Grey | None:
    """Return how much ink is on each pixel, 0 to 1, or None if there is none to speak of.

    The background is taken away; Otsu's threshold divides the rest into paper and ink; full ink
    is the median of the ink, and what rises less above the paper than its noise is paper.
    """
    rising = np.maximum(light - _background(light), 0)
    threshold = _otsu(rising)
    is_ink = rising > threshold
    if not is_ink.any() or is_ink.all():
        return None
    paper = float(np.median(rising[~is_ink]))
    # Of normally distributed noise, half lies within 1 / 1.48 of its standard deviation.
    noise = 1.48 * float(np.median(np.abs(rising[~is_ink] - paper)))
    contrast = float(np.median(rising[is_ink])) - paper
    if contrast < _LEAST_CONTRAST or contrast < 8 * noise:
        return None
    least = max(0.2 * contrast, min(3 * noise, 0.5 * contrast))
    ink: _Grey = np.clip((rising - paper - least) / (contrast - least), 0, 1).astype(np.float32)
    return ink


def _background(light: _Grey) -> _Grey:
    """Estimate the background's brightness at each pixel: what remains without narrow light.

    A minimum over a window wider than a stroke removes the digit, the maximum that follows gives
    slow changes of light their place again; both on a small copy.
    """
    from PIL import Image, ImageFilter

    height, width = light.shape
    picture = Image.fromarray((light * 255).astype(np.uint8))
    coarse = picture.resize((_COARSE_SIDE, _COARSE_SIDE), Image.Resampling.BOX)
    # Beyond the frame the picture is taken to go on as at its edge.
    wide = Image.fromarray(np.pad(np.asarray(coarse), _BACKGROUND_WINDOW, mode="edge"))
    opened = wide.filter(ImageFilter.MinFilter(_BACKGROUND_WINDOW))
    opened = opened.filter(ImageFilter.MaxFilter(_BACKGROUND_WINDOW))
    smooth = opened.filter(ImageFilter.GaussianBlur(3))
    margin = _BACKGROUND_WINDOW
    inner = smooth.crop((margin, margin, margin + _COARSE_SIDE, margin + _COARSE_SIDE))
    resized = inner.resize((width, height), Image.Resampling.BILINEAR)
    background: _Grey = np.asarray(resized, dtype=np.float32) / np.float32(255)
    return background


def _otsu(values: _Grey) -> float:
    """Return the threshold that sets two groups furthest apart (largest variance between them)."""
    counts, edges = np.histogram(values, bins=256)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    total = np.cumsum(counts * centres)
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = total / below - (total[-1] - total) / above
        between = np.nan_to_num(below * above * distance**2)
    return float(edges[int(between.argmax()) + 1])


def _without_specks(ink: _Grey) -> _Grey:
    """Remove what lies apart and is far smaller than the digit: dust, a dot, a crumb."""
    from PIL import Image, ImageFilter

    height, width = ink.shape
    rows = np.arange(height) * _COARSE_SIDE // max(height, _COARSE_SIDE)
    columns = np.arange(width) * _COARSE_SIDE // max(width, _COARSE_SIDE)
    mass = np.zeros((_COARSE_SIDE, _COARSE_SIDE))
    np.add.at(mass, (rows[:, None], columns[None, :]), np.where(ink > 0.3, ink, 0))
    groups = _groups(mass > 0)
    weights = np.bincount(groups.ravel(), weights=mass.ravel())
    keep = weights >= _SPECK * weights.max()
    kept = Image.fromarray((keep[groups] & (mass > 0)).astype(np.uint8) * 255)
    # One cell further around, for the soft edges of what is kept.
    near = np.asarray(kept.filter(ImageFilter.MaxFilter(3))) > 0
    return np.where(near[rows[:, None], columns[None, :]], ink, np.float32(0))


def _groups(cells: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number the cells so that those that touch, corners included, have the same number."""
    numbers = np.where(cells, np.arange(1, cells.size + 1).reshape(cells.shape), 0)
    while True:
        padded = np.pad(numbers, 1)
        height, width = cells.shape
        largest = np.max(
            [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=0
        )
        spread = np.where(cells, largest, 0)
        if (spread == numbers).all():
            return numbers
        numbers = spread


def _fit(ink: _Grey, image_shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Crop to the ink, scale it into 20/28 of both sides, and put it in the middle."""
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
    # Scaling has made a thin line faint; full ink is to be full again.
    image /= np.percentile(image[image > 0], 90)
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
