"""NumPy's `.npz` and `.npy` files: arrays of numbers, read without running anything of them.

`numpy.load` believes what a file says of itself: a few bytes promise gigabytes, and arrays of
objects are programs. Here only arrays of plain numbers are read, no further than their headers say,
and no header may say more than images need.

Reference:
    NumPy Enhancement Proposal 1, A simple file format for NumPy arrays.
"""

import math
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nn.datasets.data_file import MAX_PIXELS, open_data_file, read_up_to
from nn.errors import DataError
from nn.files.file_errors import reading
from nn.files.regular_file import open_regular, printable

ZIP_START, NPY_START = b"PK\3\4", b"\x93NUMPY"
_LONGEST_HEADER = 4096  # bytes; NumPy writes 64 or 128
_HEADER = re.compile(
    rb"\{'descr': '([<>|=][buif][1248])', 'fortran_order': (True|False), "
    rb"'shape': \(((?:[0-9]{1,12}L?(?:, ?)?){1,4})\),? ?\}\s*"
)
_LARGEST_DIRECTORY = 1 << 16  # bytes of a zip file; those of a hundred arrays
_END = b"PK\5\6"


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read the arrays of numbers in an `.npz` file, or the only one of an `.npy` file.

    Returns:
        Each array by its name, which is "arr_0" in an `.npy` file. Arrays of anything else than
        numbers are left out.

    Raises:
        DataError: The file cannot be read, is damaged, or promises too much.
    """
    with open_data_file(path) as stream:
        if stream.read(4) != ZIP_START:
            stream.seek(0)
            array = _read_array(stream, path, "arr_0", MAX_PIXELS)
            return {} if array is None else {"arr_0": array}
    arrays: dict[str, NDArray[Any]] = {}
    left = MAX_PIXELS
    with _open_archive(path) as archive:
        for member in archive.infolist():
            if not member.filename.endswith(".npy"):
                continue
            name = printable(member.filename.removesuffix(".npy")[:100])
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise DataError(f"{path}: {name} is compressed in an unusual way.")
            with archive.open(member) as content:
                array = _read_array(content, path, name, left)
            if array is not None:
                arrays[name] = array
                left -= array.nbytes
    return arrays


@contextmanager
def _open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with reading(path, DataError), open_regular(path) as file:
            _refuse_large_directory(file, path)
            with zipfile.ZipFile(file) as archive:
                yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        reason = printable(str(error)[:100]) or type(error).__name__
        raise DataError(f"{path}: the archive is damaged ({reason}). Copy it again.") from None
    except (ValueError, OverflowError):  # an impossible position, or a name that is none
        raise DataError(f"{path}: the archive is damaged. Copy it again.") from None
    except MemoryError:
        raise DataError(f"{path}: not enough memory to hold it.") from None


def _refuse_large_directory(file: BinaryIO, path: Path) -> None:
    """Raise before the list of an archive's members fills the memory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 16) - 22))
    tail = file.read()
    file.seek(0)
    end = tail.rfind(_END)
    length = int.from_bytes(tail[end + 12 : end + 16], "little")
    if end < 0 or length > _LARGEST_DIRECTORY or b"PK\6\7" in tail[max(0, end - 20) : end]:
        raise DataError(f"{path}: not an archive of a few arrays, or cut short. Copy it again.")


def _read_array(stream: Any, path: Path, name: str, left: int) -> NDArray[Any] | None:
    """Read one array of at most `left` bytes; None if it holds something else than numbers."""
    start = stream.read(8)
    if start[:6] != NPY_START or len(start) < 8 or start[6] not in (1, 2, 3):
        raise DataError(f"{path}: {name} is not a NumPy array.")
    length = int.from_bytes(stream.read(2 if start[6] == 1 else 4), "little")
    header = _HEADER.fullmatch(stream.read(min(length, _LONGEST_HEADER)))
    if header is None:
        return None
    dtype = _plain_type(header[1].decode())
    shape = tuple(int(number) for number in re.findall(rb"[0-9]+", header[3]))
    promised = math.prod(shape) * dtype.itemsize
    if promised > left:
        words = " x ".join(f"{side:,}" for side in shape)
        raise DataError(
            f"{path}: {name} promises {words} numbers; the limit is {MAX_PIXELS:,} bytes in all."
        )
    content = read_up_to(stream, promised + 1)
    if len(content) != promised:
        raise DataError(f"{path}: {name} does not have as many numbers as it says. Copy it again.")
    numbers = np.frombuffer(content, dtype)
    return numbers.reshape(shape, order="F" if header[2] == b"True" else "C")


def _plain_type(written: str) -> np.dtype[Any]:
    try:
        return np.dtype(written)
    except TypeError:  # such as two bytes of a truth value
        return np.dtype("V1")
