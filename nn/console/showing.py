"""Showing predictions in a window, in a terminal, or as files.

A laptop has windows, a remote connection has a terminal, a scheduled job has neither.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.console.program import say, when_stopped
from nn.console.terminal import columns_of, has_terminal, is_plain
from nn.console.viewer import browse_in_terminal, draw_image
from nn.datasets.class_names import name_of
from nn.errors import DataError, SettingError
from nn.reports.gallery import write_gallery
from nn.reports.window import NO_DISPLAY, browse_in_window, why_no_window
from nn.runs.file_names import PICTURES
from nn.runs.picture_answers import PictureAnswer, write_answers
from nn.runs.predictions import Predictions, View
from nn.runs.saved_run import SavedRun, predict_picture


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
        with when_stopped(lambda: "stopped; the same command draws the gallery."):
            for path in write_gallery(folder, predictions, view):
                say(f"Saved {path}")


def answer_pictures(run: SavedRun, names: Sequence[str]) -> None:
    """Print a network's answers for a person's own pictures; save those for a folder as CSV.

    Args:
        run: The run of the network.
        names: Names of pictures and of folders of pictures.

    Raises:
        DataError: some pictures could not be read; the answers for all others were printed.
    """
    from nn.datasets.picture_file import (
        pictures_in,  # imports Pillow, which nothing else here needs
    )

    paths: list[Path] = []
    failures: list[DataError] = []
    for path in map(Path, names):
        try:
            paths += pictures_in(path) if path.is_dir() else [path]
        except DataError as error:
            failures.append(error)
    answers: list[PictureAnswer] = []
    for path in paths:
        try:
            images, probabilities = predict_picture(run, path)
        except DataError as error:
            failures.append(error)
            continue
        print_answer(str(path), images, probabilities, run.class_names)
        read = "".join(name_of(label, run.class_names) for label in probabilities.argmax(axis=1))
        answers.append(PictureAnswer(path, read, float(probabilities.max(axis=1).min())))
    if answers and any(Path(name).is_dir() for name in names):
        _save_answers(run, answers)
    if failures:
        raise DataError(" ".join(map(str, failures)))


def _save_answers(run: SavedRun, answers: Sequence[PictureAnswer]) -> None:
    """Write `pictures.csv` into the run's folder, and say how many answers are correct."""
    path = run.folder.path / PICTURES
    classes = [name_of(label, run.class_names) for label in range(run.facts.classes)]
    accuracy = write_answers(path, answers, classes)
    if accuracy is not None:
        count = f"{len(answers):,} pictures" if len(answers) > 1 else "1 picture"
        say(f"Accuracy {accuracy:.2%} ({count}, whose names or folders tell the class)")
    say(f"Saved {path}")


def print_answer(
    name: str,
    images: NDArray[np.uint8],
    probabilities: NDArray[np.float32],
    class_names: Sequence[str] = (),
) -> None:
    """Print the network's inputs and its answers.

    Args:
        name: The picture's name.
        images: The input of each digit, (N, H, W), 0 to 255.
        probabilities: The answers, (N, K).
        class_names: The names of the classes; empty if they have none.
    """
    row = np.concatenate(list(images), axis=1)
    width = columns_of(sys.stdout)
    if not width or row.shape[1] <= width:
        print("\n".join(draw_image(row, is_plain(sys.stdout) or not sys.stdout.isatty())))
    answers = probabilities.argmax(axis=1)
    surest = probabilities.max(axis=1)
    least = int(surest.argmin())
    named = [name_of(label, class_names) for label in answers]
    which = f"least certain: {named[least]}, " if len(named) > 1 else ""
    say(f"{name}: {''.join(named)} ({which}{surest[least]:.2%})")
    order = np.argsort(-probabilities[least], kind="stable")
    others = [f"{name_of(k, class_names)} {probabilities[least, k]:.2%}" for k in order[1:3]]
    say(f"{'instead of it' if which else 'less likely'}: {', '.join(others)}")
