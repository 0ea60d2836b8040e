"""Files from anyone, opened so that the name alone can do no harm.

A name may lead to more than a file: to a pipe that nobody writes to, whose opening waits for
ever, or to a device such as /dev/zero, whose reading never ends. So everything the program reads
is opened here, and no reader takes more of it than it asked for. The name itself may hold codes
that work a terminal, or bytes that are no text; where people read it, these are spelled out.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

# Flags that not every system has. Without O_NONBLOCK a pipe is waited for.
_FLAGS = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
    _FLAGS |= getattr(os, _name, 0)


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading, if it is one; symbolic links are followed.

    Raises:
        OSError: it does not exist, may not be read, or is a folder, a pipe or a device; or `path`
            cannot be the name of a file.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except ValueError as error:  # a null byte
        raise OSError(errno.EINVAL, str(error), str(path)) from None
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "a pipe or a device, not a file", str(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path, most: int) -> bytes:
    """Return a file's content, at most so many bytes of it.

    Raises:
        OSError: as `open_regular`.
    """
    with open_regular(path) as stream:
        return stream.read(most)


def printable(text: str) -> str:
    r"""Return a text on one line, what is no letter of it spelled out: `\n`, `\x1b`, `\udcff`."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
