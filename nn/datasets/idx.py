"""The IDX format, in which MNIST is published: a short header, then one byte per number.

    bytes 0-1   zero
    byte  2     the type of the numbers, 8 for unsigned bytes
    byte  3     the number of dimensions: 3 for images, 1 for labels
    4 bytes     for each dimension: its length, most significant byte first
    the rest    the numbers, with the last dimension varying fastest

A file of unknown origin may be damaged or malicious: four bytes can promise terabytes, and a small
gzip file can contain them. So no memory is allocated because a header says so; reading ends one
byte after the number of bytes in the header.

Reference:
    LeCun, Cortes, Burges (1998), The MNIST database of handwritten digits, "File formats".
"""

import gzip
import math
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from nn.datasets.data_file import MAX_IMAGES, MAX_PIXELS, open_data_file, read_up_to
from nn.errors import DataError
from nn.files.atomic_write import open_atomically

_UNSIGNED_BYTE = 8
_NAMES = {1: "labels", 3: "images"}


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, gzipped or not (its content decides, not its name).

    Args:
        path: the file.
        dimensions: of the array, 3 for images and 1 for labels.

    Returns:
        The numbers, uint8, of the shape the header states: (N, H, W) or (N,).

    Raises:
        DataError: the file cannot be read, is damaged, or is not an IDX file of this kind.
    """
    with open_data_file(path) as stream:
        return _read_stream(stream, path, dimensions)


def write_idx(path: Path, array: NDArray[np.uint8]) -> None:
    """Write `array` as an IDX file, gzipped if the name ends in .gz, completely or not at all.

    Raises:
        OSError: the folder cannot be written or the disk is full.
    """
    header = bytes([0, 0, _UNSIGNED_BYTE, array.ndim])
    content = header + np.array(array.shape, dtype=">u4").tobytes() + array.tobytes()
    if path.suffix == ".gz":
        # mtime=0 for the same bytes every time, and the lowest level for speed.
        content = gzip.compress(content, compresslevel=1, mtime=0)
    with open_atomically(path) as stream:
        stream.write(content)


def _read_stream(stream: BinaryIO, path: Path, dimensions: int) -> NDArray[np.uint8]:
    shape = _read_header(stream, path, dimensions)
    promised = math.prod(shape)
    words = " x ".join(f"{length:,}" for length in shape)
    names = _NAMES.get(dimensions, "numbers")
    if promised > MAX_PIXELS or shape[0] > MAX_IMAGES:
        raise DataError(
            f"{path}: its header promises {words} = {promised:,} bytes; the limits are "
            f"{MAX_PIXELS:,} bytes and {MAX_IMAGES:,} {names}."
        )
    if promised == 0:
        raise DataError(f"{path}: the file is empty; its header says {words}.")
    content = read_up_to(stream, promised + 1).getbuffer()
    if len(content) != promised:
        found = f"only {len(content):,}" if len(content) < promised else "more"
        raise DataError(
            f"{path}: its header promises {words} = {promised:,} bytes of "
            f"{names}, but there are {found}. Copy it again."
        )
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _read_header(stream: BinaryIO, path: Path, dimensions: int) -> tuple[int, ...]:
    expected = bytes([0, 0, _UNSIGNED_BYTE, dimensions])
    magic = stream.read(4)
    if magic != expected:
        kind = _NAMES.get(dimensions, "numbers")
        raise DataError(
            f"{path}: not an IDX file of {kind}: its content starts with "
            f"{magic.hex(' ') or 'nothing'}, expected {expected.hex(' ')}."
        )
    lengths = stream.read(4 * dimensions)
    if len(lengths) < 4 * dimensions:
        raise DataError(f"{path}: the file ends inside its header. Copy it again.")
    return tuple(int(length) for length in np.frombuffer(lengths, dtype=">u4"))
