"""Trying one input: how reading it ended, or how the program failed."""

import re
import resource
import sys
import time
import traceback
import warnings
from pathlib import Path

from fuzzing.formats import Format
from fuzzing.guard import Guard
from nn.errors import ProgramError

MOST_SECONDS = 10.0
MOST_MEGABYTES = 800
"""More than before the input; a picture of 32 million pixels takes 650."""
_LONGEST_MESSAGE = 700

_GUARD = Guard()


class BrokenPromiseError(Exception):
    """The program did something with an input that it must never do."""


class Attempts:
    """Tries inputs of one format in a folder and counts how they end.

    Args:
        format: The format.
        folder: An empty folder, made the working folder, in which everything happens.

    Attributes:
        seeds: Valid inputs.
        outcomes: How often each outcome came, by its words.
    """

    def __init__(self, format: Format, folder: Path) -> None:
        self._format = format
        self._folder = folder.resolve()
        self.seeds = format.prepare(self._folder)
        self.outcomes: dict[str, int] = {}

    def attempt(self, content: bytes) -> str:
        """Have an input read, and return how it ended: "data", or the kind of error.

        Raises:
            BrokenPromiseError: it ended in neither, took too long or too much, or did more.
        """
        read = self._format.read(content, self._folder)
        peak, before = peak_megabytes(), resident_megabytes()
        started = time.process_time()
        with _GUARD.on_duty(self._folder) as seen:
            outcome = self._outcome(read)
        if seen:
            raise BrokenPromiseError("; ".join(seen))
        seconds = time.process_time() - started
        if seconds > MOST_SECONDS:
            raise BrokenPromiseError(f"reading took {seconds:.1f} seconds of processor time")
        grown = peak_megabytes() - before if peak_megabytes() > peak else 0
        if grown > MOST_MEGABYTES:
            raise BrokenPromiseError(f"reading took {grown} MB")
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        return outcome

    def _outcome(self, read: object) -> str:
        assert callable(read)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                read()
        except ProgramError as error:
            return self._kind(error)
        except Exception as error:
            lines = traceback.format_exception(error)
            raise BrokenPromiseError("".join(lines)) from None
        return "data"

    def _kind(self, error: ProgramError) -> str:
        """Return what sort of error it is, without what differs from input to input."""
        message = str(error)
        names = [str(self._folder), *(path.name for path in Path.cwd().iterdir() if path.suffix)]
        if not any(name in message for name in names):
            raise BrokenPromiseError(f"the error names no file: {message}")
        if len(message) > _LONGEST_MESSAGE + len(str(self._folder)):
            raise BrokenPromiseError(f"the error has {len(message):,} letters: {message[:300]}")
        if "\n" in message:
            raise BrokenPromiseError(f"the error has several lines: {message}")
        words = message.replace(str(self._folder), "")
        words = re.sub(r"'(\\.|[^'\\])*'|\"(\\.|[^\"\\])*\"", "'...'", words)
        words = re.sub(r"[0-9][0-9,.]*", "N", words)
        return f"{type(error).__name__}: {words[:70]}"


def resident_megabytes() -> int:
    """Return the memory this process has now; its peak where the system does not tell.

    Not that of before the first input: atheris 3.0 keeps the result of every comparison of arrays.
    """
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return peak_megabytes()
    return int(pages) * resource.getpagesize() // 2**20


def peak_megabytes() -> int:
    """Return the most memory this process has had so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // 2**20
