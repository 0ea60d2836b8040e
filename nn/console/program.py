"""The one place where a program ends: every mistake becomes one red line and an exit code."""

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from nn.errors import ProgramError, StoppedError

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


def run_program(main: Callable[[], None]) -> int:
    """Run a script's main function and return the exit code of the program.

    Args:
        main: reads the settings, does the work, prints; ends by returning or by raising.

    Returns:
        0, or the code of the mistake that `main` raised, after a line about it on standard error.
    """
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # an old terminal is no reason to fail
    code = _ending_of(main)
    try:
        _flush()
    except OSError as error:
        _drop_output()
        code = code or _refused(error)
    return code


def _ending_of(main: Callable[[], None]) -> int:
    """Run `main`, say what went wrong, and return the exit code."""
    try:
        main()
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else 0
    except ProgramError as error:
        _say(str(error), is_error=not isinstance(error, StoppedError))
        return error.exit_code
    except KeyboardInterrupt:
        _say("stopped", is_error=False)
        return StoppedError.exit_code
    except MemoryError:
        _say("not enough memory: try fewer hidden_units or a smaller data set")
        return ProgramError.exit_code
    except OSError as error:
        return _refused(error)
    return 0


def _refused(error: OSError) -> int:
    """Say what the machine refused, and return the exit code."""
    if is_output_gone(error):
        return OUTPUT_CLOSED
    if error.errno not in _MACHINE:
        raise error
    _say(": ".join(str(part) for part in (error.filename, error.strerror) if part))
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
    line = f"error: {one_line(message)}" if is_error else one_line(message)
    if is_error and has_colour(sys.stderr):
        line = f"\x1b[31m{line}\x1b[0m"
    with suppress(OSError):  # where nobody is there to read it
        print(line, file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """Return a text without the line breaks and control codes that a file's name may hold."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()


def _drop_output() -> None:
    """Send what is still buffered nowhere, so that Python's own last flush cannot fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
