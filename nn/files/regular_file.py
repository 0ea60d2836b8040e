"""Reading regular files only, even a stranger's.

A path may lead to a pipe, and opening it may wait forever; or to a device such as /dev/zero, which
never ends. So the program opens whatever it reads here, and reads at most as much as it asks for.
A path may also contain control codes of a terminal, or bytes that are not text; `printable` makes
them visible.
"""

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

_PIECE = 1 << 20  # bytes read at a time
_MOST_NAMES = 5  # in a message
_LONGEST = 60  # letters of a name in a message

# Not every system has all of these flags. Without O_NONBLOCK, opening a pipe waits for a writer.
_FLAGS = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
    _FLAGS |= getattr(os, _name, 0)


def open_regular(path: Path, *, follow_link: bool = True) -> BinaryIO:
    """Open a regular file for reading.

    Args:
        path: The file.
        follow_link: Whether it may be a symbolic link. The files of a run may not: a stranger's run
            could otherwise make the program read, and quote, any file of its user.

    Raises:
        OSError: It does not exist, may not be read, or is a folder, a pipe or a device; or `path`
            cannot be the name of a file.
    """
    if not follow_link and path.is_symlink():
        reason = "a link to another file; copy that file here if you trust it"
        raise OSError(errno.ELOOP, reason, str(path))
    try:
        stream = open(path, "rb", opener=lambda name, _: os.open(name, _FLAGS))  # noqa: SIM115
    except ValueError as error:  # a null byte
        raise OSError(errno.EINVAL, str(error), str(path)) from None
    try:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, "a pipe or a device, not a file", str(path))
    except BaseException:
        stream.close()
        raise
    return stream


def read_regular(path: Path, most: int, *, follow_link: bool = True) -> bytes:
    """Return the first `most` bytes of a regular file, with memory for those that there are.

    Raises:
        OSError: As `open_regular`.
    """
    pieces = []
    with open_regular(path, follow_link=follow_link) as stream:
        while piece := stream.read(min(_PIECE, most)):
            pieces.append(piece)
            most -= len(piece)
    return b"".join(pieces)


def printable(text: str) -> str:
    r"""Return a text on one line, unprintable characters escaped: `\n`, `\x1b`, `\udcff`."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def listed(names: Sequence[str]) -> str:
    """Return names of files or folders for a message: the first ones, cut if they are long."""
    readable = [printable(name) for name in names[:_MOST_NAMES]]
    short = [name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..." for name in readable]
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(short) + more
