"""The IDX format, in which MNIST is published: a short header, then one byte per number.

    bytes 0-1   zero
    byte  2     the type of the numbers, 8 for unsigned bytes, 12 for 32-bit whole numbers
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
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nn.datasets.data_file import MAX_IMAGES, MAX_PIXELS, open_data_file, read_up_to
from nn.errors import DataError
from nn.files.atomic_write import open_atomically

_UNSIGNED_BYTE = 8
_TYPES = {_UNSIGNED_BYTE: ">u1", 12: ">i4"}
_LABELS = [(kind, dimensions) for dimensions in (1, 2) for kind in _TYPES]
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
        return _read_stream(stream, path, [(_UNSIGNED_BYTE, dimensions)])


def read_idx_labels(path: Path) -> NDArray[np.int64]:
    """Read an IDX file of labels: bytes or 32-bit numbers, one per image or one row per image.

    QMNIST's labels are rows of eight numbers, the class first, then who wrote the digit and where.

    Returns:
        The labels (N,).

    Raises:
        DataError: As `read_idx`.
    """
    with open_data_file(path) as stream:
        labels = _read_stream(stream, path, _LABELS)
    return labels.reshape(len(labels), -1)[:, 0].astype(np.int64)


def write_idx(path: Path, array: NDArray[np.uint8]) -> None:
    """Write `array` as an IDX file, gzipped if the name ends in .gz, completely or not at all.

    Raises:
        OSError: the folder cannot be written or the disk is full.
    """
    header = bytes([0, 0, _UNSIGNED_BYTE, array.ndim])
    header += np.array(array.shape, dtype=">u4").tobytes()
    with open_atomically(path) as stream:
        if path.suffix == ".gz":
            # mtime=0 for the same bytes every time, and the lowest level for speed.
            stream.write(gzip.compress(header + array.tobytes(), compresslevel=1, mtime=0))
        else:  # without a copy, which could be gigabytes
            stream.write(header)
            stream.write(np.ascontiguousarray(array).data)


def _read_stream(stream: BinaryIO, path: Path, kinds: Sequence[tuple[int, int]]) -> NDArray[Any]:
    dtype, shape = _read_header(stream, path, kinds)
    numbers = math.prod(shape)
    promised = numbers * dtype.itemsize
    words = " x ".join(f"{length:,}" for length in shape)
    names = _NAMES.get(len(shape), "numbers")
    if promised > MAX_PIXELS or shape[0] > MAX_IMAGES:
        raise DataError(
            f"{path}: its header promises {words} = {numbers:,} numbers; the limits are "
            f"{MAX_PIXELS:,} bytes and {MAX_IMAGES:,} {names}."
        )
    if promised == 0:
        raise DataError(f"{path}: the file is empty; its header says {words}.")
    content = read_up_to(stream, promised + 1)
    if len(content) != promised:
        found = f"only {len(content):,}" if len(content) < promised else "more"
        raise DataError(
            f"{path}: its header promises {words} = {promised:,} bytes of "
            f"{names}, but there are {found}. Copy it again."
        )
    return np.frombuffer(content, dtype=dtype).reshape(shape)


def _read_header(
    stream: BinaryIO, path: Path, kinds: Sequence[tuple[int, int]]
) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = stream.read(4)
    if magic not in [bytes([0, 0, *kind]) for kind in kinds]:
        dimensions = kinds[0][1]
        kind = _NAMES.get(dimensions, "numbers")
        raise DataError(
            f"{path}: not an IDX file of {kind}: its content starts with "
            f"{magic.hex(' ') or 'nothing'}, expected {bytes([0, 0, *kinds[0]]).hex(' ')}."
        )
    lengths = stream.read(4 * magic[3])
    if len(lengths) < 4 * magic[3]:
        raise DataError(f"{path}: the file ends inside its header. Copy it again.")
    shape = tuple(int(length) for length in np.frombuffer(lengths, dtype=">u4"))
    return np.dtype(_TYPES[magic[2]]), shape
