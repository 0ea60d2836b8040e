"""Locks on open files and folders, which the system releases when a program is killed."""

import errno
import time

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

CAN_LOCK = fcntl is not None
"""Whether this system has such locks; Windows has none."""

_PAUSE = 0.02  # seconds between two attempts


def take_lock(descriptor: int, *, shared: bool = False, patience: float | None = None) -> None:
    """Lock an open file or folder until it is closed.

    Args:
        descriptor: Of the file or folder.
        shared: Whether others may hold a shared lock at the same time.
        patience: Seconds to wait while another program holds the lock; None to wait for as long as
            it takes.

    Raises:
        BlockingIOError: Another program still holds the lock.
        OSError: This disk or system has no locks.
    """
    if fcntl is None:
        raise OSError(errno.ENOTSUP, "this system has no locks")
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    if patience is None:
        fcntl.flock(descriptor, kind)
        return
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_PAUSE)
        else:
            return
