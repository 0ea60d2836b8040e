"""Taking turns at the journal of a study, among processes that may die at any moment.

Optuna's own lock is a symbolic link, which every shared folder can make one of only. But whoever
dies with it in hand makes all others wait for half a minute. Here the processes of one machine
take turns by `flock`, which the system takes from the dead; so a link of this machine's that is
found after that belongs to somebody dead, and only those of other machines are waited for.
"""

import os
import time
import uuid
from contextlib import suppress
from pathlib import Path

from optuna.storages.journal import JournalFileBackend

from nn.searching.machine import this_machine

try:
    import fcntl
except ImportError:  # Windows: Optuna's own lock will have to do
    fcntl = None  # type: ignore[assignment]

_GRACE = 30.0  # seconds after which another machine's link is taken away


class TurnLock:
    """Lets one process at a time write to the file at `path`."""

    def __init__(self, path: Path) -> None:
        self._link = path.with_name(f"{path.name}.turn")
        self._local = path.with_name(f"{path.name}.lock")
        self._machine = this_machine()
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Wait for a turn."""
        descriptor = os.open(self._local, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            with suppress(OSError):  # a folder that knows no flock has the link alone
                fcntl.flock(descriptor, fcntl.LOCK_EX)
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
        """End the turn."""
        with suppress(OSError):
            self._link.unlink()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class WholeLinesBackend(JournalFileBackend):
    """A journal that forgets a last line cut short, as by a full disk or a lost power cable.

    Optuna would append to it, and could never read the journal again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turns = TurnLock(path) if fcntl else None
        super().__init__(str(path), self._turns)  # type: ignore[arg-type]

    def append_logs(self, logs: list[dict[str, object]]) -> None:
        """Append whole lines, once what is no whole line is removed."""
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
