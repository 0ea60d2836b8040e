"""Seconds from the start of a process to an accuracy on MNIST's 10,000 test images.

    python -m benchmarks.seconds_to --data-dir data

Every learner gets the recipe that brings it to the accuracy soonest, of those tried, and a process
of its own for each seed: imports, reading the files, compiling, training to the recipe's end, and
answering all test images. The figure is the mean of the seeds; it counts if the mean of their
accuracies is high enough. What is compiled once and kept on the disk (Numba's loops) is kept
before, as on every later start.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks.learners import LEARNERS, REQUIRES
from benchmarks.recipe import Recipe
from benchmarks.turns import ROOT, environment

_DENSE = Recipe((256,), batch_size=128, learning_rate=0.008)
_CONVOLUTIONS = Recipe((64,), (10, 32), 50, learning_rate=0.01, batch_norm=True)
_WITH_CONVOLUTIONS = [name for name in LEARNERS if name != "scikit_learn"]
RECIPES: dict[float, dict[str, Recipe]] = {
    97.0: dict.fromkeys(LEARNERS, _DENSE),
    98.0: dict.fromkeys(LEARNERS, replace(_DENSE, epochs=3)),
    99.0: dict.fromkeys(_WITH_CONVOLUTIONS, _CONVOLUTIONS),
    99.4: dict.fromkeys(
        _WITH_CONVOLUTIONS,
        Recipe((128,), (12, 40), 50, 2, learning_rate=0.015, batch_norm=True, distorted=True),
    ),
}
RECIPES[98.0]["ours_compiled"] = Recipe((), (5, 12), batch_size=100, learning_rate=0.02)
# It has no learning rate that rises and falls.
RECIPES[97.0]["scikit_learn"] = replace(_DENSE, epochs=4, learning_rate=0.002)
RECIPES[98.0]["scikit_learn"] = replace(_DENSE, epochs=10, learning_rate=0.001)
"""Accuracy in percent to each learner's recipe; a learner without one cannot get there."""


def measure(learner: str, recipe: Recipe, seed: int, threads: int, data_dir: Path) -> list[float]:
    """Return the seconds of a process and the accuracy it ended with."""
    code = "import sys; from benchmarks.seconds_to import answer; answer(*sys.argv[1:])"
    words = [learner, json.dumps(asdict(recipe)), str(seed), str(threads), str(data_dir)]
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        env=environment(threads),
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{learner}: {done.stderr[-2000:]}")
    return [seconds, float(done.stdout.split()[-1])]


def answer(learner: str, recipe: str, seed: str, threads: str, data_dir: str) -> None:
    """Train as one learner and print the accuracy, in a process of its own."""
    learn = import_module(f"benchmarks.learners.{learner}").learn
    print(learn(Recipe(**json.loads(recipe)), int(seed), int(threads), Path(data_dir)))


def main() -> None:
    """Measure everything and print a table."""
    parser = argparse.ArgumentParser(prog="benchmarks.seconds_to", description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="MNIST's files")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of each figure (3)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="cores (1 2)")
    parser.add_argument("--only", nargs="+", default=list(LEARNERS), help="some of the learners")
    parser.add_argument("--to", type=float, nargs="+", default=list(RECIPES), help="accuracies")
    parser.add_argument("--recipe", help="another, in JSON, for all")
    found = parser.parse_args()
    print(f"processors: {os.cpu_count()}, load: {os.getloadavg()[0]:.1f}")
    print(f"| cores | learner | {' | '.join(f'{accuracy:g}%' for accuracy in found.to)} |")
    print(f"|{'---|' * (2 + len(found.to))}")
    for threads in found.threads:
        for learner in found.only:
            if find_spec(REQUIRES.get(learner, "numpy")) is None:
                print(f"{LEARNERS[learner]} is left out: {REQUIRES[learner]} is not installed")
                continue
            cells = [f"{threads}", LEARNERS[learner]]
            for accuracy in found.to:
                recipe = RECIPES[accuracy].get(learner)
                if found.recipe:
                    recipe = Recipe(**json.loads(found.recipe))
                cells.append(_cell(learner, recipe, accuracy, threads, found))
            print(f"| {' | '.join(cells)} |", flush=True)


def _cell(
    learner: str,
    recipe: Recipe | None,
    accuracy: float,
    threads: int,
    found: argparse.Namespace,
) -> str:
    if recipe is None:
        return ""
    data_dir = found.data_dir.resolve()
    if learner == "ours_compiled":  # compile, as the first start does
        measure(learner, replace(recipe, epochs=1), 0, threads, data_dir)
    runs = [measure(learner, recipe, seed, threads, data_dir) for seed in range(found.seeds)]
    seconds, reached = (statistics.mean(column) for column in zip(*runs, strict=True))
    missed = "" if 100 * reached >= accuracy else ", missed"
    return f"{seconds:.1f} ({100 * reached:.2f}%{missed})"


if __name__ == "__main__":
    main()
