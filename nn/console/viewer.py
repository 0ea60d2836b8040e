"""Browsing the test images in a terminal, one at a time.

A remote connection has no window, but the images are small enough for a terminal: the half block
▀ has two colours, its own above and the background's below, so 28 x 28 pixels take 28 columns and
14 rows. Without colours (NO_COLOR, a dumb terminal, an encoding without the block) characters from
blank to @ are the shades.
"""

from itertools import groupby, zip_longest
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from nn.console.terminal import fitting, is_plain, run_screen
from nn.datasets.pixels import grey
from nn.runs.browsing import Browsing
from nn.runs.predictions import Predictions, View
from nn.wording import padded, width_of

_SHADES = " .:-=+*#%@"
# Black, 24 greys and white among the usual 256 colours of terminals, and their brightness.
_GREYS = (16, *range(232, 256), 231)
_LEVELS = (0, *range(8, 239, 10), 255)
_RESET = "\x1b[0m"


def browse_in_terminal(
    predictions: Predictions, input: TextIO, output: TextIO, view: View | None = None
) -> None:
    """Show one image after the other until `q` is pressed or the input ends.

    Keys: left and right, or up and down, show the previous and the next image, `m` shows only the
    mistakes, a digit only that class (the same key again shows all), `q` quits.

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
    plain = is_plain(output)
    run_screen(
        input,
        output,
        lambda columns, rows: None if browsing.finished else frame(browsing, columns, rows, plain),
        browsing.press,
    )


def frame(browsing: Browsing, columns: int, rows: int, plain: bool) -> list[str]:
    """Return what is on the screen: at most `rows` lines of at most `columns` characters.

    Args:
        browsing: the position in the images; the first one shown is drawn.
        columns: of the terminal, at least 1. If there are few, the image is smaller, the texts
            are shorter, and the bars are left out.
        rows: of the terminal, at least 1. If there are few, the image is smaller or left out.
        plain: in ASCII, without colours.
    """
    position = [fitting(columns, browsing.position)]
    picture: list[str] = []
    if len(browsing.shown) == 0:
        verdict = fitting(columns, "No such image; the same key again shows all.", "No image")
    else:
        index = int(browsing.shown[0])
        verdict = _verdict(browsing.predictions, index, columns, plain)
        position = [fitting(columns, f"{browsing.position}, index {index}", *position)]
        if rows > 5:
            picture = _picture(browsing.predictions, index, columns, rows - 4, plain)
    arrows = "left right" if plain else "← →"
    keys = fitting(
        columns,
        f"{arrows} move   m {browsing.m_shows}   0-9 one class   q quit",
        f"{arrows} m {browsing.m_shows.split()[0]} 0-9 class q quit",
        f"{arrows} m 0-9 q",
    )
    title = [fitting(columns, browsing.predictions.title)] if rows > 3 else []
    return [*title, verdict, *position, *picture, keys][:rows]


def draw_image(image: NDArray[np.uint8], plain: bool) -> list[str]:
    """Draw an image, 0 black to 255 white, in ceil(H / 2) lines of W characters.

    Args:
        image: uint8, (H, W); one in colour, (3, H, W), is drawn in greys.
        plain: draw shades in ASCII, each the mean of two pixels, instead of coloured half blocks.
    """
    image = grey(image[np.newaxis])[0]
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
    """Shrink an image to fit `width` and `height` pixels, keeping its proportions.

    Each new pixel is the mean of the pixels it replaces. An image that fits is not changed.

    Args:
        image: uint8, (H, W); one in colour, (3, H, W), becomes grey.
        width: most columns.
        height: most rows.
    """
    image = grey(image[np.newaxis])[0]
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
    label = max(width_of(predictions.name(k, 14)) for k in range(len(shares)))
    room = min(20, columns - label - len("  100.0%"))
    if room < 5:
        return []
    block = "#" if plain else "█"
    return [
        f"{padded(predictions.name(k, 14), label, right=True)} "
        f"{block * round(room * float(shares[k])):{room}} {shares[k]:6.1%}"
        for k in predictions.likeliest(index, rows)
    ]


def _verdict(predictions: Predictions, index: int, columns: int, plain: bool) -> str:
    right = predictions.predicted[index] == predictions.true[index]
    predicted = predictions.name(predictions.predicted[index])
    true = predictions.name(predictions.true[index])
    sign = ("right:" if right else "WRONG:") if plain else ("✓" if right else "✗")
    text = fitting(
        columns,
        f"{sign} predicted {predicted}, true {true} ({predictions.confidence[index]:.1%} sure)",
        f"{sign} predicted {predicted}, true {true}",
        f"{sign} {predicted}, true {true}",
    )
    return text if plain else f"\x1b[1;{32 if right else 31}m{text}{_RESET}"
