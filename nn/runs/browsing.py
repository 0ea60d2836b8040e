"""Where someone is who leafs through test images, and what each key does to that place.

The window and the terminal browser show the same images in different ways. What they share
stands here, so that a key means the same in both: which images there are to see, which of them
are on the screen, which one is looked at closely, and how each key changes that.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nn.runs.predictions import Predictions, View

KEYS = ("left", "right", "up", "down", "m", *"0123456789", "q")


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
        self._images = predictions.selection(self.view)
        self._place = 0  # of the selected image among them; its page is on the screen

    @property
    def shown(self) -> NDArray[np.intp]:
        """Indices of the images now on the screen: at most `page_size`, none if none fits."""
        return self._images[self._start : self._start + self.page_size]

    @property
    def selected(self) -> int | None:
        """Index of the image that is looked at closely, one of those shown; None if none is."""
        return int(self._images[self._place]) if len(self._images) else None

    @property
    def _start(self) -> int:
        return self._place // self.page_size * self.page_size

    @property
    def position(self) -> str:
        """The place in words: `12/6000`, or `21-40/138 (mistakes, digit 3)`."""
        mistakes = "mistakes" if self.view.surest is None else "surest mistakes"
        conditions = [mistakes] if self.view.only_mistakes else []
        if self.view.digit is not None:
            conditions.append(f"digit {self.view.digit}")
        count = len(self._images)
        first, last = self._start + 1, min(self._start + self.page_size, count)
        place = "0" if count == 0 else f"{first}-{last}" if last > first else f"{first}"
        return f"{place}/{count}" + (f" ({', '.join(conditions)})" if conditions else "")

    def press(self, key: str) -> bool:
        """Do what `key` (one of `KEYS`) means; return False where it means nothing.

        `m` shows the mistakes only, and again everything; a digit shows that class only, and
        again all; `q` ends. Left and right turn a page, up and down select the image before and
        after; they stop at the first and the last one.
        """
        if key not in KEYS:
            return False
        if key == "q":
            self.finished = True
        elif key == "right" and self._start + self.page_size < len(self._images):
            self._place = self._start + self.page_size
        elif key == "left":
            self._place = max(0, self._start - self.page_size)
        elif key == "down":
            self._place = min(self._place + 1, max(0, len(self._images) - 1))
        elif key == "up":
            self._place = max(0, self._place - 1)
        elif key == "m":
            self._look(replace(self.view, only_mistakes=not self.view.only_mistakes))
        elif key.isdigit():
            digit = None if int(key) == self.view.digit else int(key)
            self._look(replace(self.view, digit=digit))
        return True

    def select(self, place: int) -> bool:
        """Select the image at a place on the screen, 0 the first; False where none is."""
        there = 0 <= place < len(self.shown)
        if there:
            self._place = self._start + place
        return there

    def _look(self, view: View) -> None:
        """Change the view and stay at the selected image, or at a later one of the data."""
        here = self.selected or 0
        self.view = view
        self._images = self.predictions.selection(view)
        same, later = np.flatnonzero(self._images == here), np.flatnonzero(self._images > here)
        self._place = int([*same, *later, max(0, len(self._images) - 1)][0])
