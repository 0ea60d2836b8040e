"""A run's folder: everything a training saved, in files that anyone can open.

Files appear complete or not at all, and `result.csv` comes last: a run whose folder has none is
still in training, or unfinished.
"""

import math
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.datasets.framing import Framing
from nn.datasets.normalization import Normalization
from nn.errors import RunFolderError
from nn.files.atomic_write import write_atomically
from nn.files.file_errors import writing
from nn.files.regular_file import printable, read_regular
from nn.network import Network
from nn.runs.csv_files import read_array, read_record, write_array, write_record, write_table
from nn.runs.data_facts import DataFacts
from nn.runs.file_names import CHECKPOINT, DATA, RESULT, SETTINGS
from nn.settings.checking import check_settings
from nn.settings.config_files import read_config, write_settings
from nn.settings.declaration import Settings
from nn.training.history import History

NORMALIZATION = "normalization.csv"
FRAMING = "framing.csv"
CONFUSION_MATRIX = "confusion_matrix.csv"
SECONDS = "seconds.txt"
LAYERS_HISTORY = "layers_history.csv"
HISTORIES = (
    *("loss_history.csv", "accuracy_history.csv", "learning_rate_history.csv"),
    LAYERS_HISTORY,
)
_LARGEST_SIDE = 100_000
_LONGEST_SECONDS = 32  # characters
_SMALLEST_DEVIATION = 1e-6  # of pixels; one pixel of 1 among 10^12 zeros


@dataclass(frozen=True)
class Result:
    """The final figures of a run; losses per example, accuracies from 0 to 1.

    Attributes:
        epochs: Number of complete epochs.
    """

    epochs: int
    parameters: int
    training_loss: float
    training_accuracy: float
    validation_loss: float
    validation_accuracy: float
    test_loss: float
    test_accuracy: float
    test_images: int


