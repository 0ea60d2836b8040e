"""Files that are either the old one or the new one, never half of either.

A reader that opens a file while it is being written sees the beginning of it and takes it for
the whole. Here a file is written beside its place under another name, forced to the disk, and
only then renamed over the old one, which the operating system does in one step.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def open_whole(path: Path) -> Iterator[BinaryIO]:
    """Open `path` for writing so that it changes all at once, or not at all.

    The new content takes the file's name when the block ends without an exception; if the block
    is left by one, what was there before stays and the part written is removed. Where `path` is a
    symbolic link, the link gives way to the file: a folder from a stranger cannot lead the writing
    to another place.

    Raises:
        OSError: the folder cannot be written or the disk is full; its `filename` says which file.
    """
    try:
        handle, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        error.filename = str(path)
        raise
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(part).chmod(0o666 & ~_umask())
        os.replace(part, path)
    except BaseException as error:
        Path(part).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno:
            error.filename, error.filename2 = str(path), None
        raise
    _sync_folder(path.parent)


def write_whole(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path` so that it changes all at once, or not at all."""
    with open_whole(path) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


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
