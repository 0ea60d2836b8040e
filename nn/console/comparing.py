"""What compare.py prints and writes."""

import sys
from datetime import datetime
from pathlib import Path

from nn.comparing.answers import answers_of_best
from nn.comparing.compare import Comparison, compare
from nn.comparing.compared_run import read_runs
from nn.console.program import say, when_stopped
from nn.console.terminal import columns_of
from nn.reports.comparison_files import FOLDER, write_comparison
from nn.reports.comparison_table import comparison_table
from nn.reports.first_layer_picture import PICTURE, draw_first_layer
from nn.runs.committee import committee, gain
from nn.runs.find_run import finished_runs
from nn.runs.run_folder import RunFolder


def show_comparison(comparison: Comparison, save_dir: Path, name: str, *, weights: bool) -> None:
    """Print the table and its notes, and write all files.

    Args:
        comparison: The comparison.
        save_dir: The folder that holds the runs.
        name: The comparison's name; date and time if empty.
        weights: Whether to draw `first_layer.png` for runs that lack it.

    Raises:
        RunFolderError: a folder cannot be written, or a run is damaged.
    """
    name = name or f"{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    _print_table(comparison)
    folder = RunFolder.create(save_dir / FOLDER, name)
    data = " and ".join(sorted({run.settings["dataset"] for run in comparison.runs}))
    with when_stopped(
        lambda: (
            f"stopped before all pictures were drawn; the tables are saved in {folder.path}. "
            "The same command compares the runs again."
        )
    ):
        answers = answers_of_best(comparison, report=say)
        if len(answers) > 1:
            members = list(answers.values())
            say(gain(members, committee(members)))
        write_comparison(folder.path, comparison, f"{data}, {name}", answers)
        if weights:
            _draw_weights(comparison)
    say(f"Saved in {folder.path}")


def print_comparison(study: Path, trials: int) -> None:
    """Compare the runs in a study's folder, print the table, and write the files there.

    Args:
        study: The folder.
        trials: The number of runs in the study, including those on other machines.

    Raises:
        RunFolderError: the folder cannot be written.
    """
    runs = [RunFolder(path) for path in finished_runs(study)]
    if len(runs) < trials:
        say(f"Comparing the {len(runs):,} runs in this folder, of {trials:,} in the study:")
    if not runs:
        return
    comparison = compare(read_runs(runs, report=say))
    _print_table(comparison)
    for path in write_comparison(study, comparison, study.name):
        say(f"Saved {path}")


def _print_table(comparison: Comparison) -> None:
    width = columns_of(sys.stdout) or None
    say(comparison_table(comparison, width))
    for note in comparison.notes:
        say(note)


def _draw_weights(comparison: Comparison) -> None:
    for run in comparison.runs:
        path = run.folder.path / PICTURE
        if not path.exists() and draw_first_layer(
            run.folder, f"{run.settings['dataset']}, {run.folder.name}"
        ):
            say(f"Saved {path}")
