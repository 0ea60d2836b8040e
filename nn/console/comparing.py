"""What compare.py prints, and where it puts what it does not print."""

import os
import sys
from datetime import datetime
from pathlib import Path

from nn.comparing.compare import Comparison, compare
from nn.comparing.compared_run import read_runs
from nn.console.asker import is_terminal
from nn.console.program import say
from nn.reports.comparison_files import FOLDER, comparison_table, write_comparison
from nn.reports.first_layer_picture import PICTURE, draw_first_layer
from nn.runs.run_folder import RunFolder, finished_runs


def show_comparison(comparison: Comparison, save_dir: Path, name: str, *, weights: bool) -> None:
    """Print the table and what is to be said about it, and write all files.

    Args:
        comparison: The comparison.
        save_dir: The folder that holds the runs.
        name: Of the comparison; date and time if empty.
        weights: Whether to draw the first layers that have not been drawn yet.

    Raises:
        RunFolderError: a folder cannot be written, or a run is damaged.
    """
    name = name or f"{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    say(comparison_table(comparison, _width()))
    for note in comparison.notes:
        say(note)
    folder = RunFolder.create(save_dir / FOLDER, name)
    data = " and ".join(sorted({run.settings["dataset"] for run in comparison.runs}))
    write_comparison(folder.path, comparison, f"{data}, {name}")
    if weights:
        _draw_weights(comparison)
    say(f"Saved in {folder.path}")


def print_comparison(study: Path, trials: int) -> None:
    """Compare all runs of a study's folder, print the table, and leave the files in that folder.

    Args:
        study: The folder.
        trials: How many runs the study has, those on other machines among them.

    Raises:
        RunFolderError: the folder cannot be written.
    """
    runs = finished_runs(study)
    if len(runs) < trials:
        say(f"{len(runs):,} of the {trials:,} runs lie here and are compared:")
    if not runs:
        return
    comparison = compare(read_runs(runs, report=say))
    say(comparison_table(comparison, _width()))
    for note in comparison.notes:
        say(note)
    for path in write_comparison(study, comparison, study.name):
        say(f"Saved {path}")


def _width() -> int | None:
    return os.get_terminal_size().columns if is_terminal(sys.stdout) else None


def _draw_weights(comparison: Comparison) -> None:
    for run in comparison.runs:
        path = run.folder.path / PICTURE
        if not path.exists() and draw_first_layer(
            run.folder, f"{run.settings['dataset']}, {run.folder.name}"
        ):
            say(f"Saved {path}")
