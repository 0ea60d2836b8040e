"""Unfinished runs: what the first look into the save folder finds.

It happens before the first question, so it opens only the files that it must, and imports no NumPy.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nn.errors import ProgramError, RunFolderError
from nn.files.atomic_write import write_atomically
from nn.files.training_lock import is_being_trained
from nn.installation import command
from nn.runs.file_names import ASKED, CHECKPOINT, MENTIONED, REPORT, RESULT, SETTINGS
from nn.runs.find_run import find_folder, folders_with
from nn.settings.checking import check_settings

# Finished runs were once extended in their own folder. If that was interrupted, the checkpoint of
# the result is still there under this name.
_REPLACED_CHECKPOINT = ".checkpoint.npz.former.part"


@dataclass(frozen=True)
class UnfinishedRun:
    """A run whose program was killed before the training, or the last file, was complete.

    Attributes:
        path: Its folder.
    """

    path: Path

    @property
    def has_been_asked_about(self) -> bool:
        """Whether a person chose to train a new run instead."""
        return (self.path / ASKED).exists()

    @property
    def has_been_mentioned(self) -> bool:
        """Whether a person was asked about it, or a program said how to resume it."""
        return self.has_been_asked_about or (self.path / MENTIONED).exists()

    def remember(self, note: str) -> None:
        """Write `ASKED` or `MENTIONED` down in its folder, if that can be written."""
        with suppress(OSError):
            write_atomically(self.path / note, b"")

    def describe(self) -> str:
        """Describe its progress: `is unfinished: 3 of 10 epochs are trained`."""
        from nn.runs.checkpoint_numbers import read_numbers  # rarely needed
        from nn.settings.config_files import read_config

        trained = 0
        with suppress(OSError, ValueError):
            trained = read_numbers(self.path / CHECKPOINT)["epochs"]
        try:
            epochs = check_settings(read_config(self.path / SETTINGS)).epochs
        except ProgramError:
            return f"is unfinished, and its {SETTINGS} cannot be read"
        if trained >= epochs:
            return "is unfinished: all epochs are trained, but files or pictures are missing"
        return f"is unfinished: {trained:,} of {epochs:,} epochs are trained"


def unfinished_runs(save_dir: Path) -> list[UnfinishedRun]:
    """Return the unfinished runs of a folder, the newest first.

    A run that is being trained is not one of them, nor is one that was stopped and saved.
    """
    return [UnfinishedRun(path) for path in _runs(save_dir) if _is_unfinished(path)]


def run_to_resume(wanted: str, save_dir: Path) -> Path:
    """Return the folder of the run that a person wants to resume.

    Args:
        wanted: A run's name, a folder's path, or nothing for the newest run that is unfinished, or
            was stopped and saved.
        save_dir: The folder that holds the runs.

    Raises:
        RunFolderError: There is no such run.
    """
    if not wanted:
        for path in _runs(save_dir):
            if _is_unfinished(path) or (_was_stopped(path) and not is_being_trained(path)):
                return path
        raise RunFolderError(
            f"{save_dir}: no run in it is unfinished. To extend a finished run: "
            f"{command('train')} --resume RUN --epochs N"
        )
    path = find_folder(wanted, save_dir)
    if not (path / SETTINGS).is_file():
        raise RunFolderError(f"{path}: this folder has no {SETTINGS}, so it is not a run.")
    return path


def _is_unfinished(path: Path) -> bool:
    """Return whether a program was killed while it trained the run or wrote its files."""
    if (path / RESULT).exists():
        # The report is written last; runs from before there were checkpoints may have none.
        complete = (path / REPORT).exists() or not (path / CHECKPOINT).exists()
        if complete and not (path / _REPLACED_CHECKPOINT).exists():
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
