"""The lock of a run's folder: only one program at a time trains in it.

Two programs would overwrite each other's files. The folder itself is locked, so no lock file is
left behind. Where there are no locks (Windows, some network drives), nothing is locked.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nn.errors import RunFolderError
from nn.files.lock import CAN_LOCK, take_lock

_PATIENCE = 0.5  # seconds; `is_being_trained` holds the lock for a moment only


@contextmanager
def training_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a run's folder.

    Raises:
        RunFolderError: Another program holds it.
    """
    with _opened(folder) as descriptor:
        if not _take(descriptor, shared=False, patience=_PATIENCE):
            raise RunFolderError(
                f"{folder}: is being trained by another program. Wait until it ends, or stop it."
            )
        yield


def is_being_trained(folder: Path) -> bool:
    """Return whether another program holds the lock of a run's folder."""
    with _opened(folder) as descriptor:
        # Shared, so that two programs that look at the same time do not see each other as training.
        return not _take(descriptor, shared=True, patience=0)


@contextmanager
def _opened(folder: Path) -> Iterator[int | None]:
    descriptor = None
    if CAN_LOCK:
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _take(descriptor: int | None, *, shared: bool, patience: float) -> bool:
    """Take the lock; return False if another program holds it."""
    if descriptor is None:
        return True
    try:
        take_lock(descriptor, shared=shared, patience=patience)
    except BlockingIOError:
        return False
    except OSError:  # a disk without locks
        return True
    return True
