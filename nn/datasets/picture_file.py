"""A picture file of unknown origin, read as shades of grey or as colours.

A few bytes can promise a picture of gigabytes, and a decoder can need minutes for a damaged file.
So there are limits on the file's size, on the pixels its header states, and on how often a
decoder reads; only formats that people use are decoded.
"""

import io
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.errors import DataError
from nn.files.file_errors import reading
from nn.files.regular_file import read_regular
from nn.installation import install_command

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""The formats of cameras, scanners and drawing programs.

Pillow reads forty more. Few people maintain their decoders, and one of them (EPS) starts another
program. HEIC, the format of many telephones, is read as well if pillow-heif is installed.
"""

_HEIC_ENDINGS = (".heic", ".heif", ".hif")
_HEIC_START = re.compile(rb"....ftyp(hei[cxms]|hev[cx]|mif1|msf1)", re.DOTALL)

_MAX_PIXELS = 32_000_000
_MAX_CAMERA_PIXELS = 64_000_000  # of the formats of cameras, JPEG and HEIC
_MAX_SCANS = 100  # of a progressive JPEG, which has ten; each adds 100 bytes and a full decoding
_MAX_SIDE = 32_000  # a decoder may allocate hundreds of rows because two bytes say so
_MAX_BYTES = 1 << 28
_MAX_READS = 200_000  # four times those of the largest PNG
_MAX_REASON = 100  # letters of a decoder's message
_STANDARD_ERROR = 2

Grey = NDArray[np.float32]


def read_grey(path: Path, max_side: int) -> Grey:
    """Read a picture as `read_pixels` does; return its brightness from 0 to 1, float32, (H, W)."""
    brightness: Grey = read_pixels(path, max_side).astype(np.float32) / np.float32(255)
    return brightness


def read_pixels(path: Path, max_side: int, *, colour: bool = False) -> NDArray[np.uint8]:
    """Read a picture upright, without transparency, and shrink it.

    Args:
        path: a picture file in one of the `FORMATS`.
        max_side: the longer side of the result in pixels, at most.
        colour: whether to keep its colours.

    Returns:
        Brightness from 0 to 255, uint8, (H, W); or red, green and blue, (H, W, 3).

    Raises:
        DataError: the file is not a picture, is damaged, or is too large.
    """
    from PIL import Image, UnidentifiedImageError

    content = _read_content(path)
    Image.init()
    try:
        with warnings.catch_warnings(), _silent_libraries():
            # Pillow warns about damaged metadata, and about sizes that are refused below anyway.
            warnings.simplefilter("ignore")
            formats = _heic_formats(path) if _HEIC_START.match(content) else FORMATS
            with Image.open(_LimitedReads(content), formats=formats) as image:
                _refuse_giants(image, content, path)
                # Makes the JPEG decoder shrink the picture; other formats ignore it.
                image.draft("RGB", (4 * max_side, 4 * max_side))
                return _shrunken(image, "RGB" if colour else "L", max_side)
    except DataError:
        raise
    except UnidentifiedImageError:
        raise DataError(
            f"{path}: not a picture in a supported format ({', '.join(FORMATS)})."
        ) from None
    except Image.DecompressionBombError:
        raise DataError(f"{path}: too many pixels; the limit is {_MAX_PIXELS:,}.") from None
    except MemoryError:
        raise DataError(f"{path}: not enough memory for this many pixels.") from None
    except Exception as error:  # decoders raise all kinds of errors for damaged files
        reason = " ".join(str(error).split())[:_MAX_REASON] or type(error).__name__
        raise DataError(f"{path}: the picture cannot be read ({reason}).") from None


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures in a folder, sorted by name; the file extension decides."""
    from PIL import Image

    kinds = Image.registered_extensions().items()
    endings = (*(ending for ending, kind in kinds if kind in FORMATS), *_HEIC_ENDINGS)
    with os.scandir(folder) as entries:
        names = [
            entry.name
            for entry in entries
            if entry.name.lower().endswith(endings)
            and not entry.name.startswith(".")
            and entry.is_file()
        ]
    return [folder / name for name in sorted(names)]


