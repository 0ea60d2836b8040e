"""Who follows a training on behalf of the person at the screen."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from nn.console.asker import is_terminal
from nn.console.interrupt import Interrupt
from nn.console.progress import Progress
from nn.reports.live_plot import LivePlot
from nn.reports.window import has_display
from nn.training.trainer import Observer


@contextmanager
def watching(*, chart: bool, plots: Sequence[LivePlot]) -> Iterator[list[Observer]]:
    """Give the observers of a training; when it has ended, the screen and Ctrl-C are as before.

    Args:
        chart: Whether to draw a chart under the progress bar.
        plots: Windows that follow, too.
    """
    ask = is_terminal(sys.stdin) and is_terminal(sys.stdout)
    with (
        closing(Progress(chart=chart)) as progress,
        Interrupt(ask=ask, before_asking=progress.pause) as interrupt,
    ):
        yield [progress, interrupt, *plots]


def live_plots(wanted: bool) -> list[LivePlot]:
    """Return the window that follows a training, if it is wanted and there is a display."""
    if not wanted:
        return []
    if not has_display():
        print("No display for --live-plot: training goes on without its window.")
        return []
    return [LivePlot("Training")]
