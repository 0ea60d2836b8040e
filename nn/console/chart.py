"""The curves of a training so far, as a few lines of blocks under the progress bar.

Their shape shows at a glance whether a run is still learning or has begun to overfit.
"""

import os
from collections.abc import Sequence
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from nn.training.history import EpochRecord

_BLOCKS = "▁▂▃▄▅▆▇█"
_WIDEST = 3  # blocks for each epoch; a short training need not fill the screen
_LEAST_ROOM = 10  # blocks; a shorter curve shows nothing
_LEAST_ROWS = 10  # of the terminal, so that earlier lines stay visible


def can_show_chart(stream: TextIO) -> bool:
    """Return whether `stream` is a terminal that has block characters and can move the cursor."""
    has_blocks = (stream.encoding or "").lower().startswith("utf")
    obeys = os.environ.get("TERM", "dumb") != "dumb" and os.name != "nt"
    return stream.isatty() and has_blocks and obeys


def chart_lines(history: Sequence[EpochRecord], epochs: int, columns: int, rows: int) -> list[str]:
    """Draw losses and accuracies over the epochs: a line for each curve, the lowest value as `▁`.

    Training and validation have the same scale.

    Args:
        history: The epochs so far.
        epochs: The number of epochs of the whole training.
        columns: Of the terminal. If they are too few, a block is the mean of several epochs.
        rows: Of the terminal.

    Returns:
        Four lines, shorter than `columns`; none if the terminal is too small or no epoch has
        ended.
    """
    lines: list[str] = []
    for kind, form, factor in (("loss", "  {:.4f}", 1.0), ("accuracy", "  {:.2f}%", 100.0)):
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
    """Return the values, or the means of `room` groups of neighbours if there are too many."""
    if len(values) <= room:
        return values
    return np.array([group.mean() for group in np.array_split(values, room)])
