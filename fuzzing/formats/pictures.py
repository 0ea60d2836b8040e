"""A picture for `predict.py --image`, in every format that is read and some that are not.

Comments of 300,000 letters are not tried here: each took a tenth of a second, and a test of
`nn/datasets/picture_file.py` shows that they are refused.
"""

import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import scipy.spatial  # noqa: F401  # runs code of its own when it is loaded
from PIL import Image, ImageDraw

from fuzzing.formats import Format, Reading
from nn.datasets.picture import scale_picture
from nn.datasets.picture_file import FORMATS
from nn.runs.digit_check import looks_like_digit
from nn.runs.picture_reading import find_digits

_SIDE = 24


def _prepare(folder: Path) -> list[bytes]:
    seeds = [_saved(name, mode) for name in FORMATS for mode in ("L", "RGB")]
    seeds += [_saved("PNG", mode) for mode in ("1", "P", "LA", "RGBA", "I;16")]
    seeds += [_saved("TIFF", mode) for mode in ("F", "CMYK")]
    seeds += [_saved("TIFF", "L", compression=how) for how in ("tiff_lzw", "jpeg", "tiff_deflate")]
    seeds += [_saved("JPEG", "L", progressive=True), _saved("WEBP", "RGBA", lossless=True)]
    frames = [_drawn("P"), _drawn("P").transpose(Image.Transpose.ROTATE_90)]
    seeds += [_saved(name, "P", save_all=True, append_images=frames) for name in ("GIF", "PNG")]
    if find_spec("pillow_heif"):
        from pillow_heif import register_heif_opener

        register_heif_opener(thumbnails=False)
        seeds.append(_saved("HEIF", "RGB"))
    exif = Image.Exif()
    exif[0x0112] = 6
    seeds += [_saved("JPEG", "L", exif=exif), _saved("PNG", "L", exif=exif)]
    return [
        *seeds,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"P2 3 3 9 1 2 3 4 5 6 7 8 9",
    ]


def _drawn(mode: str) -> Image.Image:
    image = Image.new("L", (_SIDE, _SIDE), 255)
    ImageDraw.Draw(image).line([(5, 4), (18, 4), (9, 20)], fill=0, width=3)
    return image if mode == "L" else image.convert(mode)


def _saved(kind: str, mode: str, **words: object) -> bytes:
    stream = io.BytesIO()
    _drawn(mode).save(stream, kind, **words)
    return stream.getvalue()


def _read(content: bytes, folder: Path) -> Reading:
    path = folder / "picture"
    path.write_bytes(content)
    looks_like_digit(np.zeros((1, 28, 28), np.uint8))  # has read its network's file, then
    # Scaled like the pictures of a data set, and then read like one to predict.
    return lambda: (
        int(scale_picture(path, (9, 9)).sum()),
        int(scale_picture(path, (3, 9, 9)).sum()),
        [int(ink.sum()) for ink in find_digits(path)[0]],
    )


FORMAT = Format(
    "picture",
    _prepare,
    _read,
    tokens=(
        *(b"IHDR", b"IDAT", b"PLTE", b"tRNS", b"zTXt", b"iCCP", b"eXIf", b"acTL", b"\xff\xda"),
        *(
            b"\xff\xc0",
            b"\xff\xc2",
            b"\xff\xe1",
            b"Exif\0\0",
            b"II*\0",
            b"MM\0*",
            b"GIF89a",
            b"VP8X",
            b"ftypheic",
        ),
        *(b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x75\x30"),
    ),
)
