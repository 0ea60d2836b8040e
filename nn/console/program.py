"""The one place where a program ends: every mistake becomes one red line and an exit code."""

import datetime  # noqa: F401 - or it is imported in the depths of pydantic, where no signal may come
import errno
import math
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import TextIO

from nn.console.advice import with_advice
from nn.errors import ProgramError, StoppedError
from nn.files.regular_file import printable

OUTPUT_CLOSED = 141  # what a shell reports for a program ended by a closed pipe

# What a machine can refuse; any other OSError is a defect of the program and keeps its traceback.
_MACHINE = {
    getattr(errno, name)
    for name in (
        *("ENOSPC", "EDQUOT", "EFBIG", "EACCES", "EPERM", "EROFS", "EIO", "EMFILE", "ENFILE"),
        *("ENOMEM", "ENOTDIR", "EISDIR", "ENAMETOOLONG", "ELOOP", "ETXTBSY"),
    )
    if hasattr(errno, name)
}


# A polite `kill` and a terminal that was closed end a program as Ctrl-C does.
_ENDING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
_NERVOUS = 1.0  # seconds after Ctrl-C in which another one means the same
_CONFUSED = 10.0  # seconds after a signal in which a library's error may be what it made of it


def run_program(main: Callable[[], None]) -> int:
    """Run a script's main function and return the exit code of the program.

    Args:
        main: reads the settings, does the work, prints; ends by returning or by raising.

    Returns:
        0, or the code of the mistake that `main` raised, after a line about it on standard error.
    """
    _open_closed_streams()
    for number in _ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:  # as `nohup` has it
            signal.signal(number, interrupt)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # an old terminal is no reason to fail
    try:
        code = _ending_of(main)
        _ignore_signals()
    except KeyboardInterrupt:  # pressed again while the first one was being dealt with
        _ignore_signals()
        code = StoppedError.exit_code
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            _lead_nowhere(stream)
            code = code or _refused(error)
    return code


def _open_closed_streams() -> None:
    """Let what is closed lead nowhere.

    A closed descriptor is given to the next file that is opened, and whatever a library prints
    would go there; and not every library can do without `sys.stderr`.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # in this order, each gets its own descriptor
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (stays open)


class Interruption:
    """Raises KeyboardInterrupt on a signal, but not again while whoever is left by it cleans up.

    Terminals send several signals at once when they are closed, and people press Ctrl-C twice.

    Attributes:
        last: When a signal came last, in seconds.
    """

    def __init__(self) -> None:
        self.last = -math.inf

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Take a signal."""
        before, self.last = self.last, time.monotonic()
        if self.last - before > _NERVOUS:
            raise KeyboardInterrupt


interrupt = Interruption()


def _ignore_signals() -> None:
    """Let Ctrl-C pass from now on: the program is ending, and there is nothing to stop any more."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)


def _ending_of(main: Callable[[], None]) -> int:
    """Run `main`, say what went wrong, and return the exit code."""
    try:
        main()
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else 0
    except ProgramError as error:
        _say(with_advice(error), is_error=not isinstance(error, StoppedError))
        return error.exit_code
    except MemoryError:
        _say("not enough memory: try fewer hidden_units or a smaller data set")
        return ProgramError.exit_code
    except OSError as error:
        return _refused(error)
    except BaseException as error:
        # Ctrl-C, or what a library made of it: one written in C that is interrupted may know no
        # better than to raise an error of its own, as "incompatible function arguments".
        long_ago = time.monotonic() - interrupt.last > _CONFUSED
        if long_ago and not isinstance(error, KeyboardInterrupt):
            raise
        _ignore_signals()
        _say("stopped", is_error=False)
        return StoppedError.exit_code
    return 0


def _refused(error: OSError) -> int:
    """Say what the machine refused, and return the exit code."""
    if is_output_gone(error):
        return OUTPUT_CLOSED
    if error.errno not in _MACHINE:
        raise error
    # Every file has a name; what has none is where the program talks.
    _say(f"{error.filename or 'standard output'}: {error.strerror}")
    return ProgramError.exit_code


def is_output_gone(error: OSError) -> bool:
    """Return whether nobody reads the output any more: a closed pipe, a terminal that is gone."""
    return isinstance(error, BrokenPipeError) or (
        error.errno == errno.EIO and error.filename is None
    )


def has_colour(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that takes colours, and whose owner wants them."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and stream.isatty()


def _say(message: str, *, is_error: bool = True) -> None:
    """Print one line on standard error, in red if it is an error."""
    if sys.stderr is None:
        return
    line = f"error: {printable(message)}" if is_error else printable(message)
    if is_error and has_colour(sys.stderr):
        line = f"\x1b[31m{line}\x1b[0m"
    with suppress(OSError):  # where nobody is there to read it
        print(line, file=sys.stderr, flush=True)


def say(fact: object, *, flush: bool = False) -> None:
    """Print a text or a fact; words of others in it cannot control the terminal."""
    print("\n".join(map(printable, with_advice(fact).split("\n"))), flush=flush)


def _lead_nowhere(stream: TextIO) -> None:
    """Send what is still buffered nowhere, so that Python's own last flush cannot fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
