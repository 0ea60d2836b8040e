"""Training from the command line: what is shown during and after it.

It is separate from `train.py` so that the questions need not wait for NumPy.
"""

from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from shlex import quote

from nn.console.gather import Resume
from nn.console.program import say, when_stopped
from nn.console.progress import DownloadProgress, FileProgress
from nn.console.watching import hold, live_plots, watching
from nn.errors import StoppedError
from nn.installation import command
from nn.reports.run_reports import write_reports
from nn.resuming.resume import resume_run
from nn.resuming.unfinished import run_to_resume
from nn.runs.experiment import FinishedRun, run_experiment
from nn.runs.file_names import REPORT
from nn.runs.run_folder import RunFolder
from nn.settings.declaration import Settings


def train_and_report(wanted: Settings | Resume, *, chart: bool, live_plot: bool) -> None:
    """Train, save, draw, and report where everything is.

    Args:
        wanted: The settings of a new run, or the run to resume.
        chart: Whether to draw a chart under the progress bar.
        live_plot: Whether to draw the curves in a window during training.

    Raises:
        ProgramError: Something went wrong; or training ended before its last epoch, and what it
            had learned was saved.
    """
    begin: Callable[..., FinishedRun]
    run: FinishedRun | None = None
    if isinstance(wanted, Settings):
        begin = partial(run_experiment, wanted)
    else:
        folder = RunFolder(run_to_resume(wanted.run, wanted.save_dir))
        begin = partial(resume_run, folder, wanted.given)
    plots = live_plots(live_plot)
    # Locked until the pictures are drawn: a run without its report would look unfinished.
    with ExitStack() as locked, when_stopped(lambda: _what_is_missing(run)):
        with (
            watching(chart=chart, plots=plots) as observers,
            closing(DownloadProgress()) as download,
        ):
            run = begin(
                observers=observers,
                report=say,
                on_download=download,
                keep_locked=locked,
                snapshots=True,
            )
        _report(run)
    if run.cut_short:
        if isinstance(run.cut_short, StoppedError):
            say(f"Resume it: {command('train')} --resume {quote(str(run.folder.path))}")
        raise run.cut_short
    hold(plots)


def _what_is_missing(run: FinishedRun | None) -> str:
    """Return what a person reads who stopped the program outside of the training."""
    if run is None:
        return "stopped"
    return (
        f"stopped before all pictures were drawn; everything else is saved in {run.folder.path}. "
        f"Finish it: {command('train')} --resume {quote(str(run.folder.path))}"
    )


def _report(run: FinishedRun) -> None:
    """Print how good the network is, draw the pictures, and print where everything is."""
    result = run.result
    say(f"Validation accuracy {result.validation_accuracy:.2%}")
    say(f"Test accuracy {result.test_accuracy:.2%} ({result.test_images:,} images)", flush=True)
    if run.verdict:
        say(run.verdict, flush=True)
    with closing(FileProgress()) as progress:
        write_reports(run, progress)
    say(f"Saved in {run.folder.path}")
    say(f"Try it: open {run.folder.path / REPORT} in a browser")
    say(f"Look at it: {command('predict')} --run {quote(str(run.folder.path))}")
