"""Runs that a killed program left: what the first look into the save folder finds.

It is taken before the first question, so it opens nothing but what it must, and brings no NumPy.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nn.errors import ProgramError, RunFolderError
from nn.files.training_lock import is_being_trained
from nn.installation import command
from nn.runs.file_names import CHECKPOINT, REPORT, RESULT, SETTINGS, former
from nn.runs.find_run import find_folder, folders_with
from nn.settings.checking import check_settings


@dataclass(frozen=True)
class UnfinishedRun:
    """A run whose training, or whose last files, a program did not come to the end of.

    Attributes:
        path: Its folder.
    """

    path: Path

    @property
    def has_result(self) -> bool:
        """Whether it was finished once and then trained further."""
        return (self.path / RESULT).is_file()

    def how_it_was_left(self) -> str:
        """Say how far it is: `was left after 3 of 10 epochs`."""
        from nn.runs.checkpoint_numbers import read_numbers  # rarely needed
        from nn.settings.config_files import read_config

        done = 0
        with suppress(OSError, ValueError):
            done = read_numbers(self.path / CHECKPOINT)["epochs"]
        try:
            epochs = check_settings(read_config(self.path / SETTINGS)).epochs
        except ProgramError:
            return f"was left, and its {SETTINGS} cannot be read"
        if done >= epochs:
            return "was left before all of its files and pictures were there"
        return f"was left after {done:,} of {epochs:,} epochs"


def unfinished_runs(save_dir: Path) -> list[UnfinishedRun]:
    """Return the runs that a killed program left in a folder, the newest first.

    A run that is being trained is none of them, nor is one whose training was stopped and saved.
    """
    return [UnfinishedRun(path) for path in _runs(save_dir) if _was_left(path)]


def run_to_resume(wanted: str, save_dir: Path) -> Path:
    """Return the folder of the run that a person wants to go on with.

    Args:
        wanted: A run's name, a folder's path, or nothing for the newest run that is not at its end:
            left by a killed program, or stopped and saved.
        save_dir: The folder that holds the runs.

    Raises:
        RunFolderError: there is no such run.
    """
    if not wanted:
        for path in _runs(save_dir):
            if _was_left(path) or (_was_stopped(path) and not is_being_trained(path)):
                return path
        raise RunFolderError(
            f"{save_dir}: no run in it was left before its end. To train a finished run further: "
            f"{command('train')} --resume RUN --epochs N"
        )
    path = find_folder(wanted, save_dir)
    if not (path / SETTINGS).is_file():
        raise RunFolderError(f"{path}: this folder has no {SETTINGS}, so it is no run's.")
    return path


def _was_left(path: Path) -> bool:
    """Return whether a program was killed while it trained the run or wrote its files."""
    if (path / RESULT).exists():
        # The former checkpoint is there while a finished run is trained further; the report is
        # written last. Runs older than checkpoints may have none.
        whole = (path / REPORT).exists() or not (path / CHECKPOINT).exists()
        if whole and not (path / former(CHECKPOINT)).exists():
            return False
    return not is_being_trained(path)


def _was_stopped(path: Path) -> bool:
    """Return whether the run was stopped and saved before its last epoch."""
    from nn.runs.checkpoint_numbers import read_numbers  # rarely needed

    with suppress(OSError, ValueError):
        return bool(read_numbers(path / CHECKPOINT)["stopped"])
    return False


def _runs(save_dir: Path) -> list[Path]:
    """Return the folders that hold a run's settings, the newest first; no links to folders."""
    with suppress(OSError):
        return [path for path in folders_with(SETTINGS, save_dir) if not path.is_symlink()]
    return []
