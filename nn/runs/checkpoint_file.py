"""Checkpoints as files: `checkpoint.npz`, either the old one or the new one, never half of either.

Anyone can look into it with `numpy.load`. It holds numbers only, so reading it runs no code. What
the run's own network and optimizer need is known before it is read, so a stranger's file cannot ask
for more memory than they take.
"""

import io
import json
import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.files.atomic_write import open_atomically
from nn.files.file_errors import writing
from nn.files.regular_file import open_regular
from nn.runs.checkpoint_numbers import DIRECTORY, NUMBERS, next_member, next_numbers
from nn.training.state import Checkpoint, Layout, Numbers

# What NumPy puts before an array: this, the length of what follows, a description, blanks.
_MAGIC = b"\x93NUMPY\x01\x00"
_LONGEST_HEADER = 1024  # bytes; NumPy writes 64 or 128


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; it is completely on the disk when this returns.

    Raises:
        RunFolderError: The file cannot be written; the one before it is still there.
    """
    with (
        writing(path),
        open_atomically(path) as stream,
        zipfile.ZipFile(stream, "w") as archive,
    ):
        archive.writestr(zipfile.ZipInfo(NUMBERS), json.dumps(checkpoint.numbers))
        for name, array in checkpoint.arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getbuffer())


def read_checkpoint(path: Path, layout_of: Callable[[Numbers], Layout]) -> Checkpoint:
    """Read back what `write_checkpoint` wrote.

    Args:
        path: The file.
        layout_of: Returns the shape and type of every array that belongs to the checkpoint's
            numbers, or raises ValueError if the numbers are impossible.

    Raises:
        ValueError: It is not a checkpoint, a damaged one, or that of another network.
        OSError: It cannot be read.
    """
    arrays = {}
    with open_regular(path, follow_link=False) as stream:
        numbers = next_numbers(stream)
        layout = {f"{name}.npy": kind for name, kind in layout_of(numbers).items()}
        longest = {member: _LONGEST_HEADER + _size(*kind) for member, kind in layout.items()}
        while longest:
            member, content = next_member(stream, longest)
            del longest[member]
            arrays[member.removesuffix(".npy")] = _as_array(member, content, *layout[member])
        if stream.read(len(DIRECTORY)) != DIRECTORY:
            raise ValueError("it is cut short, or holds more arrays than this run's training has")
    return Checkpoint(numbers, arrays)


def _as_array(
    member: str, content: bytes, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Return the array that a member holds, which must be of this shape and type."""
    header = len(content) - _size(shape, dtype)  # its length
    # Compared with the one description that fits, since a parser could be misled.
    fits = f"{{'descr': {dtype.str!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    start = _MAGIC + max(0, header - len(_MAGIC) - 2).to_bytes(2, "little") + fits.encode()
    if content[: max(0, header)].rstrip() != start:
        raise ValueError(f"{member} does not have the shape and type that this network needs")
    array: NDArray[Any] = np.ndarray(shape, dtype, content, header)
    return array


def _size(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    return math.prod(shape) * dtype.itemsize
