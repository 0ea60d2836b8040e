"""What the program does about unfinished runs when it starts: it offers or mentions them."""

import shutil
from pathlib import Path
from shlex import quote

from nn.console.interview import Asker
from nn.console.program import say
from nn.errors import RunFolderError
from nn.files.training_lock import training_lock
from nn.installation import command
from nn.resuming.unfinished import UnfinishedRun, unfinished_runs
from nn.runs.file_names import ASKED, MENTIONED
from nn.settings.declaration import SETTINGS
from nn.settings.setting import Choice

RESUME = Choice("Resume", "resume it", "yes", "y", explain="from its last checkpoint")
NEW = Choice(
    "New", "train a new one", "no", "n", explain="keep it, train a new run, and do not ask again"
)
REMOVE = Choice("Remove", "remove it", explain="delete it with all its files, and train a new run")


def offer_unfinished_run(asker: Asker, save_dir: Path) -> Path | None:
    """Ask what to do with the newest unfinished run that nobody was asked about, if there is one.

    Args:
        asker: How to ask.
        save_dir: The folder that holds the runs.

    Returns:
        The run's folder if it is to be resumed; None if a new run is to be trained.

    Raises:
        RunFolderError: The run cannot be removed.
    """
    unfinished = [run for run in unfinished_runs(save_dir) if not run.has_been_asked_about]
    if not unfinished:
        return None
    newest = unfinished[0]
    message = f"{newest.path.name} {newest.describe()}. Resume it?"
    answer = asker.choose(message, [RESUME, NEW, REMOVE], RESUME.value)
    if answer == REMOVE.value:
        _remove(newest)
    elif answer == NEW.value:
        newest.remember(ASKED)
    return newest.path if answer == RESUME.value else None


def mention_unfinished_runs(save_dir: Path) -> None:
    """Say once which runs are unfinished, if there are any, and how to resume the newest one."""
    unfinished = [run for run in unfinished_runs(save_dir) if not run.has_been_mentioned]
    if not unfinished:
        return
    newest = unfinished[0]
    default = Path(SETTINGS["save_dir"].default)
    name = newest.path.name if save_dir == default else str(newest.path)
    more = len(unfinished) - 1
    others = f" ({more:,} more {'is' if more == 1 else 'are'} unfinished)" if more else ""
    say(
        f"{newest.path} {newest.describe()}{others}. "
        f"To resume it: {command('train')} --resume {quote(name)}"
    )
    for run in unfinished:
        run.remember(MENTIONED)


def _remove(run: UnfinishedRun) -> None:
    with training_lock(run.path):
        try:
            shutil.rmtree(run.path)
        except OSError as error:
            raise RunFolderError(f"{run.path}: cannot be removed ({error.strerror}).") from error
