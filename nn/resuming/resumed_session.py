"""A session that resumes a run: it can undo whatever it changes while it trains.

A person may resume a run, look at the new epochs, and discard them. What earlier sessions learned
must then still be there. Only files that change during training are remembered: a killed session is
resumed, not undone. The checkpoint, which can be as large as the memory, keeps a second name
on the disk; the others are small and stay in memory.
"""

import os
import shutil
from pathlib import Path

from nn.files.atomic_write import remove_left_parts, write_atomically
from nn.files.file_errors import reading, writing
from nn.files.regular_file import read_regular
from nn.runs.file_names import ASKED, CHECKPOINT, MENTIONED, REPORT, SETTINGS
from nn.runs.first_layer import EPOCH_1
from nn.runs.run_folder import HISTORIES, RunFolder
from nn.runs.run_session import RunSession

_REMEMBERED = (*HISTORIES, SETTINGS, REPORT)
_BEFORE = f".{CHECKPOINT}.before.part"
_LONGEST = 2**27  # bytes; a report has at most 22 MB


class ResumedSession(RunSession):
    """A session in the folder of an unfinished run; the caller holds its lock.

    A run that was stopped and saved has a result, which stays until there is a new one. Its report
    is removed at once: a run without a report is unfinished, even if this session is killed.

    Args:
        folder: The run's folder.

    Raises:
        RunFolderError: The folder cannot be written, or one of its files is a link.
    """

    discarded = "training was stopped; the run is as it was before."

    def __init__(self, folder: RunFolder) -> None:
        super().__init__(folder)
        path = folder.path
        with writing(path):
            remove_left_parts(path)
            if folder.checkpoint.exists():
                _give_second_name(folder.checkpoint, path / _BEFORE)
            self._new = [n for n in (CHECKPOINT, EPOCH_1, *HISTORIES) if not (path / n).exists()]
            present = [path / name for name in _REMEMBERED if (path / name).is_file()]
            self._contents = {file.name: _content(file) for file in present}
            for name in (REPORT, ASKED, MENTIONED):
                (path / name).unlink(missing_ok=True)

    def fail(self) -> None:
        """Leave everything to the next session."""

    def remove_old_result(self) -> None:
        """Also remove the checkpoint that the session began with."""
        super().remove_old_result()
        (self.folder.path / _BEFORE).unlink(missing_ok=True)

    def discard(self) -> None:
        """Undo what the session changed."""
        with writing(self.folder.path):
            if (self.folder.path / _BEFORE).exists():
                os.replace(self.folder.path / _BEFORE, self.folder.checkpoint)
            for name in self._new:
                (self.folder.path / name).unlink(missing_ok=True)
            for name, content in self._contents.items():  # the report last, as in training
                write_atomically(self.folder.path / name, content)


def _content(file: Path) -> bytes:
    with reading(file):
        return read_regular(file, min(file.stat().st_size, _LONGEST), follow_link=False)


def _give_second_name(file: Path, name: Path) -> None:
    """Keep a file under a second name: it is always replaced as a whole, never written into."""
    try:
        os.link(file, name)
    except OSError:  # a disk without links
        shutil.copyfile(file, name)
