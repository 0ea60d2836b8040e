"""Browsing test images: which of them are on the screen, and what each key changes.

The window and the terminal viewer draw the same images in different ways. What they share is
here, so that a key means the same in both.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nn.runs.predictions import Predictions, View

KEYS = ("left", "right", "up", "down", "m", *"0123456789", "q")


class Browsing:
    """A position among the images of `predictions`, changed by `press`.

    Args:
        predictions: the images and the network's answers.
        page_size: the number of images on the screen at once, at least 1.
        view: which images to show first. Its `surest` applies to mistakes in every view.
    """

    def __init__(
        self, predictions: Predictions, page_size: int = 1, view: View | None = None
    ) -> None:
        self.predictions = predictions
        self.page_size = page_size
        self.view = view or View()
        self.finished = False
        self._images = predictions.selection(self.view)
        self._number = 0  # of the selected image among them; its page is on the screen

    @property
    def shown(self) -> NDArray[np.intp]:
        """Indices of the images on the screen: at most `page_size`, none if the view has none."""
        return self._images[self._start : self._start + self.page_size]

    @property
    def selected(self) -> int | None:
        """Index of the selected image, one of those shown; None if there is none."""
        return int(self._images[self._number]) if len(self._images) else None

    @property
    def _start(self) -> int:
        return self._number // self.page_size * self.page_size

    @property
    def position(self) -> str:
        """The position in words: `12 of 6,000`, or `21-40 of 138 (mistakes, class 3)`."""
        mistakes = "mistakes" if self.view.surest is None else "most confident mistakes"
        conditions = [mistakes] if self.view.only_mistakes else []
        if self.view.digit is not None:
            conditions.append(f"class {self.predictions.name(self.view.digit)}")
        count = len(self._images)
        first, last = self._start + 1, min(self._start + self.page_size, count)
        shown = "0" if count == 0 else f"{first:,}-{last:,}" if last > first else f"{first:,}"
        return f"{shown} of {count:,}" + (f" ({', '.join(conditions)})" if conditions else "")

    @property
    def m_shows(self) -> str:
        """What the key `m` would show now."""
        return "all images" if self.view.only_mistakes else "mistakes only"

    def press(self, key: str) -> bool:
        """Do what `key` (one of `KEYS`) means; return False for any other key.

        `m` shows only the mistakes, a digit only that class; the same key again shows all. Left
        and right turn the page, up and down select the previous and the next image; they stop at
        the first and the last one. `q` ends.
        """
        if key not in KEYS:
            return False
        if key == "q":
            self.finished = True
        elif key == "right" and self._start + self.page_size < len(self._images):
            self._number = self._start + self.page_size
        elif key == "left":
            self._number = max(0, self._start - self.page_size)
        elif key == "down":
            self._number = min(self._number + 1, max(0, len(self._images) - 1))
        elif key == "up":
            self._number = max(0, self._number - 1)
        elif key == "m":
            self._look(replace(self.view, only_mistakes=not self.view.only_mistakes))
        elif key.isdigit():
            digit = None if int(key) == self.view.digit else int(key)
            self._look(replace(self.view, digit=digit))
        return True

    def select(self, cell: int) -> bool:
        """Select the image in a cell of the screen, 0 being the first; False if it is empty."""
        exists = 0 <= cell < len(self.shown)
        if exists:
            self._number = self._start + cell
        return exists

    def _look(self, view: View) -> None:
        """Change the view and keep the selected image, or select the next one in it."""
        here = self.selected or 0
        self.view = view
        self._images = self.predictions.selection(view)
        same, later = np.flatnonzero(self._images == here), np.flatnonzero(self._images > here)
        self._number = int([*same, *later, max(0, len(self._images) - 1)][0])
