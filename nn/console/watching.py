"""The observers that show a training to the person at the screen."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from nn.console.asker import is_terminal
from nn.console.interrupt import Interrupt
from nn.console.program import say
from nn.console.progress import Progress
from nn.reports.live_plot import LivePlot
from nn.reports.window import why_no_window
from nn.training.trainer import Observer


@contextmanager
def watching(*, chart: bool, plots: Sequence[LivePlot]) -> Iterator[list[Observer]]:
    """Yield the observers of a training; afterwards restore the screen and the signal handlers.

    Args:
        chart: Whether to draw a chart under the progress bar.
        plots: Windows that show the curves.
    """
    ask = is_terminal(sys.stdin) and is_terminal(sys.stdout)
    with (
        closing(Progress(chart=chart)) as progress,
        Interrupt(ask=ask, before_asking=progress.pause) as interrupt,
    ):
        yield [progress, interrupt, *plots]


def live_plots(wanted: bool) -> list[LivePlot]:
    """Return the window of `--live-plot`, if it is wanted and there is a display."""
    if not wanted:
        return []
    reason = why_no_window()
    if reason:
        say(f"No window for --live-plot: {reason}. Training continues without it.")
        return []
    return [LivePlot("Training")]


def hold(plots: Sequence[LivePlot]) -> None:
    """Keep the window open until the person closes it."""
    for plot in plots:
        if plot.is_open:
            say("Close the window with the curves to end the program.", flush=True)
            plot.hold()
