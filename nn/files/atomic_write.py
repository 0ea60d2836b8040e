"""Files that are either the old one or the new one, never half of either.

A reader that opens a file while it is being written sees the beginning of it and takes it for
the whole. Here a file is written beside its place under another name, forced to the disk, and
only then renamed over the old one, which the operating system does in one step.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where a part that was left stays until somebody removes it
    fcntl = None  # type: ignore[assignment]


@contextmanager
def open_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open `path` for writing so that it changes all at once, or not at all.

    The new content takes the file's name when the block ends without an exception; if the block
    is left by one, what was there before stays and the part written is removed. A part that a
    killed program left of the same file is removed, too. Where `path` is a symbolic link, the link
    gives way to the file: a folder from a stranger cannot lead the writing to another place.

    Raises:
        OSError: the folder cannot be written or the disk is full; its `filename` says which file.
    """
    # Named before it is there, so that no moment is left in which nobody would remove it.
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
        with suppress(OSError):  # in a folder that has become read-only it stays
            part.unlink()
        if isinstance(error, OSError) and error.errno:
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        if lock is not None:
            os.close(lock)
    _sync_folder(path.parent)


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path` so that it changes all at once, or not at all."""
    with open_atomically(path) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


def remove_left_parts(folder: Path, name: str = r"\..+\.part") -> None:
    """Remove the parts of files that killed programs left in a folder, where they can be removed.

    Whoever is still writing one holds its lock, which the system takes from a killed program.

    Args:
        folder: The folder.
        name: A pattern of the parts' names.

    Raises:
        OSError: the folder cannot be read.
    """
    pattern = re.compile(name)
    for part in [one for one in folder.iterdir() if pattern.fullmatch(one.name)]:
        with suppress(OSError):
            _remove_if_left(part)


def _remove_if_left(part: Path) -> None:
    if fcntl is None or part.is_symlink():  # nobody writes into a link; Windows keeps open files
        part.unlink()
        return
    descriptor = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.unlink()
    finally:
        os.close(descriptor)


def _make_part(part: Path) -> tuple[BinaryIO, int | None]:
    """Make the part of a file; return it, and a descriptor that holds its lock.

    The lock tells others that somebody is writing. It is taken a moment after the part is made;
    whoever takes it before, thinking that the part was left, has removed it when this one gets it.
    """
    while True:
        stream = part.open("xb")
        if fcntl is None:
            return stream, None
        with suppress(OSError):  # a disk without locks
            fcntl.flock(stream, fcntl.LOCK_EX)
        if os.fstat(stream.fileno()).st_nlink:
            return stream, os.dup(stream.fileno())
        stream.close()


def _sync_folder(folder: Path) -> None:
    """Force a rename to the disk; a system that cannot open folders (Windows) does without.

    So does one that will not: the file has its new content by now, so this is no failure.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
