"""This trainer with `--compiled`."""

from pathlib import Path

from benchmarks.learners import ours
from benchmarks.recipe import Recipe


def learn(recipe: Recipe, seed: int, threads: int, data_dir: Path) -> float:
    """Train as `train.py --compiled` does."""
    return ours.learn(recipe, seed, threads, data_dir, compiled=True)
