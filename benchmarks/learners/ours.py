"""This trainer: a whole run with all its files but the pictures."""

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.recipe import Recipe
from nn.runs.experiment import run_experiment
from nn.settings.checking import Given, check_settings


def learn(
    recipe: Recipe, seed: int, threads: int, data_dir: Path, *, compiled: bool = False
) -> float:
    """Train as `train.py` does."""
    norm = ["batch_norm"] if recipe.batch_norm else []
    layers: list[Any] = []
    for filters in recipe.filters:
        layers += [{"conv2d": {"filters": filters, "kernel_size": 5}}, {"max_pool": 2}]
        layers += [*norm, "relu"]
    layers += ["flatten"] if recipe.filters else []
    for units in recipe.hidden:
        layers += [{"dense": units}, *norm, "relu"]
    with tempfile.TemporaryDirectory() as folder:
        values = {
            "layers": layers,
            "initialization": "he",
            "optimizer": "adam",
            "learning_rate": recipe.learning_rate,
            "learning_rate_decay": True,
            "decay": "one_cycle",
            "batch_size": recipe.batch_size,
            "epochs": recipe.epochs,
            "distortion": "elastic" if recipe.distorted else "none",
            "split": "official",
            "validation_size": 1,
            "threads": threads,
            "compiled": compiled,
            "seed": seed,
            "data_dir": str(data_dir),
            "save_dir": folder,
        }
        settings = {name: Given(value, name) for name, value in values.items()}
        return run_experiment(check_settings(settings)).result.test_accuracy
