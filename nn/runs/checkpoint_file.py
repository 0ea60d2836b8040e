"""Checkpoints as files: `checkpoint.npz`, either the old one or the new one, and read with care.

Anyone can look into it with `numpy.load`. What is read back is compared with what the run's own
network and optimizer expect before any memory is made for it, so that a stranger's file can ask
for none; it holds numbers only, so that it can run nothing.
"""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import RunFolderError
from nn.files.atomic_write import open_atomically
from nn.runs.checkpoint_numbers import NUMBERS, numbers_of, open_archive, read_member
from nn.training.state import Checkpoint, Layout, Numbers

# What NumPy puts before an array: this, the length of what follows, a description, blanks.
_MAGIC = b"\x93NUMPY\x01\x00"
_SHORTEST_HEADER, _LONGEST_HEADER = 64, 1024  # bytes; 128 for all of ours


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; it is on the disk, whole, when this returns.

    Raises:
        RunFolderError: the file cannot be written; the one before it is still there.
    """
    try:
        with open_atomically(path) as stream, zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(zipfile.ZipInfo(NUMBERS), json.dumps(checkpoint.numbers))
            for name, array in checkpoint.arrays.items():
                member = io.BytesIO()
                np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
                archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getbuffer())
    except OSError as error:
        raise RunFolderError(f"{path}: cannot be written ({error.strerror}).") from error


def read_checkpoint(path: Path, layout_of: Callable[[Numbers], Layout]) -> Checkpoint:
    """Read back what `write_checkpoint` wrote.

    Args:
        path: The file.
        layout_of: Tells the arrays that belong to the checkpoint's numbers, or raises ValueError
            where there can be none.

    Raises:
        ValueError: it is no checkpoint, a damaged one, or that of another network.
        OSError: it cannot be read.
    """
    with open_archive(path) as archive:
        numbers = numbers_of(archive)
        layout = layout_of(numbers)
        names = sorted(info.filename for info in archive.infolist())
        if names != sorted([NUMBERS, *(f"{name}.npy" for name in layout)]):
            raise ValueError("it holds other arrays than this run's training has")
        arrays = {name: _read_array(archive, name, *kind) for name, kind in layout.items()}
    return Checkpoint(numbers, arrays)


def _read_array(
    archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Return an array, having made sure that it is of this shape and type before it is read."""
    count = int(np.prod(shape, dtype=np.int64))
    size = archive.getinfo(f"{name}.npy").file_size
    header = size - count * dtype.itemsize
    if not _SHORTEST_HEADER <= header <= _LONGEST_HEADER:
        raise ValueError(f"{name} has {size:,} bytes, which is not what this network needs")
    content = read_member(archive, f"{name}.npy", longest=size)
    # Compared with the one description that fits, since a parser could be led astray.
    fits = f"{{'descr': {dtype.str!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    start = _MAGIC + (header - len(_MAGIC) - 2).to_bytes(2, "little") + fits.encode()
    if content[:header].rstrip() != start:
        raise ValueError(f"{name} has another shape or type than this network needs")
    return np.frombuffer(content, dtype, count, header).reshape(shape)
