"""Where someone is who leafs through test images, and what each key does to that place.

The window and the terminal browser show the same images in different ways. What they share
stands here, so that a key means the same in both: which images are selected, which of them are
on the screen, and how left, right, `m` and the digits change it.
"""

import numpy as np
from numpy.typing import NDArray

from nn.runs.predictions import Predictions

KEYS = ("left", "right", "m", *"0123456789", "q")


class Browsing:
    """A place among the images of `predictions`, changed by `press`.

    Args:
        predictions: what is leafed through.
        page_size: how many images are on the screen at once, at least 1.
    """

    def __init__(self, predictions: Predictions, page_size: int = 1) -> None:
        self.predictions = predictions
        self.page_size = page_size
        self.only_mistakes = False
        self.digit: int | None = None
        self.finished = False
        self._selected = predictions.selection(False, None)
        self._start = 0

    @property
    def shown(self) -> NDArray[np.intp]:
        """Indices of the images now on the screen: at most `page_size`, none if none fits."""
        return self._selected[self._start : self._start + self.page_size]

    @property
    def position(self) -> str:
        """The place in words: `12/6000`, or `21-40/138 (mistakes, digit 3)`."""
        conditions = ["mistakes"] if self.only_mistakes else []
        if self.digit is not None:
            conditions.append(f"digit {self.digit}")
        count = len(self._selected)
        first, last = self._start + 1, min(self._start + self.page_size, count)
        place = "0" if count == 0 else f"{first}-{last}" if last > first else f"{first}"
        return f"{place}/{count}" + (f" ({', '.join(conditions)})" if conditions else "")

    def press(self, key: str) -> bool:
        """Do what `key` (one of `KEYS`) means; return False where it means nothing.

        `m` shows the mistakes only, and again everything; a digit shows that class only, and
        again all; `q` ends. Left and right stop at the first and the last image.
        """
        if key not in KEYS:
            return False
        if key == "q":
            self.finished = True
        elif key == "right" and self._start + self.page_size < len(self._selected):
            self._start += self.page_size
        elif key == "left":
            self._start = max(0, self._start - self.page_size)
        elif key == "m":
            self._select(not self.only_mistakes, self.digit)
        elif key.isdigit():
            self._select(self.only_mistakes, None if int(key) == self.digit else int(key))
        return True

    def _select(self, only_mistakes: bool, digit: int | None) -> None:
        """Change the selection and stay at the image in view, or at the next one selected."""
        here = self.shown[0] if len(self.shown) else 0
        self.only_mistakes, self.digit = only_mistakes, digit
        self._selected = self.predictions.selection(only_mistakes, digit)
        place = min(int(np.searchsorted(self._selected, here)), max(0, len(self._selected) - 1))
        self._start = place // self.page_size * self.page_size
