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
    wanted = gather_settings(line, sys.stdin, [sys.stdout, sys.stderr], _preview)

    # Only now, so that the first question need not wait for NumPy, SciPy and matplotlib.
    from nn.console.training import train_and_report

    train_and_report(wanted, chart=line.chart, live_plot=line.live_plot)


def _preview(settings: "Settings") -> "Preview":
    from nn.runs.preview import preview_run

    return preview_run(settings)


if __name__ == "__main__":
    sys.exit(run_program(main))
