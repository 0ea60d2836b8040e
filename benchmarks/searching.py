"""What a search costs beside its training, and how it grows with processes and trials.

`python -m benchmarks.searching` prints four measurements. Start it on a machine with nothing
else to do; PostgreSQL has to be installed, but not running.

- *Two processes*: the time of 40 short trials on two processes, divided by that on one.
- *First trial*: the seconds from the start of a search of 2,000 points to its first trial.
- *Trials per second*: 16 processes and trials without training, on PostgreSQL.
- *Coordination*: processor time per trial of one process, at the end of a study, without training.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from tests.made_up_data import write_small_data
from tests.postgresql import serve

ROOT = Path(__file__).resolve().parents[1]


class _Untrained:
    """Takes the place of a finished run's folder."""

    name = "none"
    figures = ("validation_accuracy", "validation_loss", "test_accuracy", "training_accuracy")

    def read_result(self) -> SimpleNamespace:
        return SimpleNamespace(epochs=1, **dict.fromkeys(self.figures, 0.5))

    def read_seconds(self) -> float:
        return 0.0

    def read_data_facts(self) -> SimpleNamespace:
        return SimpleNamespace(crc32=1)


def _train_nothing(settings, observers):
    """Report one epoch without having trained it."""
    for observer in observers:
        observer.on_epoch_end(SimpleNamespace(epoch=1, validation_accuracy=0.5))
    return SimpleNamespace(folder=_Untrained(), cut_short=None)


def _without_training(storage: str, trials: int, folder: str) -> list[float]:
    """Run trials without training in this process; return its processor time after each."""
    from nn.searching import worker
    from nn.searching.patience import Patience
    from nn.searching.plan import plan_search
    from nn.searching.study import Study
    from nn.settings.checking import Given
    from nn.settings.search_declaration import SearchSettings

    search = SearchSettings(
        vary=f"seed: [{', '.join(map(str, range(trials)))}]", sampler="grid", storage=storage,
        study="s", pruning=False,
    )  # fmt: skip
    plan = plan_search(search, {"save_dir": Given(folder, "save_dir")})
    study = Study(plan, Patience(60))
    worker.run_experiment = _train_nothing
    working = worker.Worker(study, lambda: False)
    times = []
    while working.run_trial():
        times.append(time.process_time())
    study.close()
    return times


def _coordination(storage: str, trials: int) -> float:
    """Return milliseconds of processor time per trial, over the last tenth of a study."""
    with tempfile.TemporaryDirectory() as folder:
        times = _without_training(storage, trials, folder)
    last = len(times) // 10
    return 1000 * (times[-1] - times[-1 - last]) / last


def _trials_per_second(storage: str, processes: int, trials: int) -> float:
    """Return the rate of all processes between their first and their last trial."""
    code = "import sys; from benchmarks.searching import _without_training as run; "
    code += "run(sys.argv[1], int(sys.argv[2]), sys.argv[3])"
    from nn.searching.storage import require_optuna

    require_optuna()
    from optuna.storages import RDBStorage

    RDBStorage(storage)  # creates the tables
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-c", code, storage, str(trials), folder]
        for process in [subprocess.Popen(words, cwd=ROOT) for _ in range(processes)]:
            process.wait()
    done = [one for one in RDBStorage(storage).get_all_trials(1) if one.state.name == "COMPLETE"]
    began = min(one.datetime_start for one in done)
    ended = max(one.datetime_complete for one in done)
    return len(done) / (ended - began).total_seconds()


@contextmanager
def _search(*flags: str) -> Iterator[tuple[subprocess.Popen, Path, float]]:
    """Start a search; yield its process, its folder and when it began."""
    with tempfile.TemporaryDirectory() as folder:
        write_small_data(Path(folder) / "data", training=4000)
        command = [sys.executable, str(ROOT / "search.py"), "--defaults", "--data-dir", "data"]
        command += ["--study", "s", "--no-pruning", *flags]
        began = time.perf_counter()
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as search:
            yield search, Path(folder), began


def _seconds(workers: int, trials: int, epochs: int) -> float:
    """Return how long a search of short trials takes."""
    flags = ("--vary", "learning_rate: 0.003..0.03 log", "--trials", str(trials))
    flags += ("--epochs", str(epochs), "--workers", str(workers))
    with _search(*flags) as (search, _, began):
        if search.wait():
            raise SystemExit("the search failed")
        return time.perf_counter() - began


def _first_trial(storage: str, points: int) -> float:
    """Return the seconds from the start of a search of a grid to its first trial."""
    grid = f"seed: [{', '.join(map(str, range(points)))}]"
    flags = ("--vary", grid, "--sampler", "grid", "--storage", storage)
    with _search(*flags) as (search, folder, began):
        while not list(folder.glob("saved_files/s/trial-*")):
            if search.poll() is not None:
                raise SystemExit("the search failed")
            time.sleep(0.02)
        seconds = time.perf_counter() - began
        search.send_signal(signal.SIGINT)
        return seconds


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(prog="benchmarks.searching", description=__doc__)
    parser.add_argument("--trials", type=int, default=2000, help="trials of a study (2000)")
    parser.add_argument("--epochs", type=int, default=4, help="epochs of a short trial (4)")
    found = parser.parse_args()
    print(f"processors: {os.cpu_count()}, load: {os.getloadavg()[0]:.1f}")
    one, two = (_seconds(workers, 40, found.epochs) for workers in (1, 2))
    print(f"40 short trials: {one:.1f} s on one process, {two / one:.2f} of that on two")
    print(f"coordination, SQLite: {_coordination('', found.trials):.1f} ms per trial")
    print(f"first of {found.trials:,} points, SQLite: {_first_trial('', found.trials):.1f} s")
    for count in (1, 4, 16):
        with serve() as server:
            rate = _trials_per_second(server.url, count, 300)
            print(f"PostgreSQL, {count} processes: {rate:.1f} trials per second")
    with serve() as server:
        milliseconds = _coordination(server.url, found.trials)
        print(f"coordination, PostgreSQL: {milliseconds:.1f} ms per trial")
    with serve() as server:
        first = _first_trial(server.url, found.trials)
        print(f"first of {found.trials:,} points, PostgreSQL: {first:.1f} s")


if __name__ == "__main__":
    main()
