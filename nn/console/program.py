"""The one place where a program ends: every error becomes one red line and an exit code."""

import atexit
import datetime  # noqa: F401 - else pydantic imports it, and a signal during that import crashes
import errno
import gc
import math
import os
import re
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, TextIO

from nn.console.advice import with_advice
from nn.console.terminal import columns_of, is_editor_shell
from nn.errors import ProgramError, StoppedError
from nn.files.regular_file import printable

OUTPUT_CLOSED = 141  # a shell reports this when a closed pipe ends a program

# Reasons outside the program. Any other OSError is a bug and keeps its traceback.
_REFUSALS = {
    getattr(errno, name)
    for name in (
        *("ENOSPC", "EDQUOT", "EFBIG", "EACCES", "EPERM", "EROFS", "EIO", "EMFILE", "ENFILE"),
        *("ENOMEM", "ENOTDIR", "EISDIR", "ENAMETOOLONG", "ELOOP", "ETXTBSY"),
    )
    if hasattr(errno, name)
}

# `kill` and a closed terminal end a program as Ctrl-C does.
_ENDING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
_COMMAND = re.compile(r"\b(?:python \w+\.py|nn-\w+) .*|\bpip install (?:-r )?\S+")
_REPEATED = 1.0  # seconds after a signal in which further ones are ignored
_RELATED = 10.0  # seconds after a signal in which a library's error may be caused by it
_PAUSE = 0.02  # seconds until a signal that came at a bad moment is sent again


def run_program(main: Callable[[], None]) -> int:
    """Run the work of a program and return the program's exit code.

    Args:
        main: reads the settings, does the work and prints.

    Returns:
        0, or the code of the error that `main` raised, after one line about it on standard error.
    """
    # Python would look through all modules for garbage at the end, which takes a third of a second.
    atexit.register(gc.freeze)
    _open_closed_streams()
    if is_editor_shell(sys.stdout):
        os.environ["TERM"] = "dumb"  # it shows escape codes as they are
    for number in _ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:  # as under `nohup`
            signal.signal(number, interrupt)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # for terminals without Unicode
    report, sys.unraisablehook = sys.unraisablehook, _not_lost(sys.unraisablehook)
    try:
        code = _run(main)
        _ignore_signals()
    except KeyboardInterrupt:  # a second one, while the first was handled
        _ignore_signals()
        code = StoppedError.exit_code
    finally:
        sys.unraisablehook = report
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            _discard_output(stream)
            code = code or _refused(error)
    return code


def _open_closed_streams() -> None:
    """Open the null device for each standard stream that is closed.

    Otherwise the next file that is opened gets the closed descriptor, and whatever a library prints
    ends up in that file. Also, some libraries fail without `sys.stderr`.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # in this order, each gets its usual descriptor
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (stays open)


class Interruption:
    """Raises KeyboardInterrupt on a signal, but not again during the clean-up that follows.

    A terminal that is closed sends several signals at once, and people press Ctrl-C twice. A later
    signal interrupts again, so that a clean-up that hangs can be ended.

    While a module is imported, a signal waits: an exception in the middle of an import is lost, or
    leaves a library written in C in a state in which Python aborts.

    Attributes:
        last: The time of the last signal that was not left waiting, in seconds.
    """

    def __init__(self) -> None:
        self.last = -math.inf

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        if _is_importing(frame):
            _send_later(number)
            return
        before, self.last = self.last, time.monotonic()
        if self.last - before > _REPEATED:
            raise KeyboardInterrupt

    def caused(self, error: BaseException) -> bool:
        """Return whether an error is the stop that a person asked for.

        A library written in C may turn the KeyboardInterrupt into an error of its own, such as
        "incompatible function arguments".
        """
        foreign = not isinstance(error, ProgramError | SystemExit | MemoryError | OSError)
        related = time.monotonic() - self.last <= _RELATED
        return isinstance(error, KeyboardInterrupt) or (foreign and related)


interrupt = Interruption()


def _is_importing(frame: FrameType | None) -> bool:
    """Return whether the program, from `run_program` down to this frame, is importing a module."""
    while frame is not None and frame.f_code is not run_program.__code__:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _not_lost(report: Callable[[Any], object]) -> Callable[[Any], object]:
    """Return a hook that sends a signal again whose exception Python would only print.

    That happens to an exception in a callback, such as that of a weak reference.
    """

    def hook(unraisable: Any) -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            interrupt.last = -math.inf
            _send_later(signal.SIGINT)
        else:
            report(unraisable)

    return hook


def _send_later(number: int) -> None:
    again = threading.Timer(_PAUSE, _send_again, [number])
    again.daemon = True
    again.start()


def _send_again(number: int) -> None:
    """Send a signal to the main thread, and so end a call in which it waits."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)


