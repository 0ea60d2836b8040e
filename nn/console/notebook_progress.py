"""The progress of a training in a notebook: one bar, in Jupyter as in a terminal."""

import sys
import warnings
from typing import Any

from nn.training.history import EpochRecord
from nn.training.trainer import Observer


class NotebookProgress(Observer):
    """Shows one bar for all epochs, with the latest figures behind it; silent in a log file."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Jupyter without widgets gets a bar of text
            from tqdm.auto import tqdm
        self._tqdm = tqdm
        self._bar: Any = None
        self._before = 0

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        """Open the bar at the first epoch."""
        if self._bar is None:
            # A kernel's output is not a terminal, but still shows bars.
            disable = False if "ipykernel" in sys.modules else None
            self._bar = self._tqdm(total=epochs * examples, unit=" examples", disable=disable)
        self._before = (epoch - 1) * examples
        self._bar.set_description(f"epoch {epoch}/{epochs}")

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        """Move the bar."""
        self._bar.update(self._before + examples_done - self._bar.n)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Show the epoch's figures."""
        self._bar.set_postfix_str(
            f"loss {record.training_loss:.4f}, validation {record.validation_loss:.4f} "
            f"({record.validation_accuracy:.2%})"
        )

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()
