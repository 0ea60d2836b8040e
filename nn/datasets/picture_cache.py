"""Prepared pictures, kept for the next time: reading 100,000 photographs takes minutes.

They are kept beside the folders of the pictures, in one IDX file. Its name contains a checksum of
the names, sizes and times of all pictures and of how they were prepared, so that a picture that was
changed, added or removed is noticed.
"""

import hashlib
import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.datasets.idx import read_idx, write_idx
from nn.errors import DataError
from nn.files.file_errors import reading

_VERSION = 1
_NAME = re.compile(r"\.pictures-[0-9a-f]{16}\.idx3-ubyte")


def cache_file(folder: Path, paths: Sequence[Path], preparation: str) -> Path:
    """Return the file in which these pictures are kept, whether it exists or not.

    Args:
        folder: The data folder.
        paths: The pictures in it, in the order of the images.
        preparation: How they become images, in words.

    Raises:
        DataError: A picture has disappeared.
    """
    digest = hashlib.sha256(f"{_VERSION} {preparation}\n".encode())
    above = len(str(folder / "_")) - 1
    for path in paths:
        with reading(path, DataError):
            status = path.stat()
        name = str(path)[above:].encode("utf-8", "surrogateescape")
        digest.update(b"%b\0%d %d\n" % (name, status.st_size, status.st_mtime_ns))
    return folder / f".pictures-{digest.hexdigest()[:16]}.idx3-ubyte"


def read_cache(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8] | None:
    """Return the kept images, (N, H, W) or (N, 3, H, W); None if there are none of this shape."""
    try:
        images = read_idx(path, 3)
    except DataError:
        return None
    return images.reshape(shape) if images.shape == _stored(shape) else None


def write_cache(path: Path, images: NDArray[np.uint8]) -> None:
    """Keep images in place of those kept before; nothing happens if the folder is read-only."""
    try:
        write_idx(path, images.reshape(_stored(images.shape)))
        for other in path.parent.iterdir():
            if _NAME.fullmatch(other.name) and other != path:
                other.unlink()
    except OSError:
        pass


def _stored(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape in which images are kept: each colour as an image of its own."""
    return math.prod(shape[:-2]), *shape[-2:]
