"""What reading a file may never do, noticed at Python's own audit events.

Reference:
    PEP 578, Python Runtime Audit Hooks.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_PROGRAM = tuple(
    {sys.prefix, sys.base_prefix, sys.exec_prefix, str(_ROOT), *filter(None, sys.path)}
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Events that only ever mean harm while a file is being read.
_FORBIDDEN = (
    *("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "pty.spawn"),
    *("subprocess.", "socket.", "urllib.", "ftplib.", "smtplib.", "webbrowser.", "ctypes.dlopen"),
    *("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate"),
    *(
        "os.chmod",
        "os.chown",
        "os.chdir",
        "os.kill",
        "os.putenv",
        "shutil.",
        "tempfile.",
        "pickle.",
    ),
)


class Guard:
    """Notes forbidden events while it is on duty.

    There is one per process, since an audit hook cannot be removed.
    """

    def __init__(self) -> None:
        self._folder: str | None = None
        self._seen: list[str] = []
        sys.addaudithook(self._hear)

    @contextmanager
    def on_duty(self, folder: Path) -> Iterator[list[str]]:
        """Watch; every forbidden event is added to the list that is yielded.

        Args:
            folder: Reading is allowed here and in the program's own folders only.
        """
        self._seen = []
        self._folder = str(folder)
        try:
            yield self._seen
        finally:
            self._folder = None

    def _hear(self, event: str, words: tuple[object, ...]) -> None:
        folder = self._folder
        if folder is None:
            return
        if event == "open":
            if not isinstance(words[0], int):
                self._hear_open(os.fsdecode(str(words[0])), words[2], folder)
        elif event == "exec":
            file = getattr(words[0], "co_filename", "?")
            if not str(file).startswith((*_PROGRAM, "<frozen")):
                self._seen.append(f"code of {file} is run")
        elif event.startswith(_FORBIDDEN):
            self._seen.append(f"{event}{words!r:.100}")
            raise PermissionError("not while a stranger's file is read")

    def _hear_open(self, name: str, flags: object, folder: str) -> None:
        path = str(Path.cwd() / name)
        if path == os.devnull:
            return
        if isinstance(flags, int) and flags & _WRITING:
            self._seen.append(f"{path} is opened for writing")
            raise PermissionError("not while a stranger's file is read")
        if not path.startswith((folder, *_PROGRAM)):
            self._seen.append(f"{path} is read")
