"""Runs found by name or by path, and the newest ones.

This happens before the first question is asked, so it opens no file and does not import NumPy.
"""

from contextlib import suppress
from pathlib import Path
from shlex import quote

from nn.errors import RunFolderError
from nn.installation import command
from nn.runs.file_names import RESULT
from nn.wording import nearest_hint, shorten


def find_folder(wanted: str, save_dir: Path, kind: str = "run") -> Path:
    """Return the folder that a person named.

    Args:
        wanted: A name in `save_dir`, or a path; the name wins.
        save_dir: The folder that holds the runs.
        kind: What is looked for, for the error message.

    Raises:
        RunFolderError: There is no such folder; the message names the nearest one.
    """
    for path in (save_dir / wanted, Path(wanted)):
        if path.is_dir():
            return path
    names = [path.name for path in save_dir.iterdir() if path.is_dir()] if save_dir.is_dir() else []
    raise RunFolderError(
        f"{shorten(wanted)} is neither a {kind} in {save_dir} nor a folder"
        f"{nearest_hint(wanted, names) or '.'}"
    )


def find_run(wanted: str, save_dir: Path) -> Path:
    """Return the folder of the finished run that a person named.

    Args:
        wanted: A run's name, its folder's path, or an empty string for the newest run.
        save_dir: The folder that holds the runs.

    Raises:
        RunFolderError: There is no such run, or it is unfinished.
    """
    if wanted:
        path = find_folder(wanted, save_dir)
        if (path / RESULT).is_file():
            return path
        raise RunFolderError(
            f"{path}: this run has no {RESULT}, so it is unfinished. To resume it: "
            f"{command('train')} --resume {quote(str(path))}"
        )
    for path in finished_runs(save_dir):
        return path
    raise RunFolderError(
        f"{save_dir}: there is no finished run in it. Train one with: {command('train')}"
    )


def finished_runs(save_dir: Path) -> list[Path]:
    """Return the folders of the finished runs in `save_dir`, the newest first."""
    return folders_with(RESULT, save_dir)


def folders_with(file: str, save_dir: Path) -> list[Path]:
    """Return the folders in `save_dir` that hold `file`, the one with the newest such file first.

    Args:
        file: The file's name.
        save_dir: The folder that holds the runs; if it does not exist, there are none.

    Raises:
        OSError: `save_dir` cannot be read.
    """
    found = []
    for folder in save_dir.iterdir() if save_dir.is_dir() else ():
        with suppress(OSError):
            if (folder / file).is_file():
                found.append(((folder / file).stat().st_mtime_ns, folder))
    return [folder for _, folder in sorted(found, reverse=True)]
