"""Where someone is who leafs through test images, and what each key does to that place.

The window and the terminal browser show the same images in different ways. What they share
stands here, so that a key means the same in both: which images are selected, which of them are
on the screen, and how left, right, `m` and the digits change it.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nn.runs.predictions import Predictions, View

KEYS = ("left", "right", "m", *"0123456789", "q")


class Browsing:
    """A place among the images of `predictions`, changed by `press`.

    Args:
        predictions: what is leafed through.
        page_size: how many images are on the screen at once, at least 1.
        view: which images to begin with. Its `surest` holds for the mistakes throughout.
    """

    def __init__(
        self, predictions: Predictions, page_size: int = 1, view: View | None = None
    ) -> None:
        self.predictions = predictions
        self.page_size = page_size
        self.view = view or View()
        self.finished = False
        self._selected = predictions.selection(self.view)
        self._start = 0

    @property
    def shown(self) -> NDArray[np.intp]:
        """Indices of the images now on the screen: at most `page_size`, none if none fits."""
        return self._selected[self._start : self._start + self.page_size]

    @property
    def position(self) -> str:
        """The place in words: `12/6000`, or `21-40/138 (mistakes, digit 3)`."""
        mistakes = "mistakes" if self.view.surest is None else "surest mistakes"
        conditions = [mistakes] if self.view.only_mistakes else []
        if self.view.digit is not None:
            conditions.append(f"digit {self.view.digit}")
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
            self._look(replace(self.view, only_mistakes=not self.view.only_mistakes))
        elif key.isdigit():
            digit = None if int(key) == self.view.digit else int(key)
            self._look(replace(self.view, digit=digit))
        return True

    def _look(self, view: View) -> None:
        """Change the view and stay at the image on the screen, or at a later one of the data."""
        here = self.shown[0] if len(self.shown) else 0
        self.view = view
        self._selected = self.predictions.selection(view)
        same, later = np.flatnonzero(self._selected == here), np.flatnonzero(self._selected > here)
        place = int([*same, *later, max(0, len(self._selected) - 1)][0])
        self._start = place // self.page_size * self.page_size
