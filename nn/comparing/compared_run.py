"""What a comparison reads from a finished run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.errors import RunFolderError, SettingError
from nn.installation import command
from nn.runs.csv_files import read_table
from nn.runs.data_facts import DataFacts
from nn.runs.run_folder import Result, RunFolder
from nn.settings.effect import effective


@dataclass(frozen=True, eq=False)
class ComparedRun:
    """What a comparison needs of a finished run.

    Attributes:
        folder: Its folder.
        settings: Those that have an effect, as text; without the seed.
        seed: Its seed.
        facts: About the images.
        result: The final figures.
        seconds: Duration of the epochs; None if unknown.
        history: `epoch`, `training_loss`, ..., `validation_accuracy`, each with one number for
            each epoch; empty if the run has no histories.
    """

    folder: RunFolder
    settings: dict[str, str]
    seed: int
    facts: DataFacts
    result: Result
    seconds: float | None
    history: dict[str, NDArray[np.float64]]

    @property
    def data(self) -> str:
        """A name of the images and their split; equal only for the same images."""
        return f"{self.settings['dataset']} {self.facts.crc32:08x}, {self.settings['split']} split"


def read_run(folder: RunFolder) -> ComparedRun:
    """Read what a comparison needs of a finished run.

    Raises:
        RunFolderError: a file is missing or damaged, or the run was extended in the meantime;
            missing histories are allowed.
        SettingError: `settings.yaml` is missing or damaged.
    """
    with folder.read_as_one():
        settings = effective(folder.read_settings())
        seed = int(settings.pop("seed"))
        facts, result = folder.read_data_facts(), folder.read_result()
        seconds, history = folder.read_seconds(), _read_history(folder)
    return ComparedRun(folder, settings, seed, facts, result, seconds, history)


def _read_history(folder: RunFolder) -> dict[str, NDArray[np.float64]]:
    history: dict[str, NDArray[np.float64]] = {}
    for measure in ("loss", "accuracy"):
        path = folder.path / f"{measure}_history.csv"
        if not path.exists():
            return {}
        epochs, training, validation = read_table(path, ("epoch", "training", "validation"))
        history |= {f"training_{measure}": training, f"validation_{measure}": validation}
    return {"epoch": epochs, **history} if len(epochs) else {}


def read_runs(
    folders: Sequence[RunFolder], report: Callable[[str], None] = lambda message: None
) -> list[ComparedRun]:
    """Read many runs; damaged ones are reported and left out.

    Raises:
        RunFolderError: none can be read.
    """
    runs = []
    for folder in folders:
        try:
            runs.append(read_run(folder))
        except (RunFolderError, SettingError) as error:
            report(f"Left out: {error}")
    if not runs:
        raise RunFolderError(f"there is no run to compare. Train some with: {command('train')}")
    return runs
