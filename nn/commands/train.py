"""Train a network: settings are asked or given, and the result is saved and drawn."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from nn.console.program import run_program

if TYPE_CHECKING:
    from nn.runs.preview import Preview
    from nn.settings.declaration import Settings


def main() -> int:
    """Run the program and return its exit code."""
    return run_program(_train)


def _train() -> None:
    """Ask, train, save, and report where everything is."""
    from nn.console.gather import gather_settings
    from nn.settings.flags import parse_command_line

    line = parse_command_line(sys.argv[1:])
    wanted = gather_settings(line, sys.stdin, [sys.stdout, sys.stderr], _preview)

    # Only now, so that the first question need not wait for NumPy, SciPy and matplotlib.
    from nn.console.training import train_and_report

    train_and_report(wanted, chart=line.chart, live_plot=line.live_plot)


def _preview(settings: "Settings", report: Callable[[object], None]) -> "Preview":
    from nn.runs.preview import preview_run

    return preview_run(settings, report)
