"""What the program says at its start of runs that it was killed in."""

import shutil
from pathlib import Path
from shlex import quote

from nn.console.interview import BACK, Asker
from nn.console.program import say
from nn.errors import RunFolderError
from nn.files.training_lock import training_lock
from nn.installation import command
from nn.resuming.unfinished import UnfinishedRun, unfinished_runs
from nn.settings.declaration import SETTINGS
from nn.settings.setting import Choice

GO_ON = Choice("Go on", "go on with it", "yes", "y", explain="from its last checkpoint")
NEW = Choice("New", "start a new one", "no", "n", explain="leave it as it is, and train another")
REMOVE = Choice("Remove", "remove it", "r", explain="remove it, and train another")


def offer_left_run(asker: Asker, save_dir: Path) -> Path | None:
    """Ask what is to become of the newest run that a killed program left, if there is one.

    Args:
        asker: how to ask.
        save_dir: the folder that holds the runs.

    Returns:
        The run's folder if it is to be gone on with; None if another is to be trained.

    Raises:
        RunFolderError: the run cannot be removed.
    """
    left = unfinished_runs(save_dir)
    if not left:
        return None
    choices = [GO_ON, NEW] if left[0].has_result else [GO_ON, NEW, REMOVE]
    message = f"{left[0].path.name} {left[0].how_it_was_left()}. Go on with it?"
    answer = BACK
    while answer is BACK:  # there is no question before this one
        answer = asker.choose(message, choices, GO_ON.value)
    if answer == REMOVE.value:
        _remove(left[0])
    return left[0].path if answer == GO_ON.value else None


def say_what_was_left(save_dir: Path) -> None:
    """Say which runs a killed program left, if there are any, and how to go on with the newest."""
    left = unfinished_runs(save_dir)
    if not left:
        return
    default = Path(SETTINGS["save_dir"].default)
    named = left[0].path.name if save_dir == default else str(left[0].path)
    others = f" (and {len(left) - 1:,} more)" if len(left) > 1 else ""
    say(
        f"{left[0].path} {left[0].how_it_was_left()}{others}. "
        f"To go on with it: {command('train')} --resume {quote(named)}"
    )


def _remove(run: UnfinishedRun) -> None:
    with training_lock(run.path):
        try:
            shutil.rmtree(run.path)
        except OSError as error:
            raise RunFolderError(f"{run.path}: cannot be removed ({error.strerror}).") from error