@contextmanager
def when_stopped(describe: Callable[[], str]) -> Iterator[None]:
    """Say what is saved and how to finish it if a person stops the program within the block.

    Args:
        describe: Called after the stop; its text replaces "stopped".
    """
    try:
        yield
    except BaseException as error:
        if not interrupt.caused(error):
            raise
        _ignore_signals()
        raise StoppedError(describe()) from None


def _ignore_signals() -> None:
    """Ignore Ctrl-C from now on: the program is ending anyway."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)


def _run(main: Callable[[], None]) -> int:
    """Run `main`, print what went wrong, and return the exit code."""
    try:
        if os.environ.get("MPLBACKEND"):
            _check_backend()
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
        if not interrupt.caused(error):
            raise
        _ignore_signals()
        _say("stopped", is_error=False)
        return StoppedError.exit_code
    return 0


def _check_backend() -> None:
    from nn.reports.figure import ignore_unknown_backend  # imports matplotlib; rarely needed

    ignored = ignore_unknown_backend()
    if ignored:
        _say(f"MPLBACKEND={ignored} is ignored: matplotlib has no such backend.", is_error=False)


def _refused(error: OSError) -> int:
    """Print what the system refused to do, and return the exit code."""
    if is_output_gone(error):
        return OUTPUT_CLOSED
    if error.errno not in _REFUSALS:
        raise error
    # An error about a file has its name; one without a name is about the output.
    _say(f"{error.filename or 'standard output'}: {error.strerror}")
    return ProgramError.exit_code


def is_output_gone(error: OSError) -> bool:
    """Return whether the output's reader is gone: a closed pipe or a closed terminal."""
    return isinstance(error, BrokenPipeError) or (
        error.errno == errno.EIO and error.filename is None
    )


def has_colour(stream: TextIO) -> bool:
    """Return whether a stream is a terminal with colours, and colours are wanted."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and stream.isatty()


def _say(message: str, *, is_error: bool = True) -> None:
    """Print one line on standard error, in red if it is an error."""
    if sys.stderr is None:
        return
    line = fit(f"error: {printable(message)}" if is_error else printable(message), sys.stderr)
    if is_error and has_colour(sys.stderr):
        line = f"\x1b[31m{line}\x1b[0m"
    with suppress(OSError):  # if the reader is gone
        print(line, file=sys.stderr, flush=True)


def say(fact: object, *, flush: bool = False) -> None:
    """Print a text or a fact; words of others in it cannot control the terminal."""
    lines = with_advice(fact).split("\n")
    print("\n".join(fit(printable(line), sys.stdout) for line in lines), flush=flush)


def fit(line: str, stream: TextIO) -> str:
    """Break a line between words where the stream's terminal would break it within them.

    A command stays whole, since it is to be copied.
    """
    width = columns_of(stream)
    if not 0 < width < len(line):
        return line
    whole = _COMMAND.sub(lambda command: command[0].replace(" ", "\0"), line)
    broken = textwrap.fill(whole, width, break_long_words=False, break_on_hyphens=False)
    return broken.replace("\0", " ")


def _discard_output(stream: TextIO) -> None:
    """Discard what is still buffered, so that Python's own last flush cannot fail."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
