"""The program as its users run it, compared with its essential parts alone.

Benchmarks of frameworks leave out what people wait for: reading files, shuffling, validating,
saving, drawing bars, importing. Here, each is compared with the least that would do.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.contestants import CONTESTANTS
from benchmarks.steps import Line
from benchmarks.turns import Ratio, environment
from nn.datasets.idx import read_idx, write_idx

ROOT = Path(__file__).parent.parent
SEEDS_PEAK = 0.67e9
_ALLOWED_PEAK = 1.2e9  # of ten times as many images
_FIRST_QUESTION = "hidden layers"
_TIMED_STEPS = """
import sys, time
from nn.engines.fused import FusedEngine

take_steps, inner = FusedEngine.take_steps, 0.0

def timed(*arguments):
    global inner
    started = time.perf_counter()
    logits = take_steps(*arguments)
    inner += time.perf_counter() - started
    return logits

FusedEngine.take_steps = timed
"""
_ONE_EPOCH = f"""{_TIMED_STEPS}
from nn.console.progress import Progress
from nn.runs import experiment
from nn.settings.declaration import Settings
run = experiment.run_experiment(
    Settings(data_dir=sys.argv[1], save_dir=sys.argv[2], epochs=3), observers=[Progress()]
)
print(run.seconds / inner)
"""
_WHOLE_RUN = f"""{_TIMED_STEPS}
from nn.commands.train import main
sys.argv[1:] = ["--defaults", "--data-dir", sys.argv[1], "--save-dir", sys.argv[2]]
main()
print(inner)
"""
_SECONDS = """
import sys
from nn.runs.experiment import run_experiment
from nn.settings.declaration import Settings
settings = Settings(data_dir=sys.argv[1], save_dir=sys.argv[2], epochs=1, batch_size=64)
print(run_experiment(settings).seconds)
"""
_CHECKPOINTS = """
import sys, time
from nn.runs.checkpoint_writer import CheckpointWriter
from nn.runs.experiment import run_experiment
from nn.settings.declaration import Settings

write, spent = CheckpointWriter.write, 0.0

def timed(self, **how):
    global spent
    started = time.perf_counter()
    write(self, **how)
    spent += time.perf_counter() - started

CheckpointWriter.write = timed
run = run_experiment(Settings(data_dir=sys.argv[1], save_dir=sys.argv[2], epochs=5))
print(run.seconds / (run.seconds - spent))
"""
_HEALTH = """
import sys, time
from nn.runs.experiment import run_experiment
from nn.settings.declaration import Settings
from nn.training.layer_health import LayerProbe

measure, spent = LayerProbe.on_epoch_end, 0.0

def timed(self, record):
    global spent
    started = time.perf_counter()
    measure(self, record)
    spent += time.perf_counter() - started

LayerProbe.on_epoch_end = timed
run = run_experiment(Settings(data_dir=sys.argv[1], save_dir=sys.argv[2], epochs=5))
print(run.seconds / (run.seconds - spent))
"""
_OURS_LOADS = """
import sys, time
from pathlib import Path
from nn.runs.preparation import prepare_data
from nn.settings.declaration import Settings
settings = Settings(data_dir=sys.argv[1])
import nn.datasets.sources, nn.datasets.idx
started = time.perf_counter()
prepare_data(settings)
print(time.perf_counter() - started)
"""
_PARTS_LOAD = """
import gzip, sys, time
from pathlib import Path
import numpy as np
started = time.perf_counter()
for path in sorted(Path(sys.argv[1]).glob("*ubyte.gz")):
    with gzip.open(path) as file:
        np.frombuffer(file.read(), np.uint8)
