"""How a training has gone so far, as a few lines of blocks under the progress bar.

Whether a run is still learning or has begun to learn by heart is seen from the shape of its
curves at a glance, and from a column of numbers only by reading it.
"""

import os
from collections.abc import Sequence
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from nn.training.history import EpochRecord

_BLOCKS = "▁▂▃▄▅▆▇█"
_WIDEST = 3  # blocks an epoch; a short training need not fill the screen
_LEAST_ROOM = 10  # blocks, below which a curve tells nothing
_LEAST_ROWS = 10  # of the terminal, so that the lines before stay in sight


def can_show_chart(stream: TextIO) -> bool:
    """Return whether `stream` is a terminal that has the blocks and can move up a line."""
    has_blocks = (stream.encoding or "").lower().startswith("utf")
    obeys = os.environ.get("TERM", "dumb") != "dumb" and os.name != "nt"
    return stream.isatty() and has_blocks and obeys


def chart_lines(history: Sequence[EpochRecord], epochs: int, columns: int, rows: int) -> list[str]:
    """Draw losses and accuracies over the epochs: a line for each curve, the lowest at `▁`.

    The training's and the validation's curve of one kind have the same scale.

    Args:
        history: The epochs so far.
        epochs: How many there are to be.
        columns: Of the terminal. Too few for all epochs show means of several.
        rows: Of the terminal.

    Returns:
        Four lines, shorter than `columns`; none where the terminal is too small, or before the
        first epoch is over.
    """
    lines: list[str] = []
    for kind, form, factor in (("loss", "  {:.4f}", 1.0), ("accuracy", "  {:.2f} %", 100.0)):
        curves = {
            name: factor * np.array([getattr(record, f"{name}_{kind}") for record in history])
            for name in ("training", "validation")
        }
        ends = [form.format(curve[-1]) for curve in curves.values()] if history else []
        room = columns - 1 - len("accuracy  validation  ") - max(map(len, ends), default=0)
        if not history or room < _LEAST_ROOM or rows < _LEAST_ROWS:
            return []
        lowest, highest = np.min(list(curves.values())), np.max(list(curves.values()))
        for name, end in zip(curves, ends, strict=True):
            heading = kind if name == "training" else ""
            heights = (_fitted(curves[name], room) - lowest) / max(highest - lowest, 1e-12)
            width = min(max(1, room // epochs), _WIDEST)
            blocks = "".join(width * _BLOCKS[round(7 * height)] for height in heights.tolist())
            lines.append(f"{heading:8}  {name:10}  {blocks}{end}")
    return lines


def _fitted(values: NDArray[np.float64], room: int) -> NDArray[np.float64]:
    """Return the values, or the means of `room` groups of neighbours if there are more."""
    if len(values) <= room:
        return values
    return np.array([group.mean() for group in np.array_split(values, room)])
