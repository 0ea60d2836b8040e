"""The moments of a training: how to wait for one, and how to tell afterwards which it was."""

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.programs import Program

SAVED = ("loss_history.csv", "weights_1.csv", "biases_1.csv", "weights_2.csv", "biases_2.csv")
SAVED += ("seconds.txt", "confusion_matrix.csv", "result.csv")
DRAWN = ("loss_history.png", "accuracy_history.png", "learning_rate_history.png")
DRAWN += ("layers_history.png", "confusion_matrix.png", "first_layer.png", "report.html")
MOMENTS = ("loading", "training", "saving", "drawing")
CHECKPOINTS = 12  # about; of a whole run


class Watch:
    """Watches a run's folder from before a program is started in it.

    Args:
        folder: The run's, which need not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._before = {name: self._state(name) for name in (*SAVED, *DRAWN)}

    def _state(self, name: str) -> tuple[int, int] | None:
        try:
            status = (self.folder / name).stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def is_new(self, name: str) -> bool:
        """Return whether a file is there that was not when the watch began."""
        now = self._state(name)
        return now is not None and now != self._before.get(name)

    def is_begun(self, name: str) -> bool:
        """Return whether a file is there that was not, or is being written."""
        try:
            names = [path.name for path in self.folder.iterdir()]
        except OSError:
            return False
        being = any(one.startswith(f".{name}.") and one.endswith(".part") for one in names)
        return being or self.is_new(name)

    def wait(self, moment: str, program: Program, rng: Random) -> None:
        """Wait until a program is at a moment of its training, and then for a random while."""
        if moment == "loading":
            program.wait_for(lambda: program.takes_signals)
            time.sleep(rng.uniform(0, 0.5 if program.order.fresh else 0.03))
        elif moment == "training":
            for _ in range(rng.randint(1, CHECKPOINTS)):
                program.wait_for(self._changed("checkpoint.npz"))
            time.sleep(rng.uniform(0, 0.01))
        elif moment == "saving":
            name = rng.choice(SAVED[1:])
            program.wait_for(lambda: self.is_begun(name))
            time.sleep(rng.choice((0, rng.uniform(0, 0.005))))
        elif moment == "drawing":
            name = rng.choice(DRAWN)
            program.wait_for(lambda: self.is_begun(name))
            time.sleep(rng.choice((0, rng.uniform(0, 0.08))))

    def _changed(self, name: str) -> Callable[[], bool]:
        before = self._state(name)
        # Else a whole session is waited for where few checkpoints are left to be written.
        return lambda: self._state(name) != before or self.is_begun("weights_1.csv")

    @property
    def moment(self) -> str:
        """The moment that the program has come to."""
        if self.is_new("report.html"):
            return "end"
        if self.is_new("result.csv"):
            return "drawing"
        if any(self.is_begun(name) for name in SAVED[1:]):
            return "saving"
        return "training" if (self.folder / "data.csv").exists() else "loading"