print(time.perf_counter() - started)
"""


def measure(data_dir: Path, threads: int, rounds: int) -> list[Line]:
    """Measure the rows about the whole program, both sides of a ratio in every round."""
    with tempfile.TemporaryDirectory() as folder:
        save = Path(folder)
        epoch = Ratio.of([_print_of(threads, _ONE_EPOCH, data_dir, save) for _ in range(rounds)])
        run = Ratio.of([_whole_run(threads, data_dir, save) for _ in range(rounds)])
        checkpoints = Ratio.of(
            [_print_of(threads, _CHECKPOINTS, data_dir, save) for _ in range(rounds)]
        )
        health = Ratio.of([_print_of(threads, _HEALTH, data_dir, save) for _ in range(rounds)])
        loading = _ratio(
            rounds,
            lambda: _print_of(threads, _OURS_LOADS, data_dir),
            lambda: _print_of(threads, _PARTS_LOAD, data_dir),
        )
        peak = _peak_memory(threads, data_dir, save) / SEEDS_PEAK
        large = _ten_times(data_dir, save / "ten_times")
        large_peak = _peak_memory(threads, large, save) / _ALLOWED_PEAK
        growth = _ratio(
            rounds,
            lambda: _print_of(threads, _SECONDS, large, save),
            lambda: 10 * _print_of(threads, _SECONDS, data_dir, save),
        )
        question = _ratio(rounds, lambda: _first_question(data_dir), _imports_alone)
    ratios = [
        ("a whole default epoch", "its steps alone", 1.25, True, epoch),
        ("a whole default run", "its steps alone", 1.25, True, run),
        ("checkpoints of a default epoch", "its time without", 1.03, True, checkpoints),
        ("layers examined in a default epoch", "its time without", 1.02, True, health),
        ("loading and splitting MNIST", "gunzip and frombuffer alone", 1.6, True, loading),
        ("peak memory of the default run", "0.67 GB", 0.5, True, Ratio(peak, peak, peak)),
        ("600,000 images: peak memory", "1.2 GB", 1, True, Ratio(*[large_peak] * 3)),
        ("600,000 images: an epoch", "ten of 60,000", 1.1, True, growth),
        ("time to the first question", "import numpy, questionary", 1.5, True, question),
    ]
    return [Line(CONTESTANTS["ours"], *ratio) for ratio in ratios]


def _ratio(rounds: int, ours: Callable[[], float], least: Callable[[], float]) -> Ratio:
    ours(), least()  # the files are then in the system's memory for both
    return Ratio.of([ours() / least() for _ in range(rounds)])


def _print_of(threads: int, code: str, *arguments: Path) -> float:
    """Run code in a process of its own and return the last number it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env=environment(threads),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])


def _whole_run(threads: int, data_dir: Path, save: Path) -> float:
    """Return the time of `train.py --defaults`, start to finish, per second of its steps."""
    started = time.perf_counter()
    steps = _print_of(threads, _WHOLE_RUN, data_dir, save)
    return (time.perf_counter() - started) / steps


def _ten_times(data_dir: Path, folder: Path) -> Path:
    """Write a data set with each training image ten times; return its folder."""
    folder.mkdir()
    for path in data_dir.glob("*ubyte.gz"):
        times = 10 if path.name.startswith("train") else 1
        array = read_idx(path, 1 if "labels" in path.name else 3)
        write_idx(folder / path.stem, np.concatenate([array] * times))
    return folder


def _peak_memory(threads: int, data_dir: Path, save: Path) -> float:
    """Return the peak memory of `python train.py --defaults` in bytes."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, 'train.py', '--defaults', '--epochs', '2',"
        " '--data-dir', sys.argv[1], '--save-dir', sys.argv[2]],"
        " stdout=subprocess.DEVNULL, check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    kilobytes = 1 if sys.platform == "darwin" else 1024
    return _print_of(threads, code, data_dir, save) * kilobytes


def _first_question(data_dir: Path) -> float:
    """Return the seconds until the first question appears on a pseudo-terminal."""
    import pty

    started = time.perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(ROOT)
        os.execve(
            sys.executable,
            [sys.executable, "train.py", "--data-dir", str(data_dir.resolve())],
            {**os.environ, "TERM": "xterm"},
        )
    seen = b""
    while _FIRST_QUESTION.encode() not in seen:
        got = os.read(terminal, 65536)
        seen += got
        if b"\x1b[6n" in got:  # where is the cursor? A terminal answers.
            os.write(terminal, b"\x1b[1;1R")
    seconds = time.perf_counter() - started
    os.kill(process, 9)
    os.waitpid(process, 0)
    os.close(terminal)
    return seconds


def _imports_alone() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import numpy, questionary"], check=True)
    return time.perf_counter() - started