def _heic_formats(path: Path) -> tuple[str, ...]:
    """Return Pillow's name for HEIC after teaching Pillow to read it, or say what to install."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise DataError(
            f"{path}: this is a HEIC picture. To read it, run {install_command('heic')}, or save "
            "it as JPEG."
        ) from None
    register_heif_opener(thumbnails=False)
    return ("HEIF",)


class _LimitedReads(io.BytesIO):
    """A file in memory that ends decoders written in Python that read it byte by byte.

    A comment of 200 MB in a PPM file would otherwise take more than a minute.
    """

    _left = _MAX_READS

    def read(self, size: int | None = -1) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"more than {_MAX_READS:,} pieces")
        return super().read(size)


@contextmanager
def _silent_libraries() -> Iterator[None]:
    """Discard what a decoder written in C (TIFF's) prints to standard error."""
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


def _read_content(path: Path) -> bytes:
    """Read the whole file, unless it is larger than pictures are."""
    with reading(path, DataError):
        try:
            content = read_regular(path, _MAX_BYTES + 1)
        except FileNotFoundError:
            raise DataError(f"{path}: file not found; expected a picture file.") from None
        except IsADirectoryError:
            raise DataError(f"{path}: is a folder; expected a picture file.") from None
    if len(content) > _MAX_BYTES:
        raise DataError(f"{path}: larger than {_MAX_BYTES:,} bytes, the limit for a picture.")
    return content


def _refuse_giants(image: "Image", content: bytes, path: Path) -> None:
    """Raise before a small file's large picture uses up memory or time."""
    width, height = image.size
    is_jpeg = image.format in ("JPEG", "MPO")
    most = _MAX_CAMERA_PIXELS if is_jpeg or image.format == "HEIF" else _MAX_PIXELS
    if width * height > most or max(width, height) > _MAX_SIDE:
        raise DataError(
            f"{path}: {width:,} x {height:,} pixels; the limit is {most:,} pixels, and "
            f"{_MAX_SIDE:,} on a side."
        )
    may_have_scans = is_jpeg or "jpeg" in str(image.info.get("compression"))
    if may_have_scans and content.count(b"\xff\xda") > _MAX_SCANS:
        raise DataError(f"{path}: this JPEG has more than {_MAX_SCANS} scans, the limit.")


def _shrunken(image: "Image", mode: str, max_side: int) -> NDArray[np.uint8]:
    from PIL import Image, ImageOps

    ImageOps.exif_transpose(image, in_place=True)
    upright = image
    if upright.mode.startswith(("I", "F")):
        # 16-bit or 32-bit integers and floats have no fixed white; the brightest pixel is white.
        numbers = np.nan_to_num(np.asarray(upright, dtype=np.float32))
        numbers -= numbers.min()
        upright = Image.fromarray(
            (numbers / max(float(numbers.max()), 1e-9) * 255).astype(np.uint8)
        )
    if upright.has_transparency_data:
        upright = _on_contrasting_background(upright.convert("RGBA"), mode)
    small = upright.convert(mode)
    small.thumbnail((max_side, max_side), Image.Resampling.BOX)
    return np.asarray(small)


def _on_contrasting_background(image: "Image", mode: str) -> "Image":
    """Put a transparent picture on white if its drawing is dark, and on black if it is light."""
    from PIL import Image, ImageStat

    alpha = image.getchannel("A")
    drawn = alpha.point(lambda opacity: 255 if opacity > 127 else 0)
    grey = image.convert("L")
    dark = ImageStat.Stat(grey, drawn).mean[0] < 128 if drawn.getbbox() else True
    background = Image.new(mode, image.size, "white" if dark else "black")
    background.paste(image.convert(mode), mask=alpha)
    return background
