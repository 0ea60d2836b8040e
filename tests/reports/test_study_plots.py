"""Pictures of a search are checked by what stands in them."""

import numpy as np

from nn.reports.study_plots import (
    Axis,
    DrawnTrial,
    plot_importance,
    plot_learning_curves,
    plot_parameters,
)

TRIALS = [
    DrawnTrial("first", 97.0, True, {"rate": 0.1, "units": "8"}, {1: 90.0, 2: 97.0}),
    DrawnTrial("second", 95.0, True, {"rate": 0.01, "units": "4"}, {1: 80.0, 2: 95.0}),
    DrawnTrial("stopped", 60.0, False, {"rate": 1.0, "units": "8"}, {1: 60.0}),
    DrawnTrial("diverged", None, False, {"rate": 9.0, "units": "4"}),
]
AXES = [Axis("rate", log=True), Axis("units", log=False, labels=["4", "8"])]


def points(axes) -> dict[str, list[list[float]]]:
    return {dots.get_label(): np.asarray(dots.get_offsets()).tolist() for dots in axes.collections}


def test_each_dimension_has_its_axis_and_each_trial_its_point(tmp_path, written):
    plot_parameters(tmp_path / "p.png", TRIALS, AXES, "accuracy (%)", "study")
    rate, units = written[0].axes
    assert (rate.get_xscale(), units.get_xscale()) == ("log", "linear")
    assert rate.get_xlabel() == "rate, log scale"
    assert rate.get_ylabel() == "accuracy (%)"
    assert points(rate) == {
        "stopped early": [[1.0, 60.0]],
        "all epochs": [[0.1, 97.0], [0.01, 95.0]],
        "best": [[0.1, 97.0]],
    }
    assert points(units)["best"] == [[1.0, 97.0]]
    assert [label.get_text() for label in units.get_xticklabels()] == ["4", "8"]
    assert not any("$" in label.get_text() for label in rate.get_xticklabels())
    assert written[0].get_suptitle() == "Search\nstudy"


def test_many_dimensions_stand_in_rows_of_three(tmp_path, drawn):
    plot_parameters(tmp_path / "p.png", TRIALS, AXES * 2, "accuracy (%)", "study")
    assert [axes.axison for axes in drawn[0].axes] == [True] * 4 + [False] * 2


def test_without_a_whole_trial_there_is_no_best(tmp_path, drawn):
    plot_parameters(tmp_path / "p.png", TRIALS[2:], AXES, "accuracy (%)", "study")
    assert "best" not in points(drawn[0].axes[0])


def test_the_most_important_stands_on_top_with_its_share(tmp_path, written):
    plot_importance(tmp_path / "i.png", {"rate": 0.25, "units": 0.75}, "study")
    (axes,) = written[0].axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["rate", "units"]
    assert [bar.get_width() for bar in axes.patches] == [25, 75]
    assert [text.get_text() for text in axes.texts] == ["25%", "75%"]


def test_learning_curves_carry_the_trials_names_the_best_first(tmp_path, written):
    plot_learning_curves(tmp_path / "c.png", TRIALS[:3], "accuracy (%)", "study")
    (axes,) = written[0].axes
    names = [text.get_text() for text in written[0].legends[0].get_texts()]
    assert names == ["first", "second", "stopped"]
    lines = {line.get_label(): line for line in axes.lines}
    assert lines["first"].get_ydata().tolist() == [90, 97]
    assert lines["stopped"].get_marker() == "o"  # one point has no line to be seen by
    assert written[0].get_suptitle() == "The best 3 trials\nstudy"
