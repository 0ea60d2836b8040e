"""Contestants take turns, so that a noisy machine treats them alike.

No machine is quiet for minutes. Two measurements an hour apart find two different machines, two
measurements a second apart find the same one. So in every round all contestants work once, and the
figure is the ratio within a round: the median of at least seven rounds, the smallest and the
largest.

With one thread, processor time is measured, which does not count while other programs have the
core. With several threads it is wall time, which needs a quiet machine.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

import numpy as np

from benchmarks.contestants import CONTESTANTS, REQUIRES
from benchmarks.work import Array, Work

ROOT = Path(__file__).parent.parent

# NumPy, SciPy, PyTorch and JAX read these when they are imported, and never again.
_THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NPROC",
)
# OpenMP's and BLAS's threads wait for more work for a moment before they sleep.
_SECONDS_BETWEEN_TURNS = 0.05


def missing(contestants: Sequence[str]) -> dict[str, str]:
    """Return the contestants that are not installed, each with its missing package."""
    return {
        name: REQUIRES[name]
        for name in contestants
        if name in REQUIRES and find_spec(REQUIRES[name]) is None
    }


def environment(threads: int) -> dict[str, str]:
    """Return an environment that limits every library to this number of threads."""
    variables = dict(os.environ)
    variables.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
    if threads == 1:
        variables["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    variables["JAX_PLATFORMS"] = "cpu"
    return variables


@dataclass(frozen=True)
class Ratio:
    """A median with the smallest and the largest value."""

    median: float
    smallest: float
    largest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Ratio":
        """Return the median and the spread of the values."""
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.smallest:.2f}-{self.largest:.2f})"


@dataclass(frozen=True)
class Entry:
    """A contestant and its work."""

    contestant: str
    work: Work


class Process:
    """One contestant's process."""

    def __init__(self, name: str, threads: int, folder: Path = ROOT) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", name, str(threads)],
            cwd=folder,
            env=environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, **order: object) -> float:
        """Send an order, wait until it is done and return the seconds it took."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process of {self.name} ended; its error is printed above")
        return float(json.loads(answer)["seconds"])

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


class Turns:
    """A process for each installed contestant, all limited to the same number of threads.

    Args:
        threads: How many threads each may use.
        data_dir: Folder of MNIST's gzipped files; None for random images.
        only: The module names of the contestants that take part.

    Attributes:
        names: The module names of those that are installed.
    """

    def __init__(
        self, threads: int, data_dir: Path | None, only: Sequence[str] = tuple(CONTESTANTS)
    ) -> None:
        self.threads = threads
        self._data_dir = str(data_dir.resolve()) if data_dir else None
        self.names = [name for name in only if name not in missing(only)]

    def __enter__(self) -> "Turns":
        self._processes = {name: Process(name, self.threads) for name in self.names}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes.values():
            process.close()

    def rounds(
        self, entries: Sequence[Entry], rounds: int, images: int
    ) -> dict[Entry, list[float]]:
        """Let contestants take turns, except those that are not installed.

        Args:
            entries: Contestants and their work.
            rounds: Turns of each contestant, after one to warm up.
            images: Images per turn, in whole batches.

        Returns:
            For each entry, microseconds per step in every round.
        """
        entries = [entry for entry in entries if entry.contestant in self._processes]
        for process in self._processes.values():
            process.order(forget=True)
        for entry in entries:
            self._prepare(entry, images)
            self._run(entry)
        times: dict[Entry, list[float]] = {entry: [] for entry in entries}
        for _ in range(rounds):
            for entry in entries:
                steps = images // entry.work.batch_size
                times[entry].append(self._run(entry) / steps * 1e6)
        return times

    def parameters_after(self, entry: Entry, steps: int) -> list[Array] | None:
        """Return a contestant's parameters after this number of steps; None if not installed."""
        if entry.contestant not in self._processes:
            return None
        self._prepare(entry, steps * entry.work.batch_size)
        self._run(entry)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "parameters.npz"
            self._processes[entry.contestant].order(save=entry.work.as_dict(), path=str(path))
            with np.load(path) as arrays:
                return [arrays[key] for key in arrays]

    def _prepare(self, entry: Entry, images: int) -> None:
        self._processes[entry.contestant].order(
            prepare=entry.work.as_dict(), images=images, data_dir=self._data_dir
        )

    def _run(self, entry: Entry) -> float:
        time.sleep(_SECONDS_BETWEEN_TURNS)
        return self._processes[entry.contestant].order(run=entry.work.as_dict())
