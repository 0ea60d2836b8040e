"""Trainings that are left before their end, at a moment that the test chooses."""

from pathlib import Path

from nn.settings.checking import Given
from nn.training.history import EpochRecord
from nn.training.trainer import Observer

CHUNKS = 7  # of 399 images, 64 at a time


class Killed(BaseException):
    """Ends a training as a killed process does: nobody gets to write anything."""


class EndAt(Observer):
    """Ends training at the n-th event of any kind, counted from 1."""

    def __init__(self, event: int, ending: BaseException) -> None:
        self.left, self.ending = event, ending

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise self.ending

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        self._count()

    def on_epoch_end(self, record: EpochRecord) -> None:
        self._count()


class Count(Observer):
    """Counts the epochs that are begun."""

    def __init__(self) -> None:
        self.begun: list[int] = []

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        self.begun.append(epoch)


def csv_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


def all_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def given(**values: object) -> dict[str, Given]:
    return {name: Given(value, f"--{name}") for name, value in values.items()}
