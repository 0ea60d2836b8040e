"""This checkout beside another one: `python -m benchmarks.before FOLDER --data-dir MNIST`.

Before a change of the engines lands, its checkout and that of the commit before take turns at the
same work, in processes of their own: the steps of the benchmark, and whole epochs of configs. A
ratio is the time of this checkout over that of the other; 1.03 is 3 % slower.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks.steps import BATCH_128, PLAIN, TWO_HIDDEN, VARIANTS
from benchmarks.turns import Process, Ratio, environment
from benchmarks.work import TRAINING_IMAGES, Work

HERE = Path(__file__).resolve().parent.parent
WORKS = (PLAIN, *VARIANTS.values(), TWO_HIDDEN, BATCH_128)
CONFIGS = ("001_dilated_convolution", "001_batch_norm")


def main() -> None:
    """Print a row for each work and each config."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.before", description=__doc__)
    parser.add_argument("folder", type=Path, help="the other checkout")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of MNIST")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--configs", nargs="*", default=CONFIGS, help="names in configs/")
    arguments = parser.parse_args()
    folders, data_dir = (HERE, arguments.folder.resolve()), arguments.data_dir.resolve()
    print("| work | this time over the other's |\n|---|---|")
    for contestant in ("ours", "ours_compiled"):
        with ExitStack() as stack:
            processes = [
                stack.enter_context(closing(Process(contestant, 1, folder))) for folder in folders
            ]
            for work in WORKS:
                seconds = [_steps(process, work, data_dir) for process in processes]
                print(f"| {contestant}, {work} | {_ratio(seconds, arguments.rounds)} |", flush=True)
    for config in arguments.configs:
        seconds = [_epoch(folder, config, data_dir) for folder in folders]
        print(f"| {config}, an epoch | {_ratio(seconds, arguments.rounds)} |", flush=True)


def _steps(process: Process, work: Work, data_dir: Path) -> Callable[[], float]:
    """Return a function that takes the steps of an epoch, and returns their seconds."""
    process.order(prepare=work.as_dict(), images=TRAINING_IMAGES, data_dir=str(data_dir))
    process.order(run=work.as_dict())
    return lambda: process.order(run=work.as_dict())


def _epoch(folder: Path, config: str, data_dir: Path) -> Callable[[], float]:
    """Return a function that trains a config for an epoch, and returns the processor's seconds."""

    def run() -> float:
        with tempfile.TemporaryDirectory() as saved:
            flags = ["--epochs", "1", "--data-dir", str(data_dir), "--save-dir", saved]
            program = [sys.executable, "train.py", "--config", f"configs/{config}.yaml", *flags]
            before = os.times().children_user
            subprocess.run(
                [*program, "--name", "epoch"],
                cwd=folder,
                env=environment(1),
                check=True,
                capture_output=True,
            )
            return os.times().children_user - before

    return run


def _ratio(sides: list[Callable[[], float]], rounds: int) -> Ratio:
    """Return the ratio of the two sides' times, round by round."""
    this, other = sides
    return Ratio.of([this() / other() for _ in range(rounds)])


if __name__ == "__main__":
    main()
