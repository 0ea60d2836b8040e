"""When checkpoints are written: after every epoch, and in between where epochs are long."""

from pathlib import Path

from nn.runs.checkpoint_file import write_checkpoint
from nn.settings.declaration import Settings
from nn.settings.effect import lasting
from nn.training.history import EpochRecord
from nn.training.state import Checkpoint, TrainingState
from nn.training.trainer import Observer


class CheckpointWriter(Observer):
    """Writes the checkpoint of a run; it must be the last of the observers.

    Args:
        path: The file.
        state: The training.
        settings: Its settings, `checkpoint_steps` among them.
        data_crc32: Checksum of its data.
    """

    def __init__(
        self, path: Path, state: TrainingState, settings: Settings, data_crc32: int
    ) -> None:
        self._path = path
        self._state = state
        self._about = {"settings": lasting(settings), "data_crc32": data_crc32}
        self._examples_between = settings.checkpoint_steps * settings.batch_size
        self._examples = 0
        self._written = 0

    def write(self, *, stopped: bool = False) -> None:
        """Write the current training state.

        Args:
            stopped: Whether a person stopped it here.

        Raises:
            RunFolderError: the file cannot be written; the one before it is still there.
        """
        now = self._state.gather()
        numbers = {**now.numbers, **self._about, "stopped": stopped}
        write_checkpoint(self._path, Checkpoint(numbers, now.arrays))

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        """Restart the count."""
        self._examples, self._written = examples, 0

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        """Write if it is time, unless the epoch ends here."""
        due = self._written + self._examples_between
        if due <= examples_done < self._examples:
            self.write()
            self._written = examples_done

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Write the state after the epoch."""
        self.write()
