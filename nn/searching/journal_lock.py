"""The lock of a study's journal, among processes that may die at any moment.

Optuna's own lock is a symbolic link, which can be created only once in every shared folder. But a
process that dies while holding it makes all others wait for half a minute. Here the processes of
one machine lock with `flock`, which the system releases when a process dies. So a link of this
machine that is found after that belongs to a dead process, and only links of other machines have
to be waited for.
"""

import os
import time
import uuid
from contextlib import suppress
from pathlib import Path

from optuna.storages.journal import JournalFileBackend

from nn.files.lock import CAN_LOCK, take_lock
from nn.searching.machine import this_machine

_GRACE = 30.0  # seconds after which another machine's link is removed


class TurnLock:
    """Allows one process at a time to write to the file at `path`."""

    def __init__(self, path: Path) -> None:
        self._link = path.with_name(f"{path.name}.turn")
        self._local = path.with_name(f"{path.name}.lock")
        self._machine = this_machine()
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Wait for the lock."""
        descriptor = os.open(self._local, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            with suppress(OSError):  # a folder without flock has only the link
                take_lock(descriptor)
            self._make_link()
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def _make_link(self) -> None:
        mine = f"{self._machine}:{uuid.uuid4()}"
        seen, since, pause = "", time.monotonic(), 0.001
        while True:
            try:
                self._link.symlink_to(mine)
            except FileExistsError:
                with suppress(OSError):
                    owner = str(self._link.readlink())
                    if owner != seen:
                        seen, since = owner, time.monotonic()
                    ours = owner.startswith(f"{self._machine}:")
                    if ours or time.monotonic() - since > _GRACE:
                        self._link.unlink()
                        continue
                time.sleep(pause)
                pause = min(2 * pause, 0.25)
            else:
                return

    def release(self) -> None:
        """Release the lock."""
        with suppress(OSError):
            self._link.unlink()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class WholeLinesBackend(JournalFileBackend):
    """A journal that drops an incomplete last line, as a full disk or a power cut leaves.

    Optuna would append to that line and could never read the journal again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turns = TurnLock(path) if CAN_LOCK else None  # else Optuna's own lock
        super().__init__(str(path), self._turns)  # type: ignore[arg-type]

    def append_logs(self, logs: list[dict[str, object]]) -> None:
        """Append lines, after removing an incomplete last line."""
        if self._turns is not None and not _ends_whole(self._path):
            self._turns.acquire()
            try:
                _cut_to_whole_lines(self._path)
            finally:
                self._turns.release()
        super().append_logs(logs)


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - 1))
        return stream.read(1) in (b"", b"\n")


def _cut_to_whole_lines(path: Path) -> None:
    content = path.read_bytes()
    if not content.endswith(b"\n"):
        os.truncate(path, content.rfind(b"\n") + 1)
