"""One trainer at a time in a run's folder.

Two programs that train in one folder would write over each other's files. The lock is one of the
folder itself, so it leaves no file behind, and the system takes it from a program that was killed.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nn.errors import RunFolderError

try:
    import fcntl
except ImportError:  # Windows knows no locks of folders; there the folder is not locked
    fcntl = None  # type: ignore[assignment]

_PATIENCE = 0.5  # seconds; who only looks whether the folder is locked is gone by then


@contextmanager
def training_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a run's folder.

    Raises:
        RunFolderError: another program holds it.
    """
    descriptor = _open(folder)
    try:
        if descriptor is not None and not _take(descriptor, fcntl.LOCK_EX, _PATIENCE):
            raise RunFolderError(
                f"{folder}: is being trained by another program; wait for its end, or stop it."
            )
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def is_being_trained(folder: Path) -> bool:
    """Return whether another program holds the lock of a run's folder."""
    descriptor = _open(folder)
    if descriptor is None:
        return False
    try:
        # Shared, so that two who look at the same time do not take each other for a trainer.
        return not _take(descriptor, fcntl.LOCK_SH, 0)
    finally:
        os.close(descriptor)


def _open(folder: Path) -> int | None:
    if fcntl is None:
        return None
    with suppress(OSError):
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    return None


def _take(descriptor: int, kind: int, patience: float) -> bool:
    """Return False if another program has the lock all the time; a disk without locks has none."""
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.02)
        except OSError:
            return True
        else:
            return True
