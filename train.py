"""Train a network that reads handwritten digits: `python train.py`, and answer eight questions."""

import sys
from typing import TYPE_CHECKING

from nn.console.program import run_program

if TYPE_CHECKING:
    from nn.runs.preview import Preview
    from nn.settings.declaration import Settings


def main() -> None:
    """Ask, train, save, and say where everything is."""
    from nn.console.gather import gather_settings
    from nn.settings.flags import parse_command_line

    line = parse_command_line(sys.argv[1:])
    settings = gather_settings(line, sys.stdin, [sys.stdout, sys.stderr], _preview)

    # Only now, so that the first question need not wait for NumPy, SciPy and matplotlib.
    from contextlib import closing
    from shlex import quote

    from nn.console.progress import DownloadProgress
    from nn.console.watching import live_plots, watching
    from nn.reports.run_reports import write_reports
    from nn.runs.experiment import run_experiment

    plots = live_plots(line.live_plot)
    with (
        watching(chart=line.chart, plots=plots) as observers,
        closing(DownloadProgress()) as download,
    ):
        run = run_experiment(settings, observers=observers, report=print, on_download=download)
    result = run.result
    print(f"Validation accuracy {result.validation_accuracy:.2%}")
    print(f"Test accuracy {result.test_accuracy:.2%} ({result.test_images:,} images)", flush=True)
    write_reports(run)
    print(f"Saved in {run.folder.path}")
    print(f"Look at it: python predict.py --run {quote(str(run.folder.path))}")
    if run.cut_short:
        raise run.cut_short
    for plot in plots:
        plot.hold()


def _preview(settings: "Settings") -> "Preview":
    from nn.runs.preview import preview_run

    return preview_run(settings)


if __name__ == "__main__":
    sys.exit(run_program(main))
