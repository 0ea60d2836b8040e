"""Files that change in one step: a reader sees the old content or the new, never a part of it.

The new content is written to a temporary file in the same folder (a "part") and synced to disk.
Then the part is renamed to the file's name, which the operating system does in one step.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from nn.files.lock import CAN_LOCK, take_lock


@contextmanager
def open_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open `path` for writing so that it changes completely or not at all.

    The file changes when the block ends. If the block ends in an exception, the file stays as it
    was. Parts of the same file that killed programs left are removed. A symbolic link at `path` is
    replaced by the file, so a link in somebody else's folder cannot redirect the writing.

    Raises:
        OSError: The folder cannot be written or the disk is full; `filename` names the file.
    """
    # The name is chosen before the part exists, so an interrupt at any moment removes the part.
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    lock: int | None = None
    try:
        remove_left_parts(path.parent, re.escape(f".{path.name}.") + r"[a-z0-9_]{8}\.part")
        stream, lock = _make_part(part)
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
    except BaseException as error:
        with suppress(OSError):  # it stays in a folder that has become read-only
            part.unlink()
        if isinstance(error, OSError) and error.errno:
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        if lock is not None:
            os.close(lock)
    _sync_folder(path.parent)


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path` so that it changes completely or not at all."""
    with open_atomically(path) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


def remove_left_parts(folder: Path, name: str = r"\..+\.part") -> None:
    """Remove the parts that killed programs left in a folder.

    A part whose lock is held is still being written and stays, as does one that cannot be removed.

    Args:
        folder: The folder.
        name: A pattern of the parts' names.

    Raises:
        OSError: The folder cannot be read.
    """
    pattern = re.compile(name)
    for part in [one for one in folder.iterdir() if pattern.fullmatch(one.name)]:
        with suppress(OSError):
            _remove_if_left(part)


def _remove_if_left(part: Path) -> None:
    # Nobody writes through a link, and Windows refuses to remove an open file.
    if part.is_symlink() or not CAN_LOCK:
        part.unlink()
        return
    descriptor = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        take_lock(descriptor, patience=0)
        # Somebody may have removed it since it was opened, and its writer made it again.
        if os.fstat(descriptor).st_nlink:
            part.unlink()
    finally:
        os.close(descriptor)


def _make_part(part: Path) -> tuple[BinaryIO, int | None]:
    """Create a part; return it, and a descriptor that holds its lock.

    The lock is taken a moment after the part is created. In between another program may take the
    part for a forgotten one, lock it and remove it; then a new part is created.
    """
    while True:
        stream = part.open("xb")
        if not CAN_LOCK:
            return stream, None
        with suppress(OSError):  # a disk without locks
            take_lock(stream.fileno())
        if os.fstat(stream.fileno()).st_nlink:
            return stream, os.dup(stream.fileno())
        stream.close()


def _sync_folder(folder: Path) -> None:
    """Force a rename to the disk, where the system can (Windows cannot open folders).

    The file already has its new content, so an error here is ignored.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
