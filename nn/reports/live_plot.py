"""A window that shows the curves during training, redrawn after each epoch.

A run that learns nothing can then be stopped early.
"""

import time
from contextlib import suppress
from typing import Literal

from nn.reports.figure import house_style
from nn.reports.history_plots import ANY_UNIT, draw_history
from nn.training.history import EpochRecord, History
from nn.training.trainer import Observer

_REFRESH = 0.1  # seconds between two checks for the window's own events


class LivePlot(Observer):
    """Shows a training in a window, from the first epoch on.

    Training continues if the person closes the window.

    Args:
        title: The window's title.

    Attributes:
        is_open: Whether the window is open.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._history: History = []
        self.is_open = self._was_opened = False
        self._next_look = 0.0

    def on_resume(self, history: History) -> None:
        """Start the curves with the epochs trained before the run was resumed."""
        self._history = list(history)

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        """Open the window in the first epoch."""
        if self._was_opened:
            return
        self._was_opened = True
        import matplotlib.pyplot as plt

        with house_style(), plt.rc_context({"toolbar": "None"}):
            self._figure = plt.figure(figsize=(11, 5), num=self._title, layout="constrained")
            self._figure.canvas.mpl_connect("close_event", self._on_close)
            self.is_open = True
            plt.show(block=False)
            self._figure.canvas.flush_events()

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        """Let the person move, cover and close the window; checked ten times a second."""
        now = time.monotonic()
        if self.is_open and now >= self._next_look:
            self._next_look = now + _REFRESH
            self._figure.canvas.flush_events()

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Draw the curves so far."""
        self._history.append(record)
        if self.is_open:
            self._draw(f"After epoch {record.epoch}", finished=False)

    def hold(self) -> None:
        """Return when the person has closed the window or pressed Ctrl-C."""
        import matplotlib.pyplot as plt

        with suppress(KeyboardInterrupt), house_style():
            if self.is_open:
                self._draw(
                    "Training has ended: close this window to end the program", finished=True
                )
                plt.show(block=True)

    def _draw(self, heading: str, *, finished: bool) -> None:
        epochs = [record.epoch for record in self._history]
        with house_style():
            self._figure.clear()
            self._figure.suptitle(heading, fontsize=13)
            both = self._figure.subplots(1, 2)
            kinds: tuple[Literal["loss", "accuracy"], ...] = ("loss", "accuracy")
            for axes, kind in zip(both, kinds, strict=True):
                training = [getattr(record, f"training_{kind}") for record in self._history]
                validation = [getattr(record, f"validation_{kind}") for record in self._history]
                draw_history(
                    axes, kind, epochs, training=training, validation=validation,
                    finished=finished, loss_unit=ANY_UNIT,
                )  # fmt: skip
                axes.legend(
                    loc="upper center", bbox_to_anchor=(0.5, -0.16), frameon=False, fontsize=10
                )
            self._figure.canvas.draw()
            self._figure.canvas.flush_events()

    def _on_close(self, event: object) -> None:
        self.is_open = False