class RunFolder:
    """Writes and reads the files of one run.

    If a file cannot be written or read, a `RunFolderError` names it.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, save_dir: Path, name: str) -> "RunFolder":
        """Create a new folder; a name in use gets a number, so nothing is overwritten.

        Raises:
            RunFolderError: The folder cannot be created.
        """
        numbered = name
        with writing(save_dir, advice="Choose another folder with --save-dir."):
            for number in range(2, 10_000):
                try:
                    (save_dir / numbered).mkdir(parents=True)
                except FileExistsError:
                    if not save_dir.is_dir():
                        break
                    numbered = f"{name}-{number}"
                else:
                    return cls(save_dir / numbered)
        raise RunFolderError(f"{save_dir}: cannot create a folder for the run in it.")

    @property
    def name(self) -> str:
        """The run's name: its folder's, made printable."""
        return printable(self.path.name)

    @property
    def is_finished(self) -> bool:
        """Whether there is a result; all other files then belong to it."""
        return (self.path / RESULT).is_file()

    @property
    def checkpoint(self) -> Path:
        """The file from which training can be resumed."""
        return self.path / CHECKPOINT

    def discard(self) -> None:
        """Remove the folder and everything in it."""
        shutil.rmtree(self.path)

    @contextmanager
    def read_as_one(self) -> Iterator[None]:
        """Ensure that all files read in the block belong to the same result.

        When a stopped run is resumed, its result is removed before its other files are replaced,
        and the new one is written last.

        Raises:
            RunFolderError: The run was resumed meanwhile.
        """
        before = self._result_state()
        yield
        if self._result_state() != before:
            raise RunFolderError(
                f"{self.path}: this run was resumed while it was read. Try again when training "
                "has ended."
            )

    def _result_state(self) -> tuple[int, int] | None:
        try:
            status = (self.path / RESULT).stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def write_settings(self, settings: Settings, notes: Iterable[str]) -> None:
        """Write `settings.yaml`, with notes as comments on top."""
        path = self.path / SETTINGS
        with writing(path):
            write_settings(path, settings, notes)

    def write_histories(self, history: History) -> None:
        """Write the three histories, one row per epoch."""
        for measure in ("loss", "accuracy"):
            rows = [
                (r.epoch, getattr(r, f"training_{measure}"), getattr(r, f"validation_{measure}"))
                for r in history
            ]
            header = ("epoch", "training", "validation")
            write_table(self.path / f"{measure}_history.csv", header, rows)
        rates = [(record.epoch, record.learning_rate) for record in history]
        write_table(self.path / "learning_rate_history.csv", ("epoch", "learning_rate"), rates)

    def write_network(self, network: Network) -> None:
        """Write `weights_1.csv`, `biases_1.csv`, ... : rows are inputs, columns are units."""
        for stem, array in network.arrays.items():
            write_array(self.path / f"{stem}.csv", array)

    def read_network(self, network: Network) -> None:
        """Read the run's parameters into a network that was built from its settings.

        Raises:
            RunFolderError: A file is missing, or does not fit this network.
        """
        for stem, array in network.arrays.items():
            array[...] = read_array(self.path / f"{stem}.csv", array.shape)

    def write_normalization(self, normalization: Normalization) -> None:
        """Write `normalization.csv`: an input is (pixel - subtract) / divide."""
        write_record(self.path / NORMALIZATION, normalization)

    def read_normalization(self) -> Normalization:
        """Read `normalization.csv`.

        Raises:
            RunFolderError: The file is missing or damaged.
        """
        path = self.path / NORMALIZATION
        normalization = read_record(path, Normalization)
        for name, lowest in (("subtract", 0.0), ("divide", _SMALLEST_DEVIATION)):
            number = getattr(normalization, name)
            if not lowest <= number <= 255:
                raise RunFolderError(
                    f"{path}: {name} is {number:g}, expected {lowest:g} to 255, as pixels are."
                )
        return normalization

    def write_data_facts(self, facts: DataFacts) -> None:
        """Write `data.csv`: image size, number of classes, checksum."""
        write_record(self.path / DATA, facts)

    def read_data_facts(self) -> DataFacts:
        """Read `data.csv`.

        Raises:
            RunFolderError: The file is missing or damaged.
        """
        path = self.path / DATA
        facts = read_record(path, DataFacts)
        for name in ("image_height", "image_width", "classes"):
            if not 1 <= getattr(facts, name) <= _LARGEST_SIDE:
                raise RunFolderError(f"{path}: {name} is {getattr(facts, name)}, not a size.")
        if facts.channels not in (1, 3):
            raise RunFolderError(f"{path}: channels is {facts.channels}, expected 1 or 3.")
        return facts

    def write_framing(self, framing: Framing) -> None:
        """Write `framing.csv`: how the training images' ink lies in their frame."""
        write_record(self.path / FRAMING, framing)

    def read_framing(self, image_shape: tuple[int, ...]) -> Framing:
        """Read `framing.csv`; return MNIST's if there is none, as in runs of earlier versions.

        Raises:
            RunFolderError: The file is damaged.
        """
        path, size = self.path / FRAMING, (image_shape[-2], image_shape[-1])
        if not path.exists():
            return Framing.like_mnist(size)
        framing = read_record(path, Framing)
        for name, side in zip(("ink_height", "ink_width"), size, strict=True):
            if not 1 <= getattr(framing, name) <= side:
                raise RunFolderError(
                    f"{path}: {name} is {getattr(framing, name):g}, expected 1 to {side} pixels."
                )
        if framing.thickness < 0:  # endless work to make strokes so thin
            raise RunFolderError(
                f"{path}: thickness is {framing.thickness:g}, expected pixels, or 0 for any."
            )
        return framing

    def write_confusion_matrix(self, matrix: NDArray[np.integer]) -> None:
        """Write `confusion_matrix.csv`, (K, K): rows are true labels, columns predicted ones."""
        write_array(self.path / CONFUSION_MATRIX, matrix)

    def write_result(self, result: Result) -> None:
        """Write `result.csv`, the last file, since it marks the run as finished."""
        write_record(self.path / RESULT, result)

    def read_result(self) -> Result:
        """Read `result.csv`.

        Raises:
            RunFolderError: The file is missing or damaged.
        """
        return read_record(self.path / RESULT, Result)

    def write_seconds(self, seconds: float) -> None:
        """Write `seconds.txt`: how long the epochs took, which differs between any two runs.

        It is not a CSV file, because those of a repeated run are byte-identical.
        """
        path = self.path / SECONDS
        with writing(path):
            write_atomically(path, f"{seconds:.3f}\n")

    def read_seconds(self) -> float | None:
        """Read `seconds.txt`; None if it holds no such number."""
        try:
            text = read_regular(self.path / SECONDS, _LONGEST_SECONDS, follow_link=False)
            seconds = float(text)
        except (OSError, ValueError):
            return None
        return seconds if 0 <= seconds < math.inf else None

    def read_settings(self) -> Settings:
        """Read `settings.yaml`.

        Raises:
            SettingError: The file is missing or damaged.
        """
        return check_settings(read_config(self.path / SETTINGS))
