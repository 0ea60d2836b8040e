"""Browsing the test images in a window, a page at a time.

A table says that 2% are wrong; the images show why.
"""

import os
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from nn.reports.figure import RIGHT, TRAINING, WRONG, house_style, shortened
from nn.reports.image_grid import CELL_HEIGHT, cell_centre, draw_images, verdict
from nn.runs.browsing import KEYS, Browsing
from nn.runs.predictions import Predictions, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import Event
    from matplotlib.figure import Figure

_COLUMNS, _ROWS = 6, 3  # readable, and fits the screen of a small laptop
_MOST_BARS = 12  # with more classes, the most probable ones
# Prints 1 if a figure opens in a real window; without `show` it stays hidden.
_TRIAL = """
import matplotlib.pyplot as plt
print(int(plt.figure().canvas.required_interactive_framework is not None))
"""

NO_DISPLAY = "there is no display"
_INSTALLING_TKINTER = (
    "install it (Debian, Ubuntu: apt install python3-tk; Fedora: dnf install python3-tkinter; "
    "Homebrew: brew install python-tk), or another toolkit: pip install PySide6"
)


def why_no_window(patience: float = 20.0) -> str:
    """Return why matplotlib cannot open a window here, or "" if it can.

    Without a display matplotlib draws in memory, and `show` silently does nothing. Some of its
    backends end the whole program if one of their libraries is missing, and a display on another
    machine may never answer. So a separate process tries it, unless the environment already
    shows that there is no display.

    Args:
        patience: seconds to wait for an answer.
    """
    own_windows = sys.platform in ("darwin", "win32")
    if not (own_windows or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return NO_DISPLAY
    try:
        trial = subprocess.run(  # noqa: S603 (a fixed program, run by this Python)
            [sys.executable, "-W", "ignore", "-c", _TRIAL],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        return "the display does not answer"
    if trial.returncode == 0 and trial.stdout.strip() == b"1":
        return ""
    if os.environ.get("MPLBACKEND"):
        return f"MPLBACKEND={os.environ['MPLBACKEND']} opens no window"
    try:
        import_module("tkinter")
    except ImportError:
        return f"this Python has no tkinter, which opens windows; {_INSTALLING_TKINTER}"
    return "the display refuses windows"


def browse_in_window(predictions: Predictions, view: View | None = None) -> None:
    """Show the images in a window until it is closed.

    The selected image has a frame; its probabilities are drawn beside the page.

    Keys: left and right turn the page, up and down (or a click) select an image, `m` shows only
    the mistakes, a digit only that class (the same key again shows all), `q` closes the window.
    """
    with house_style():
        import matplotlib
        import matplotlib.pyplot as plt

        # matplotlib uses some of the keys itself; it looks them up whenever a key is pressed.
        others = {
            name: [key for key in keys if key not in KEYS]
            for name, keys in matplotlib.rcParams.items()
            if name.startswith("keymap.")
        }
        with plt.rc_context({**others, "toolbar": "None"}):
            figure = plt.figure(figsize=(11, 6.6), num=f"Test images: {predictions.title}")
            show_pages(figure, predictions, view)
            plt.show(block=True)
            plt.close(figure)


def show_pages(figure: "Figure", predictions: Predictions, view: View | None = None) -> Browsing:
    """Draw the first page into `figure`, and after each key the page that it selects.

    Returns:
        The position in the images, which the keys change.
    """
    import matplotlib.pyplot as plt

    browsing = Browsing(predictions, page_size=_COLUMNS * _ROWS, view=view)
    axes = figure.add_axes((0.01, 0.06, 0.71, 0.82))
    bars = figure.add_axes((0.765, 0.14, 0.165, 0.64))
    figure.suptitle(shortened(predictions.title, 70, lines=1), fontsize=12)
    keys = figure.text(0.5, 0.02, "", ha="center", fontsize=11)

    def draw() -> None:
        axes.clear()
        draw_images(axes, predictions, browsing.shown, _COLUMNS, _ROWS)
        axes.set_title(browsing.position, fontsize=12)
        keys.set_text(
            "← → page    ↑ ↓ or click: one image    "
            f"m {browsing.m_shows}    0-9 one class    q quit"
        )
        bars.clear()
        bars.set_visible(browsing.selected is not None)
        if browsing.selected is not None:
            _frame(axes, int(np.flatnonzero(browsing.shown == browsing.selected)[0]))
            draw_probabilities(bars, predictions, browsing.selected)
        figure.canvas.draw_idle()

    def on_key(event: "Event") -> None:
        if not browsing.press(getattr(event, "key", None) or ""):
            return
        if browsing.finished:
            plt.close(figure)
        else:
            draw()

    def on_click(event: "Event") -> None:
        x, y = getattr(event, "xdata", None), getattr(event, "ydata", None)
        if getattr(event, "inaxes", None) is not axes or x is None or y is None:
            return
        column, row = int(x // 1), int(y // CELL_HEIGHT)
        if 0 <= column < _COLUMNS and row >= 0 and browsing.select(row * _COLUMNS + column):
            draw()

    figure.canvas.mpl_connect("key_press_event", on_key)
    figure.canvas.mpl_connect("button_press_event", on_click)
    draw()
    return browsing


def draw_probabilities(axes: "Axes", predictions: Predictions, index: int) -> None:
    """Draw the probability of each class, or of the most probable ones, for one image.

    The bar of the true class is green, that of a wrong prediction red.

    Args:
        axes: where to draw; empty.
        predictions: the images and the network's answers.
        index: of the image.
    """
    likeliest = predictions.likeliest(index, _MOST_BARS)
    predicted, true = predictions.predicted[index], predictions.true[index]
    colours = [RIGHT if k == true else WRONG if k == predicted else TRAINING for k in likeliest]
    rows = range(len(likeliest))
    shares = np.nan_to_num(predictions.probabilities[index][likeliest])
    axes.barh(rows, 100 * shares, color=colours)
    for row, share in zip(rows, shares, strict=True):
        axes.text(103, row, f"{share:.1%}", va="center", fontsize=10)
    axes.set_yticks(rows, [predictions.name(k, 8) for k in likeliest])
    axes.set_ylim(len(likeliest) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("probability (%)", fontsize=11)
    text, colour = verdict(predictions, index, between=", ")
    axes.set_title(f"index {index}\n{text}", fontsize=12, color=colour, fontweight="bold")


def _frame(axes: "Axes", cell: int) -> None:
    """Draw a frame around the image in a cell of the page."""
    from matplotlib.patches import Rectangle

    x, y = cell_centre(cell, _COLUMNS)
    corner = (x - 0.49, y - 0.49 - (CELL_HEIGHT - 1))
    axes.add_patch(
        Rectangle(corner, 0.98, CELL_HEIGHT - 0.02, fill=False, linewidth=2.5, color=TRAINING)
    )
