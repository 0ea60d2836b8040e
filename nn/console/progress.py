"""The progress of training, downloads and searches on the screen.

In a terminal each epoch has a bar with a chart of the earlier epochs below it; both disappear when
the epoch ends. Everywhere each epoch leaves one plain line, the only thing that a log file gets.
"""

import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tqdm import tqdm

from nn.console.chart import can_show_chart, chart_lines
from nn.console.program import is_output_gone, say
from nn.datasets.picture_folders import PICTURES
from nn.training.history import EpochRecord, History
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer

REFRESH = 0.1  # seconds between two updates of the bar; the trainer reports ten times as often
_REMEMBER_CURSOR, _CURSOR_BACK = "\x1b7", "\x1b8"

tqdm.monitor_interval = 0  # no extra thread: the trainer reports often enough


class _Bar(tqdm):  # type: ignore[type-arg]  # it is generic for type checkers only
    """A bar whose remaining time stays correct if the system clock is changed.

    It is shown only in a terminal that can return to the beginning of a line.
    """

    def __init__(self, **words: Any) -> None:
        super().__init__(disable=True if os.environ.get("TERM") == "dumb" else None, **words)
        self._time = time.monotonic
        self.start_t = self.last_print_t = self._time()


class Progress(Observer):
    """Shows a training: a bar while an epoch runs, a line when it ends.

    `contextlib.closing` around the training removes the bar, however the training ends.

    Args:
        chart: Whether to draw the chart if the terminal can show it.
    """

    def __init__(self, *, chart: bool = True) -> None:
        self._bar: _Bar | None = None
        self._chart = chart and sys.stderr is not None and can_show_chart(sys.stderr)
        self._size = os.terminal_size((0, 0))
        self._history: History = []
        self._epochs = 0
        self._next_look = 0.0
        self._examples = 1
        self._epoch = 0  # the one that runs
        self._begun: tuple[float, int] | None = None  # when the training began, and its epoch
        self._paused: float | None = None  # since when

    def on_resume(self, history: History) -> None:
        """Start the chart with the epochs trained before the run was resumed."""
        self._history = list(history)

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        """Open the epoch's bar, and draw the chart for the terminal's current size."""
        self._epochs, self._epoch, self._examples = epochs, epoch, examples
        self._begun = self._begun or (time.monotonic(), epoch)
        self._next_look = 0.0
        if self._chart:
            self._draw_chart()
        self._bar = _Bar(
            total=examples,
            desc=f"epoch {epoch}/{epochs}",
            bar_format="{desc} {percentage:3.0f}%{postfix} {bar}",
            leave=False,
            dynamic_ncols=True,
            delay=1,
        )
        # Visible from the first progress on, when every observer knows that the epoch has begun:
        # Ctrl-C must ask its question as soon as the bar is visible.
        self._bar.delay = 0

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        """Move the bar, at most ten times a second."""
        now = time.monotonic()
        if self._paused and self._begun:  # the wait for a person's answer is no training
            self._begun = self._begun[0] + now - self._paused, self._begun[1]
        self._paused = None
        if self._bar is None or self._bar.disable or now < self._next_look:
            return
        self._next_look = now + REFRESH
        self._bar.n = examples_done
        figures = (
            f"{self._time_left(now, examples_done)} left, loss {loss:.4f}, accuracy {accuracy:.2%}"
        )
        self._bar.set_postfix_str(figures, refresh=not self._chart)
        if self._chart:
            self._follow_resize()
            # A terminal that becomes narrower breaks the bar's line, even while it is drawn; a
            # cursor at its beginning stays with the first part. In one piece, so that the terminal
            # does not move the line while it remembers where it was.
            _write(f"{_REMEMBER_CURSOR}\r\x1b[K{self._bar}{_CURSOR_BACK}")

    def _time_left(self, now: float, examples_done: int) -> str:
        """Return the time until the last epoch ends, at the pace of the training so far."""
        begun, first = self._begun or (now, self._epoch)
        part = examples_done / self._examples
        done = self._epoch - first + part
        left = self._epochs - self._epoch + 1 - part
        return tqdm.format_interval((now - begun) / done * left) if done else "?"

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Replace the bar by the epoch's line.

        Raises:
            StopTraining: the output is closed; the run is saved.
        """
        self._history.append(record)
        self.close()
        try:
            say(epoch_line(record, self._epochs), flush=True)
        except OSError as error:
            if is_output_gone(error):
                raise StopTraining(save=True) from None
            raise

    def pause(self) -> None:
        """Clear the bar for other output in the middle of an epoch; it returns below that."""
        self._paused = time.monotonic()
        if self._bar is None or self._bar.disable:
            print()
            return
        self._bar.clear()
        self._clear_chart()

    def close(self) -> None:
        """Remove the bar; necessary before anything else is printed."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
            self._clear_chart()

    def _draw_chart(self) -> None:
        """Draw the chart below the cursor; during the epoch only the bar's line changes."""
        with suppress(OSError):  # a closed terminal must not end the run
            self._size = os.get_terminal_size(sys.stderr.fileno())
        lines = chart_lines(self._history, self._epochs, *self._size)
        back = f"\x1b[{len(lines)}A\r" if lines else ""
        _write("".join(f"\n{line}\x1b[K" for line in lines) + back)

    def _follow_resize(self) -> None:
        """Redraw bar and chart if the size of the terminal has changed."""
        with suppress(OSError):
            if os.get_terminal_size(sys.stderr.fileno()) == self._size:
                return
            self._clear_chart()
            self._draw_chart()

    def _clear_chart(self) -> None:
        """Clear the cursor's line and everything below, even if a resize has broken the lines.

        This takes two steps: if the cursor is in the top line, some terminals treat a single step
        as clearing the screen and keep a copy of it in their history.
        """
        if self._chart:
            _write("\x1b[K\n\x1b[J\x1b[A")


