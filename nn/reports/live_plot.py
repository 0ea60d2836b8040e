"""A window with the curves of a training, drawn anew after each epoch.

The pictures of a finished run come too late to stop one that learns nothing.
"""

import time
from contextlib import suppress
from typing import Literal

from nn.reports.plots import draw_history, house_style
from nn.training.history import EpochRecord, History
from nn.training.trainer import Observer

_REFRESH = 0.1  # seconds between two looks at the window's own events


class LivePlot(Observer):
    """Follows a training in a window, open from the first epoch on, until the person closes it.

    The training goes on without the window.

    Args:
        title: The window's.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._history: History = []
        self._is_open = self._was_opened = False
        self._next_look = 0.0

    def on_resume(self, history: History) -> None:
        """Let the curves begin with the epochs that were trained before."""
        self._history = list(history)

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        """Open the window, the first time."""
        if self._was_opened:
            return
        self._was_opened = True
        import matplotlib.pyplot as plt

        with house_style(), plt.rc_context({"toolbar": "None"}):
            self._figure = plt.figure(figsize=(11, 5), num=self._title, layout="constrained")
            self._figure.canvas.mpl_connect("close_event", self._on_close)
            self._is_open = True
            plt.show(block=False)
            self._figure.canvas.flush_events()

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        """Let the window be moved, covered and closed, at most ten times a second."""
        now = time.monotonic()
        if self._is_open and now >= self._next_look:
            self._next_look = now + _REFRESH
            self._figure.canvas.flush_events()

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Draw the curves as far as they go."""
        self._history.append(record)
        if not self._is_open:
            return
        epochs = [record.epoch for record in self._history]
        with house_style():
            self._figure.clear()
            self._figure.suptitle(f"After epoch {record.epoch}", fontsize=13)
            both = self._figure.subplots(1, 2)
            kinds: tuple[Literal["loss", "accuracy"], ...] = ("loss", "accuracy")
            for axes, kind in zip(both, kinds, strict=True):
                training = [getattr(record, f"training_{kind}") for record in self._history]
                validation = [getattr(record, f"validation_{kind}") for record in self._history]
                draw_history(axes, kind, epochs, training=training, validation=validation)
                axes.legend(
                    loc="upper center", bbox_to_anchor=(0.5, -0.16), frameon=False, fontsize=10
                )
            self._figure.canvas.draw()
            self._figure.canvas.flush_events()

    def hold(self) -> None:
        """Return once the person has closed the window; Ctrl-C closes it, too."""
        import matplotlib.pyplot as plt

        with suppress(KeyboardInterrupt), house_style():
            if self._is_open:
                plt.show(block=True)

    def _on_close(self, event: object) -> None:
        self._is_open = False
