"""A terminal controlled directly: single keys, and a screen of the program's own.

termios reads the keys, and a dozen well-known escape sequences do the rest. prompt_toolkit would
neither work on a dumb terminal nor save code.
"""

import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn, TextIO

from nn.wording import width_of

_LETTERS = {b"A": "up", b"B": "down", b"C": "right", b"D": "left"}
_ARROWS = {start + letter: key for letter, key in _LETTERS.items() for start in (b"[", b"O")}
# Use another screen, hide the cursor, cut long lines instead of wrapping them; and undo it all.
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l\x1b[?7l", "\x1b[?7h\x1b[?25h\x1b[?1049l"


def is_editor_shell(stream: TextIO) -> bool:
    """Return whether a stream calls itself a terminal but is none: the shell window of IDLE."""
    return stream.isatty() and not _is_a_terminal(stream)


def _is_a_terminal(stream: TextIO) -> bool:
    try:
        return os.isatty(stream.fileno())
    except OSError:  # it has no descriptor
        return False


def columns_of(stream: TextIO) -> int:
    """Return the width of a stream's terminal; 0 if it is none, or its width is unknown."""
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0
    except OSError:
        return 0


def has_terminal(input: TextIO | None, output: TextIO | None) -> bool:
    """Return whether single keys can be read from `input` and images shown on `output`."""
    try:
        import termios  # noqa: F401 (Windows has none)
    except ImportError:
        return False
    return all(stream is not None and _is_a_terminal(stream) for stream in (input, output))


def is_plain(output: TextIO) -> bool:
    """Return whether `output` lacks colours or half blocks, or its user does not want them."""
    unicode = (output.encoding or "").lower().startswith("utf")
    return bool(os.environ.get("NO_COLOR")) or _is_dumb() or not unicode


def run_screen(
    input: TextIO,
    output: TextIO,
    frame: Callable[[int, int], list[str] | None],
    press: Callable[[str], bool],
) -> None:
    """Draw frames on a screen of their own, a new one after every key, until there is none.

    In the end the terminal is always restored.

    Args:
        input: A terminal, see `has_terminal`.
        output: A terminal.
        frame: Returns at most as many lines as the terminal has rows, for its columns and rows;
            None to end.
        press: Told of a key: a character, an arrow's name, or "q" at the end of the input. Returns
            whether it has a meaning.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed.
        SystemExit: The process was told to end (SIGTERM).
    """
    dumb = _is_dumb()
    with _single_keys(input), _own_screen(output, dumb):
        while (lines := frame(*(size := _size(output)))) is not None:
            # A dumb terminal cannot move up: each frame is printed below the previous one.
            _write(output, "\n".join(lines) + "\n" if dumb else _redrawn(lines))
            while _size(output) == size:
                if _waiting(input, 0.25) and press(_read_key(input)):
                    break


def fitting(columns: int, *texts: str) -> str:
    """Return the first of the texts (longest first) that fits, else the last one, cut to fit."""
    chosen = next((text for text in texts if width_of(text) <= columns), texts[-1][:columns])
    return "".join(character if character.isprintable() else "?" for character in chosen)


def _redrawn(lines: list[str]) -> str:
    # Erasing comes before a line: behind a line of the terminal's width, it takes the last column.
    *above, last = lines
    return "\x1b[H" + "".join(f"\x1b[K{line}\n" for line in above) + f"\x1b[J{last}"


def _write(output: TextIO, text: str) -> None:
    """Write without delay; characters that the terminal's encoding lacks become ?."""
    encoding = output.encoding or "ascii"
    output.write(text.encode(encoding, "replace").decode(encoding))
    output.flush()


def _is_dumb() -> bool:
    return os.environ.get("TERM", "dumb") == "dumb"


def _size(output: TextIO) -> tuple[int, int]:
    """Return the terminal's columns and rows, or 80 x 24 if they are unknown."""
    columns, rows = os.get_terminal_size(output.fileno())
    return columns or 80, rows or 24


def _waiting(input: TextIO, seconds: float) -> bool:
    """Wait at most `seconds` for a key; return whether one was pressed."""
    return bool(select.select([input], [], [], seconds)[0])


def _read_key(input: TextIO) -> str:
    """Read one key: a character, an arrow's name or "" for other keys; the end of input is "q"."""
    descriptor = input.fileno()
    try:
        key = os.read(descriptor, 1)
        if key != b"\x1b":
            return key.decode("latin-1").lower() or "q"
        # An arrow is Escape, then [ or O, sometimes numbers for Shift and Ctrl, then a letter. The
        # rest follows without delay; after the Escape key alone nothing follows.
        sequence = b""
        while _waiting(input, 0.05):
            sequence += os.read(descriptor, 1) or b"~"
            if sequence[:1] not in b"[O" or (len(sequence) > 1 and sequence[-1:] >= b"@"):
                break
        return _ARROWS.get(sequence[:1] + sequence[-1:], "")
    except OSError:  # the terminal is gone
        return "q"


@contextmanager
def _single_keys(input: TextIO) -> Iterator[None]:
    """Let the terminal deliver each key without delay and without showing it, inside the block.

    A signal to end the process leaves the block, too. Ctrl-Z is ignored: it would give the shell
    a terminal in this state.
    """
    import termios
    import tty

    descriptor = input.fileno()
    before = termios.tcgetattr(descriptor)
    handlers = {
        number: signal.signal(number, handler)
        for number, handler in ((signal.SIGTERM, _end), (signal.SIGTSTP, signal.SIG_IGN))
    }
    try:
        tty.setcbreak(descriptor)
        yield
    finally:
        with suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _end(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


@contextmanager
def _own_screen(output: TextIO, dumb: bool) -> Iterator[None]:
    """Show the images on a separate screen, and restore the previous one after the block."""
    _write(output, "" if dumb else _ENTER)
    try:
        yield
    finally:
        _write(output, "" if dumb else _LEAVE)
