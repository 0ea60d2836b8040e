"""The style of all pictures, and the axes and files that they share.

The style is fixed, whatever a person's matplotlibrc says; the same numbers always give the same
bytes. A picture file is replaced only once the new picture is complete.

matplotlib is imported inside the functions, because importing it takes longer than asking all
the questions. Pictures are drawn in memory (Agg) through matplotlib's object interface, without
pyplot: no window opens, and no figure has to be closed.
"""

import logging
import os
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.files.atomic_write import write_atomically
from nn.reports.image_sprite import encode_png

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

# Blue, vermilion and bluish green of Okabe and Ito (2008), which colour-blind people can tell
# apart; right and wrong are darkened until they are readable as text on white.
TRAINING, VALIDATION = "#0072B2", "#D55E00"
RIGHT, WRONG = "#00704F", "#B5361C"
# For many curves: Okabe and Ito's colours without yellow, which is too pale for a line on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--")
MOST_CURVES = len(_COLOURS) * len(_DASHES)

_DPI = 110
_STYLE = {
    "font.size": 12.0,
    "axes.labelsize": 13.0,
    "axes.titlesize": 11.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "axes.axisbelow": True,
    "lines.linewidth": 2.0,
    "text.parse_math": False,  # a run's name may contain dollar signs
}


def ignore_unknown_backend() -> str:
    """Remove `MPLBACKEND` from the environment if it names no backend that is installed here.

    A notebook hands its own backend to the programs that it starts, and with an unknown one
    matplotlib cannot even be imported.

    Returns:
        The backend that was removed, or "".
    """
    name = os.environ.pop("MPLBACKEND", "")
    if name:
        import matplotlib

        try:
            matplotlib.rcParams["backend"] = name  # as matplotlib itself does when it is imported
        except ValueError:
            return name
        os.environ["MPLBACKEND"] = name
    return ""


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in this program's style and without matplotlib's warnings.

    matplotlib warns when the home folder is read-only, when it looks for fonts the first time,
    and when a name has characters that its fonts lack. None of this stops it, so the user need
    not read it.
    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from matplotlib import style

    with style.context(["default", _STYLE]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        yield


@contextmanager
def picture(
    path: Path, width: float, height: float, heading: str, title: str
) -> Iterator["Figure"]:
    """Give an empty figure (width and height in inches); write it to `path` after the block."""
    with house_style():
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)  # inches
        figure = Figure(figsize=(width, height), dpi=_DPI, layout=layout)
        canvas = FigureCanvasAgg(figure)
        name = shortened(title, round(8.5 * width))
        figure.suptitle(f"{heading}\n{name}", fontsize=13)
        yield figure
        _write_png(path, canvas)


def _write_png(path: Path, canvas: "FigureCanvasAgg") -> None:
    """Draw a figure and write it: the pixels that `savefig` writes, in half the time.

    `savefig` draws twice, the first time only for the layout, and compresses a transparency that no
    picture has.
    """
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]  # type: ignore[no-untyped-call]
    write_atomically(path, encode_png(pixels, dpi=(_DPI, _DPI)))


def shortened(title: str, width: int, lines: int = 2) -> str:
    """Wrap a title to at most `lines` lines of `width` characters; … marks what was cut."""
    broken = textwrap.wrap(title, width)
    if len(broken) > lines:
        broken[lines - 1 :] = [broken[lines - 1][: width - 1] + "…"]
    return "\n".join(broken)


def finite(values: ArrayLike) -> NDArray[np.float64]:
    """Return the values as float64, with NaN in place of infinities.

    Values are limited to ±1e30: a loss can be larger just before it overflows, and an axis that
    reaches the end of float64 overflows itself.
    """
    array = np.array(values, np.float64)
    array[~np.isfinite(array)] = np.nan
    return array.clip(-1e30, 1e30)


def curve_style(number: int) -> dict[str, Any]:
    """Return colour and dashes of the curve of that number, from 0 to `MOST_CURVES` - 1."""
    return {
        "color": _COLOURS[number % len(_COLOURS)],
        "linestyle": _DASHES[number // len(_COLOURS)],
    }


def legend_below(figure: "Figure", axes: "Axes", columns: int = 1, **style: Any) -> None:
    """Name the curves of `axes` below the figure, the one drawn last first."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles[::-1], labels[::-1], loc="outside lower center", frameon=False, ncols=columns,
        **style,
    )  # fmt: skip


def scale_values(axes: "Axes", values: NDArray[np.float64]) -> bool:
    """Make the vertical axis logarithmic if values differ by over 1,000 times; return whether."""
    if np.isnan(values).all():
        axes.set_yticks([])
    positive = values[values > 0]
    log = bool(positive.size) and float(positive.max() / positive.min()) > 1000
    if log:
        axes.set_yscale("log", nonpositive="mask")
    return log


def name_axes(axes: "Axes", epochs: Sequence[int], y_label: str) -> None:
    """Label both axes; the horizontal one has ticks at whole epochs."""
    from matplotlib.ticker import MaxNLocator

    margin = max(0.5, 0.02 * (epochs[-1] - epochs[0]))
    axes.set_xlim(epochs[0] - margin, epochs[-1] + margin)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("epoch")
    axes.set_ylabel(y_label)
