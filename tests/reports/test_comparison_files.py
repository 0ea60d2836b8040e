"""The printed table of a comparison: columns, marks, and what a small screen leaves of it."""

from pathlib import Path

import numpy as np
import pytest

from nn.comparing.compare import Comparison, SettingGroup
from nn.comparing.compared_run import ComparedRun
from nn.reports.comparison_files import comparison_table, write_comparison
from nn.runs.run_folder import DataFacts, Result, RunFolder


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


def test_the_table_has_means_deviations_and_marks():
    heading, first, second, legend = comparison_table(two()).splitlines()
    columns = ["optimizer", "l1", "seeds", "training", "validation", "test", "loss", "epochs"]
    assert heading.split() == [*columns, "seconds", "parameters"]
    assert first.split() == [
        *("adam", "-", "2", "90.00%", "±0.00*", "90.05%", "±0.07*", "90.00%", "±0.00*"),
        *("0.2500*", "3", "2.0", "1,234"),
    ]
    assert second.split()[:4] == ["sgd", "y", "1", "80.00%"]
    assert legend == "* best"
    assert len({len(line) for line in (heading, first, second)}) == 1


@pytest.mark.parametrize("width", [200, 80, 60, 50])
def test_columns_give_way_on_a_narrow_screen_but_never_the_accuracies(width):
    heading = comparison_table(two(), width).splitlines()[0]
    assert len(heading) <= width
    assert {"optimizer", "l1", "validation", "test"} <= set(heading.split())


def test_many_settings_are_cut_and_the_rest_is_named():
    groups = [group(0.9 - i / 1000, hidden_units=str(i)) for i in range(200)]
    lines = comparison_table(Comparison(groups, ["hidden_units"], [])).splitlines()
    assert len(lines) == 33
    assert "... and 170 more, in table.csv" in lines


def test_a_setting_with_commas_is_one_cell_of_the_csv(tmp_path):
    import csv

    groups = [group(0.9, layers="[{dense: 5}, relu]"), group(0.8, layers="[relu]")]
    for one in groups:
        for run in one.runs:
            object.__setattr__(run.folder, "path", tmp_path)
    (tmp_path / "confusion_matrix.csv").write_text("1,0,0,0\n0,1,0,0\n0,0,1,0\n0,0,0,1\n")
    names = {path.name for path in write_comparison(
        tmp_path, Comparison(groups, ["layers"], []), "title")}  # fmt: skip
    assert names == {"table.csv", "runs.csv", "curves.png", *(
        f"confusion_difference.{kind}" for kind in ("csv", "png"))}  # fmt: skip
    with (tmp_path / "table.csv").open(newline="") as stream:
        assert [row["layers"] for row in csv.DictReader(stream)] == ["[{dense: 5}, relu]", "[relu]"]
    with (tmp_path / "runs.csv").open(newline="") as stream:
        assert next(csv.DictReader(stream))["seconds"] == "2"
