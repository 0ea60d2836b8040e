"""The system's errors about files, reported as the program's own in one wording."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from nn.errors import ProgramError, RunFolderError


def reading(path: Path, kind: type[ProgramError] = RunFolderError) -> AbstractContextManager[None]:
    """Report that `path` cannot be read if the block ends in an `OSError`.

    Raises:
        ProgramError: Of that kind; it says why, as in `a.csv: cannot be read (Permission denied).`
    """
    return _reporting(f"{path}: cannot be read", kind)


def writing(
    path: Path, kind: type[ProgramError] = RunFolderError, advice: str = ""
) -> AbstractContextManager[None]:
    """Report that `path` cannot be written if the block ends in an `OSError`.

    Args:
        path: The file, or the folder of several files.
        kind: The error's kind.
        advice: One sentence more, on what to do or what was kept.

    Raises:
        ProgramError: As `reading`.
    """
    return _reporting(f"{path}: cannot be written", kind, advice)


@contextmanager
def _reporting(failure: str, kind: type[ProgramError], advice: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{failure} ({error.strerror or error}). {advice}".rstrip()
        raise kind(message) from error
