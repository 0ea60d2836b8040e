"""Which kind of questions a terminal can show; every program asks through `open_asker`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from nn.console.interview import Asker
from nn.console.plain_questions import PlainAsker
from nn.settings.declaration import TRAINING
from nn.settings.setting import Declaration


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is open and a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


@contextmanager
def open_asker(declared: Declaration[Any] = TRAINING) -> Iterator[Asker]:
    """Open the terminal for questions: plain lines if `TERM=dumb`, else lists and arrow keys.

    Args:
        declared: The declaration that checks typed values.
    """
    if os.environ.get("TERM") == "dumb":
        yield PlainAsker(declared)
        return
    from nn.console.questions import TerminalAsker, open_terminal  # slow; piped input needs none

    with open_terminal():
        yield TerminalAsker(declared)
