"""Showing predictions in a window, in a terminal, or as files.

A laptop has windows, a remote connection has a terminal, a scheduled job has neither.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nn.console.program import say, when_stopped
from nn.console.run_choice import choose_runs
from nn.console.terminal import columns_of, has_terminal, is_plain
from nn.console.viewer import browse_in_terminal, draw_image
from nn.datasets.class_names import name_of
from nn.datasets.picture_folders import pictures_to_read
from nn.errors import DataError, SettingError
from nn.reports.gallery import write_gallery
from nn.reports.window import NO_DISPLAY, browse_in_window, why_no_window
from nn.runs.committee import committee, gain
from nn.runs.file_names import PICTURES
from nn.runs.picture_answers import PictureAnswer, count_answers, write_answers
from nn.runs.picture_reading import PictureReading, predict_picture
from nn.runs.predictions import Predictions, View
from nn.runs.saved_run import SavedRun, load_run, predict_test_set
from nn.wording import padded, width_of

COMMITTEE = "committee"  # a folder beside those of the runs
_MOST_SHOWN = 20  # pictures one by one, and rows of a table
_TURNS = {1: "a quarter to the left", 2: "upside down", 3: "a quarter to the right"}


def show_predictions(predictions: Predictions, folder: Path, view: View) -> None:
    """Show test images in a window, else in the terminal, else as files in the run's folder.

    Raises:
        SettingError: the view is of a class that the network does not have.
        OSError: there is neither a window nor a terminal, and the folder cannot be written.
    """
    classes = predictions.probabilities.shape[1]
    if view.digit is not None and view.digit >= classes:
        raise SettingError(f"--digit: expected one of 0 to {classes - 1}, got {view.digit}")
    reason = why_no_window()
    if reason not in ("", NO_DISPLAY):
        say(f"No window: {reason}.")
    if not reason:
        browse_in_window(predictions, view)
    elif has_terminal(sys.stdin, sys.stdout):
        browse_in_terminal(predictions, sys.stdin, sys.stdout, view)
    else:
        folder.mkdir(exist_ok=True)  # that of a committee is none of a run
        with when_stopped(lambda: "stopped; the same command draws the gallery."):
            for path in write_gallery(folder, predictions, view):
                say(f"Saved {path}")


def show_committee(names: Sequence[str], save_dir: Path, data_dir: str | None, view: View) -> None:
    """Show what several runs together read in their test images.

    Args:
        names: The runs' names or their folders' paths.
        save_dir: The folder that holds the runs.
        data_dir: Folder of the data files; that of each training if None.
        view: Which images to show first.

    Raises:
        RunFolderError: there is no such finished run.
        SettingError: there are fewer than two runs.
        DataError: the runs have other test images, or these are missing.
    """
    folders = choose_runs(names, "", save_dir, report=say)
    if len(folders) < 2:
        raise SettingError("--runs: a committee needs at least two different runs")
    members = []
    for folder in folders:
        members.append(predict_test_set(load_run(folder), data_dir=data_dir, report=say))
        say(f"Run {folder.name}: test accuracy {members[-1].accuracy:.2%}")
    together = committee(members)
    say(gain(members, together))
    show_predictions(together, save_dir / COMMITTEE, view)


def answer_pictures(run: SavedRun, names: Sequence[str]) -> None:
    """Print a network's answers for a person's own pictures; save those for a folder as CSV.

    Args:
        run: The run of the network.
        names: Names of pictures and of folders of pictures.

    Raises:
        DataError: some pictures could not be read; the answers for all others were printed.
    """
    paths: list[Path] = []
    failures: list[DataError] = []
    for path in map(Path, names):
        try:
            paths += pictures_to_read(path)
        except DataError as error:
            failures.append(error)
    answers: list[PictureAnswer] = []
    if len(paths) > _MOST_SHOWN:
        say(f"Reading {len(paths):,} pictures")
    for path in paths:
        try:
            reading = predict_picture(run, path)
        except DataError as error:
            failures.append(error)
            continue
        if len(paths) <= _MOST_SHOWN:
            print_answer(str(path), reading, run.class_names)
        answers.append(PictureAnswer.of(path, reading, run.class_names))
    if answers and (any(Path(name).is_dir() for name in names) or len(paths) > _MOST_SHOWN):
        _save_answers(run, answers)
    if failures:
        raise DataError(" ".join(map(str, failures)))


def _save_answers(run: SavedRun, answers: Sequence[PictureAnswer]) -> None:
    """Print a table; write `pictures.csv` into the run's folder; say how many are correct."""
    path = run.folder.path / PICTURES
    classes = [name_of(label, run.class_names) for label in range(run.facts.classes)]
    _print_table(count_answers(answers, classes))
    others = sum(not answer.is_digit for answer in answers)
    if others:
        say(f"Do not look like upright digits: {others:,}")
    accuracy = write_answers(path, answers, classes)
    if accuracy is not None:
        count = f"{len(answers):,} pictures" if len(answers) > 1 else "1 picture"
        say(f"Accuracy {accuracy:.2%} ({count} with the class in the name or the folder)")
    say(f"Saved {path}")


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows below their headings, counts to the right, and only as many as can be read."""
    shown = rows[: _MOST_SHOWN + 1]
    widths = [max(map(width_of, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        # The last column of four is text.
        cells = [padded(cell, widths[n], right=n in (1, 2)) for n, cell in enumerate(row)]
        say("  ".join(cells).rstrip())
    if len(rows) > len(shown):
        say(f"and {len(rows) - len(shown):,} more, in the file below")


def print_answer(name: str, reading: PictureReading, class_names: Sequence[str] = ()) -> None:
    """Print the network's inputs and its answers.

    Args:
        name: The picture's name.
        reading: What the network reads on it.
        class_names: The names of the classes; empty if they have none.
    """
    row = np.concatenate(list(reading.images), axis=-1)
    width = columns_of(sys.stdout)
    if not width or row.shape[-1] <= width:
        print("\n".join(draw_image(row, is_plain(sys.stdout) or not sys.stdout.isatty())))
    surest = reading.probabilities.max(axis=1)
    least = int(surest.argmin())
    named = [name_of(label, class_names) for label in reading.probabilities.argmax(axis=1)]
    which = f"least certain: {named[least]}, " if len(named) > 1 else ""
    answer = f"{''.join(named)} ({which}{surest[least]:.2%})"
    if reading.quarters:
        turned = f"Turned {_TURNS[reading.quarters]}, it is {answer}"
        answer = f"this does not look like an upright digit. {turned}"
    elif not reading.is_digit.any():
        answer = f"this does not look like a digit; the network answers {answer}"
    elif not reading.is_digit.all():
        shown = zip(named, reading.is_digit, strict=True)
        pieces = " ".join(digit if is_digit else f"[{digit}]" for digit, is_digit in shown)
        answer += f"; what is in brackets does not look like a digit: {pieces}"
    say(f"{name}: {answer}")
    order = np.argsort(-reading.probabilities[least], kind="stable")
    others = [
        f"{name_of(k, class_names)} {reading.probabilities[least, k]:.2%}" for k in order[1:3]
    ]
    label = f"instead of {named[least]}" if which else "less likely"
    say(f"{label}: {', '.join(others)}")
