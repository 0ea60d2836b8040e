"""Terminals of our own, to type in, to read from, and to take away."""

import fcntl
import os
import pty
import select
import struct
import termios
import time


class Terminal:
    """A pseudo-terminal; leaving the block takes it away from whoever is on it.

    Attributes:
        path: What a program opens.
        text: What was shown so far.
    """

    def __init__(self) -> None:
        self._ours, theirs = pty.openpty()
        self.path = os.ttyname(theirs)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self._theirs: int | None = theirs  # open until a program has opened it, too
        self.text = ""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.vanish()

    def read(self) -> None:
        """Take in what is shown."""
        while self._ours >= 0 and select.select([self._ours], [], [], 0)[0]:
            try:
                self.text += os.read(self._ours, 65536).decode(errors="replace")
            except OSError:
                return

    def type(self, keys: str) -> None:
        """Type keys."""
        os.write(self._ours, keys.encode())

    def wait_for(self, words: str, seconds: float = 30) -> None:
        """Wait until words are shown that were not there before."""
        deadline = time.monotonic() + seconds
        while words not in self.text:
            self.read()
            assert time.monotonic() < deadline, f"{words!r} is not shown: {self.text}"
            time.sleep(0.001)
        self.text = self.text.partition(words)[2]

    def vanish(self) -> None:
        """Take the terminal away: its programs are told, and neither read nor write any more."""
        if self._ours >= 0:
            os.close(self._ours)
            self._ours = -1
        if self._theirs is not None:
            os.close(self._theirs)
            self._theirs = None
