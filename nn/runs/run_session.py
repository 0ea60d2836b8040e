"""What happens in a run's folder between one start of the program and its end.

A run may take several sessions. The first one makes the folder and may throw it away again. A
later one finds things there that are not its own: whatever it does while it trains can be undone,
and a result stays what it is until there is another one to take its place.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from nn.files.atomic_write import remove_left_parts
from nn.files.file_errors import writing
from nn.runs.file_names import CHECKPOINT, MADE_OF_A_RESULT, RESULT, SETTINGS, former
from nn.runs.first_layer import EPOCH_1
from nn.runs.run_folder import HISTORIES, RunFolder

_CHANGED_WHILE_TRAINING = (SETTINGS, CHECKPOINT, EPOCH_1, *HISTORIES)


class RunSession:
    """The first session of a run, in a folder of its own making.

    Args:
        folder: The run's folder.
    """

    ended_for_nothing = "training was stopped; nothing was kept."

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    def fail(self) -> None:
        """Clean up where training ended in an error: what holds nothing yet is removed."""
        if not self.folder.checkpoint.exists():
            self.folder.discard()

    def discard(self) -> None:
        """Throw away what the session learned."""
        self.folder.discard()

    def begin_result(self) -> None:
        """Take away what a former result left, its mark first, before the new one's files come."""
        path = self.folder.path
        for name in (RESULT, *MADE_OF_A_RESULT, *map(former, _CHANGED_WHILE_TRAINING)):
            (path / name).unlink(missing_ok=True)


class LaterSession(RunSession):
    """A session in the folder of a run that was left; its lock is held.

    Args:
        folder: The run's folder.

    Raises:
        RunFolderError: the folder cannot be written.
    """

    ended_for_nothing = "training was stopped; the run is what it was before."

    def __init__(self, folder: RunFolder) -> None:
        super().__init__(folder)
        with writing(folder.path):
            remove_left_parts(folder.path)
            for name in _CHANGED_WHILE_TRAINING:
                if (folder.path / name).is_file():
                    _give_second_name(folder.path / name, folder.path / former(name))

    def fail(self) -> None:
        """Leave everything to the next session."""

    def discard(self) -> None:
        """Put everything back as it was when the session began."""
        path = self.folder.path
        for name in _CHANGED_WHILE_TRAINING:
            if (path / former(name)).exists():
                os.replace(path / former(name), path / name)
            else:
                (path / name).unlink(missing_ok=True)
        remove_left_parts(path)


def _give_second_name(path: Path, second: Path) -> None:
    """Give a file another name, under which it stays when the first one gets another file."""
    with suppress(OSError):
        os.link(path, second)
        return
    shutil.copyfile(path, second)  # on a disk without links
