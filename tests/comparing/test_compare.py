"""Runs are made up from figures, so that every mean, deviation and verdict is known by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nn.comparing.compare import compare
from nn.comparing.compared_run import ComparedRun, read_run
from nn.runs.data_facts import DataFacts
from nn.runs.experiment import run_experiment
from nn.runs.run_folder import Result, RunFolder
from nn.settings.declaration import Settings
from nn.settings.effect import effective

FACTS = DataFacts(image_height=8, image_width=8, classes=4, crc32=7)


def made(accuracy: float = 0.5, *, name="run", crc32=7, history=(0.5,), **changes) -> ComparedRun:
    """Return a run of that accuracy everywhere and a loss of one minus it."""
    shown = effective(Settings(**changes))
    loss = 1 - accuracy
    return ComparedRun(
        folder=RunFolder(Path(name)),
        settings={key: value for key, value in shown.items() if key != "seed"},
        seed=int(shown["seed"]),
        facts=replace(FACTS, crc32=crc32),
        result=Result(3, 100, loss, accuracy, loss, accuracy, loss, accuracy, 60),
        seconds=2.0,
        history={"epoch": np.arange(1.0, len(history) + 1), **{
            f"{part}_{kind}": np.array(history)
            for part in ("training", "validation") for kind in ("loss", "accuracy")
        }} if history else {},
    )  # fmt: skip


# Who belongs together --------------------------------------------------------------------------


def test_only_settings_that_differ_are_named_and_the_best_comes_first():
    runs = [
        made(accuracy, hidden_layers=layers, optimizer=optimizer)
        for accuracy, layers, optimizer in [(0.7, 0, "sgd"), (0.9, 2, "sgd"), (0.8, 1, "adam")]
    ]
    comparison = compare(runs)
    assert comparison.differing == ["hidden_layers", "optimizer"]
    assert [one.label for one in comparison.groups] == [
        "hidden_layers 2, optimizer sgd",
        "hidden_layers 1, optimizer adam",
        "hidden_layers 0, optimizer sgd",
    ]


def test_a_setting_that_follows_from_another_is_named_only_if_it_is_needed():
    sgd, momentum = made(optimizer="sgd"), made(optimizer="momentum")
    assert compare([sgd, momentum]).differing == ["optimizer"]
    slower = made(optimizer="momentum", momentum=0.5)
    assert compare([sgd, momentum, slower]).differing == ["optimizer", "momentum"]
    listed = compare([made(layers=[{"dense": 64}]), made()])
    assert listed.differing[0] == "hidden_layers"
    assert "layers" in listed.differing


def test_runs_that_differ_by_seed_are_one_group_with_mean_and_deviation():
    values = [(0.5, 0), (0.6, 1), (0.7, 2)]
    comparison = compare([*(made(a, seed=s) for a, s in values), made(0.3, epochs=5)])
    first, second = comparison.groups
    assert [run.seed for run in first.runs] == [0, 1, 2]
    assert first.label == "epochs 10, 3 seeds"
    assert second.label == "epochs 5"
    assert first.mean("test_accuracy") == pytest.approx(0.6)
    assert first.deviation("test_accuracy") == pytest.approx(0.1)  # sqrt((0.01 + 0 + 0.01) / 2)
    assert second.deviation("test_accuracy") is None
    assert first.seconds == 2


def test_runs_alike_in_all_but_the_seed_are_called_so():
    assert compare([made(seed=1), made(seed=2)]).groups[0].label == "the same settings, 2 seeds"
    assert compare([made(name="lonely")]).groups[0].label == "lonely"


def test_a_repeat_counts_once_and_that_is_said():
    comparison = compare([made(0.5, name="a"), made(0.5, name="b"), made(0.6, name="c", seed=1)])
    assert [run.folder.name for run in comparison.runs] == ["a", "c"]
    assert "Same settings and seed as another run, so left out: b." in comparison.notes


# Curves ----------------------------------------------------------------------------------------


def test_a_curve_is_mean_and_deviation_of_the_runs_that_came_so_far():
    (one,) = compare([made(history=(1, 3, 5)), made(seed=1, history=(3, 5))]).groups
    epochs, mean, deviation = one.curve("validation_loss")
    assert epochs.tolist() == [1, 2, 3]
    assert mean.tolist() == [2, 4, 5]
    assert deviation.tolist() == [1, 1, 0]


def test_a_run_without_histories_is_said_and_has_no_part_in_the_curve():
    comparison = compare([made(history=(1, 2)), made(seed=1, history=(), name="bare")])
    assert "Without histories, so not in the curves: bare." in comparison.notes
    assert comparison.groups[0].curve("training_loss")[1].tolist() == [1, 2]
    assert compare([made(history=())]).groups[0].curve("training_loss").shape == (3, 0)


# Verdicts --------------------------------------------------------------------------------------


def verdicts(*groups: list[float], measure="test_accuracy") -> list[str]:
    runs = [
        made(accuracy, seed=seed, epochs=epochs)
        for epochs, group in enumerate(groups, 1)
        for seed, accuracy in enumerate(group)
    ]
    comparison = compare(runs)
    by_epochs = {one.settings.get("epochs", "1"): i for i, one in enumerate(comparison.groups)}
    return [comparison.verdicts[measure][by_epochs[str(n)]] for n in range(1, len(groups) + 1)]


def test_differences_within_the_seeds_noise_are_told_from_those_beyond():
    # Each group deviates by 0.01 from its mean in both runs: pooled variance 0.0002, 3 degrees of
    # freedom in all, t = 3.182, so means of two differ by chance up to 3.182 sqrt(0.0002) = 0.045.
    groups = [0.89, 0.91], [0.851, 0.871], [0.84, 0.86]
    assert verdicts(*groups) == ["best", "within noise", ""]
    assert verdicts(*groups, measure="test_loss") == ["best", "within noise", ""]


def test_a_single_run_has_the_others_noise_and_more_of_it_by_chance():
    # One degree of freedom, t = 12.71, deviation 0.01414: reach 0.18 sqrt(1 + 1/2) = 0.22.
    assert verdicts([0.89, 0.91], [0.69]) == ["best", "within noise"]
    assert verdicts([0.89, 0.91], [0.67]) == ["best", ""]


def test_without_a_second_seed_nothing_is_called_noise_and_that_is_said():
    assert verdicts([0.9], [0.9 - 1e-9]) == ["best", ""]
    assert "one seed only" in compare([made(), made(epochs=3)]).notes[0]
    assert compare([made(seed=1), made(seed=2)]).notes == []


def test_seeds_without_any_difference_leave_no_noise():
    assert verdicts([0.9, 0.9], [0.9, 0.9], [0.8, 0.8]) == ["best", "best", ""]


# Other data ------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [{"crc32": 8}, {"split": "official"}])
def test_runs_on_other_images_are_mentioned_and_have_a_best_of_their_own(other):
    comparison = compare([made(0.9), made(0.5, **other), made(0.4, epochs=3, **other)])
    assert "used different images" in comparison.notes[0]
    assert comparison.differing == ["epochs", "data"]
    assert {one.settings["data"] for one in comparison.groups} == {
        "auto 00000007, seed split",
        f"auto {other.get('crc32', 7):08x}, {other.get('split', 'seed')} split",
    }
    words = zip(comparison.groups, comparison.verdicts["test_accuracy"], strict=True)
    assert sorted((one.mean("test_accuracy"), word) for one, word in words) == [
        (0.4, ""),
        (0.5, "best"),
        (0.9, "best"),
    ]


# From folders ----------------------------------------------------------------------------------


def test_the_confusion_difference_is_the_better_runs_minus_the_others(settings):
    folders = [run_experiment(settings(name=str(e), epochs=e)).folder for e in (1, 3, 4)]
    for folder, diagonal in zip(folders, (5, 9, 9), strict=True):
        folder.write_confusion_matrix(np.full((4, 4), 1) + diagonal * np.eye(4, dtype=int))
    runs = [read_run(folder) for folder in folders]
    one, two = (
        replace(run, result=replace(run.result, validation_accuracy=accuracy))
        for run, accuracy in zip(runs, (0.25, 0.5), strict=False)
    )
    assert compare([one, two]).confusion_difference().tolist() == (4 * np.eye(4)).tolist()
    assert compare([one]).confusion_difference() is None
    assert compare(runs).confusion_difference() is None
    other = replace(two, facts=replace(two.facts, crc32=1))
    assert compare([one, other]).confusion_difference() is None
