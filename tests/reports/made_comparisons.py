"""Comparisons made up from figures."""

from pathlib import Path

import numpy as np

from nn.comparing.compare import Comparison, SettingGroup
from nn.comparing.compared_run import ComparedRun
from nn.runs.data_facts import DataFacts
from nn.runs.run_folder import Result, RunFolder


def group(accuracy: float, seeds: int = 1, **settings: str) -> SettingGroup:
    runs = tuple(
        ComparedRun(
            RunFolder(Path(f"run-{seed}")),
            {"dataset": "mnist", "split": "seed"},
            seed,
            DataFacts(8, 8, 4, 1),
            Result(3, 1234, 0.5, accuracy, 0.25, accuracy + seed / 1000, 0.5, accuracy, 60),
            None if seed else 2.0,
            {"epoch": np.arange(1.0, 3)} | {
                f"{part}_{kind}": np.array([0.5, 0.5])
                for part in ("training", "validation") for kind in ("loss", "accuracy")
            },
        )
        for seed in range(seeds)
    )  # fmt: skip
    return SettingGroup(settings, runs)


def two() -> Comparison:
    groups = [
        group(0.9, 2, optimizer="adam", l1=""),
        group(0.8, optimizer="sgd", l1="y"),
    ]
    return Comparison(groups, ["optimizer", "l1"], [])
