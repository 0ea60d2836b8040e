"""Browsing the test images in a terminal, one at a time.

A remote connection has no window, but the images are small enough for a terminal: the half block
▀ has two colours, its own above and the background's below, so 28 x 28 pixels take 28 columns and
14 rows. Without colours (NO_COLOR, a dumb terminal, an encoding without the block) characters from
blank to @ are the shades.

The terminal is controlled directly: termios reads single keys, and a dozen well-known escape
sequences do the rest. prompt_toolkit would neither work on a dumb terminal nor save code.
"""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import groupby, zip_longest
from types import FrameType
from typing import NoReturn, TextIO

import numpy as np
from numpy.typing import NDArray

from nn.runs.browsing import Browsing
from nn.runs.predictions import Predictions, View

_SHADES = " .:-=+*#%@"
# Black, 24 greys and white among the usual 256 colours of terminals, and their brightness.
_GREYS = (16, *range(232, 256), 231)
_LEVELS = (0, *range(8, 239, 10), 255)
_LETTERS = {b"A": "up", b"B": "down", b"C": "right", b"D": "left"}
_ARROWS = {start + letter: key for letter, key in _LETTERS.items() for start in (b"[", b"O")}
_RESET = "\x1b[0m"
# Use another screen, hide the cursor, cut long lines instead of wrapping them; and undo it all.
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l\x1b[?7l", "\x1b[?7h\x1b[?25h\x1b[?1049l"


def has_terminal(input: TextIO | None, output: TextIO | None) -> bool:
    """Return whether single keys can be read from `input` and images shown on `output`."""
    try:
        import termios  # noqa: F401 (Windows has none)
    except ImportError:
        return False
    return all(stream is not None and stream.isatty() for stream in (input, output))


def browse_in_terminal(
    predictions: Predictions, input: TextIO, output: TextIO, view: View | None = None
) -> None:
    """Show one image after the other until `q` is pressed or the input ends.

    Keys: left and right, or up and down, show the previous and the next image, `m` shows only the
    mistakes, a digit only that class (the same key again shows all), `q` quits. In the end the
    terminal is always restored.

    Args:
        predictions: the images and the network's answers.
        input: a terminal, see `has_terminal`.
        output: a terminal.
        view: which images to show first; all of them if None.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed.
        SystemExit: the process was told to end (SIGTERM).
    """
    browsing = Browsing(predictions, view=view)
    dumb, plain = _is_dumb(), is_plain(output)
    with _single_keys(input), _own_screen(output, dumb):
        while not browsing.finished:
            size = _size(output)
            lines = frame(browsing, *size, plain)
            # A dumb terminal cannot move up: each image is printed below the previous one.
            _write(output, "\n".join(lines) + "\n" if dumb else _redrawn(lines))
            while _size(output) == size:
                if _waiting(input, 0.25) and browsing.press(_read_key(input)):
                    break


def is_plain(output: TextIO) -> bool:
    """Return whether `output` lacks colours or half blocks, or its user does not want them."""
    unicode = (output.encoding or "").lower().startswith("utf")
    return bool(os.environ.get("NO_COLOR")) or _is_dumb() or not unicode


def frame(browsing: Browsing, columns: int, rows: int, plain: bool) -> list[str]:
    """Return what is on the screen: at most `rows` lines of at most `columns` characters.

    Args:
        browsing: the position in the images; the first one shown is drawn.
        columns: of the terminal, at least 1. If there are few, the image is smaller, the texts
            are shorter, and the bars are left out.
        rows: of the terminal, at least 1. If there are few, the image is smaller or left out.
        plain: in ASCII, without colours.
    """
    position = [_fitting(columns, browsing.position)]
    picture: list[str] = []
    if len(browsing.shown) == 0:
        verdict = _fitting(columns, "No such image; the same key again shows all.", "No image")
    else:
        index = int(browsing.shown[0])
        verdict = _verdict(browsing.predictions, index, columns, plain)
        position = [_fitting(columns, f"{browsing.position}, index {index}", *position)]
        if rows > 5:
            picture = _picture(browsing.predictions, index, columns, rows - 4, plain)
    arrows = "left right" if plain else "← →"
    keys = _fitting(
        columns,
        f"{arrows} move   m {browsing.m_shows}   0-9 one digit   q quit",
        f"{arrows} m {browsing.m_shows.split()[0]} 0-9 digit q quit",
        f"{arrows} m 0-9 q",
    )
    title = [_fitting(columns, browsing.predictions.title)] if rows > 3 else []
    return [*title, verdict, *position, *picture, keys][:rows]


def draw_image(image: NDArray[np.uint8], plain: bool) -> list[str]:
    """Draw an image (H, W), 0 black to 255 white, in ceil(H / 2) lines of W characters.

    Args:
        image: uint8, (H, W).
        plain: draw shades in ASCII, each the mean of two pixels, instead of coloured half blocks.
    """
    height, width = image.shape
    pairs = np.zeros((-(-height // 2), 2, width), np.uint8)
    pairs.reshape(-1, width)[:height] = image
    if plain:
        shades = (pairs.mean(axis=1) * len(_SHADES) / 256).astype(int)
        return ["".join(_SHADES[shade] for shade in row) for row in shades]
    nearest = np.abs(pairs[..., None] - np.array(_LEVELS)).argmin(axis=-1)
    greys = np.array(_GREYS)[nearest]
    return [
        "".join(
            f"\x1b[38;5;{top};48;5;{bottom}m" + "▀" * len(list(same))
            for (top, bottom), same in groupby(zip(*pair.tolist(), strict=True))
        )
        + _RESET
        for pair in greys
    ]


def shrunken(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Shrink an image (H, W) to fit `width` and `height` pixels, keeping its proportions.

    Each new pixel is the mean of the pixels it replaces. An image that fits is not changed.
    """
    old = np.array(image.shape)
    scale = min(1.0, width / old[1], height / old[0])
    new = np.maximum(1, (old * scale).astype(int))
    starts = [np.arange(count) * side // count for side, count in zip(old, new, strict=True)]
    sums = np.add.reduceat(image.astype(np.int64), starts[0], axis=0)
    sums = np.add.reduceat(sums, starts[1], axis=1)
    areas = np.outer(np.diff(starts[0], append=old[0]), np.diff(starts[1], append=old[1]))
    means: NDArray[np.uint8] = np.rint(sums / areas).astype(np.uint8)
    return means


def _picture(
    predictions: Predictions, index: int, columns: int, rows: int, plain: bool
) -> list[str]:
    """Draw an image and, if there is room, a bar for each class beside it."""
    image = shrunken(predictions.images[index], columns, 2 * rows)
    width = image.shape[1]
    drawn = draw_image(image, plain)
    bars = _bars(predictions, index, columns - width - 2, rows, plain)
    return [
        f"{line or ' ' * width}  {bar}" if bar else line
        for line, bar in zip_longest(drawn, bars, fillvalue="")
    ]


def _bars(predictions: Predictions, index: int, columns: int, rows: int, plain: bool) -> list[str]:
    """Draw the probability of each class, or of the most probable ones if there are few rows."""
    shares = np.nan_to_num(predictions.probabilities[index])
    label = len(str(len(shares) - 1))
    room = min(20, columns - label - len("  100.0%"))
    if room < 5:
        return []
    block = "#" if plain else "█"
    return [
        f"{k:>{label}} {block * round(room * float(shares[k])):{room}} {shares[k]:6.1%}"
        for k in predictions.likeliest(index, rows)
    ]


def _verdict(predictions: Predictions, index: int, columns: int, plain: bool) -> str:
    predicted, true = predictions.predicted[index], predictions.true[index]
    right = predicted == true
    sign = ("right:" if right else "WRONG:") if plain else ("✓" if right else "✗")
    text = _fitting(
        columns,
        f"{sign} predicted {predicted}, true {true} ({predictions.confidence[index]:.1%} sure)",
        f"{sign} predicted {predicted}, true {true}",
        f"{sign} {predicted}, true {true}",
    )
    return text if plain else f"\x1b[1;{32 if right else 31}m{text}{_RESET}"


def _fitting(columns: int, *texts: str) -> str:
    """Return the first of the texts (longest first) that fits, else the last one, cut to fit."""
    chosen = next((text for text in texts if len(text) <= columns), texts[-1][:columns])
    return "".join(character if character.isprintable() else "?" for character in chosen)


def _redrawn(lines: list[str]) -> str:
    return "\x1b[H" + "\x1b[K\n".join(lines) + "\x1b[K\x1b[J"


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