def _write(text: str) -> None:
    """Write to the bar's terminal; a closed terminal must not end the run."""
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def epoch_line(record: EpochRecord, epochs: int) -> str:
    """Return an epoch's figures in one line; accuracies in percent."""
    return (
        f"epoch {record.epoch:{len(str(epochs))}}/{epochs}"
        f"  loss {record.training_loss:.4f}  accuracy {record.training_accuracy:.2%}"
        f"  validation {record.validation_loss:.4f}  {record.validation_accuracy:.2%}"
        f"  {record.seconds:.1f} s"
    )


class DownloadProgress:
    """Shows a bar for each download; called with file name, bytes so far and total bytes.

    The same bar shows how many pictures of a data set have been read.
    """

    def __init__(self) -> None:
        self._bars: dict[str, _Bar] = {}

    def __call__(self, name: str, done: int, total: int) -> None:
        """Update the bar of a file; the first call opens it, the last one closes it."""
        if name not in self._bars:
            self._bars[name] = _Bar(
                total=total,
                desc=name,
                bar_format="{desc} {percentage:3.0f}% {rate_fmt} {remaining} left {bar}",
                unit="" if name == PICTURES else "B",
                unit_scale=True,
                leave=False,
                dynamic_ncols=True,
                mininterval=REFRESH,
            )
        bar = self._bars[name]
        bar.update(done - bar.n)
        if done >= total:
            self._bars.pop(name).close()

    def close(self) -> None:
        """Remove the bars of downloads that ended early."""
        while self._bars:
            self._bars.popitem()[1].close()


class FileProgress:
    """Shows which file is being made; called with its name."""

    def __init__(self) -> None:
        self._bar: _Bar | None = None

    def __call__(self, name: str) -> None:
        """Show the name in place of the one before."""
        if self._bar is None:
            self._bar = _Bar(bar_format="{desc}", leave=False, dynamic_ncols=True)
        self._bar.set_description_str(f"drawing {name}")

    def close(self) -> None:
        """Remove the name."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class StudyProgress:
    """Shows a search: a bar over its trials with the best so far, and a line for each trial."""

    def __init__(self) -> None:
        self._bar: _Bar | None = None
        self._done: set[int] = set()

    def show(self, trials: int, ended: Mapping[int, str], best: str) -> None:
        """Update the bar, and print the lines of trials that have ended since the last call.

        Args:
            trials: the number of trials of the search.
            ended: a line for each trial that has ended, by its number.
            best: the best so far, in words.
        """
        if self._bar is None:
            self._done = set(ended)  # already printed by an earlier session
            if ended:
                print(f"{len(ended):,} of {trials:,} trials are already done", flush=True)
            self._bar = _Bar(
                total=trials,
                desc="trials",
                bar_format="{desc} {n_fmt}/{total_fmt} {remaining} left{postfix} {bar}",
                initial=len(ended),
                leave=False,
                dynamic_ncols=True,
            )
        for number in sorted(ended.keys() - self._done):
            tqdm.write(ended[number])
            sys.stdout.flush()
        self._done |= ended.keys()
        self._bar.total = max(trials, len(ended))
        self._bar.n = len(ended)
        self._bar.set_postfix_str(best, refresh=True)

    def note_outage(self, reason: str) -> None:
        """Say that the database does not answer, without disturbing the bar."""
        tqdm.write(f"The database does not answer ({reason}); waiting for it")
        sys.stdout.flush()

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
