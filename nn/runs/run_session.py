"""A session: what one start of the program does in a run's folder, beside training.

A new run's session makes the folder, so it may also remove it. A session that resumes a run
(`nn/resuming/resumed_session.py`) finds what earlier sessions learned, and keeps it.
"""

from nn.runs.file_names import DERIVED_FROM_RESULT, RESULT
from nn.runs.run_folder import RunFolder


class RunSession:
    """The first session of a run, in a folder that was made for it.

    Args:
        folder: The run's folder.

    Attributes:
        discarded: What to tell a person who stopped the training and discarded it.
    """

    discarded = "training was stopped; nothing was kept."

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    def fail(self) -> None:
        """Clean up after an error: a folder from which nothing can be resumed is removed."""
        if not self.folder.checkpoint.exists():
            self.folder.discard()

    def discard(self) -> None:
        """Throw away what the session learned."""
        self.folder.discard()

    def remove_old_result(self) -> None:
        """Remove the result that is about to be replaced, then what was made from it."""
        for name in (RESULT, *DERIVED_FROM_RESULT):
            (self.folder.path / name).unlink(missing_ok=True)
