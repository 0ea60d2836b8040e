"""Comparisons' pictures are checked by what stands in them."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from nn.reports.comparison_plots import Curves, plot_comparison
from nn.reports.figure import MOST_CURVES


def curves(label: str, accuracy: list[float], *, runs: int = 1, deviation: float = 0.0) -> Curves:
    epochs = np.arange(1.0, len(accuracy) + 1)
    accuracies = np.stack([epochs, np.array(accuracy), np.full(len(accuracy), deviation)])
    losses = np.stack([epochs, 1 - np.array(accuracy), np.full(len(accuracy), deviation)])
    return Curves(
        label,
        {
            "training_accuracy": accuracies,
            "validation_accuracy": accuracies,
            "training_loss": losses,
            "validation_loss": losses,
        },
        runs,
    )


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_accuracy_and_loss_stand_side_by_side_with_their_units(tmp_path, drawn):
    plot_comparison(tmp_path / "c.png", [curves("a", [0.5, 0.75]), curves("b", [0.45, 0.7])], "t")
    left, right = drawn[0].axes
    assert (left.get_ylabel(), right.get_ylabel()) == ("accuracy (%)", "loss (per example)")
    assert left.get_xlabel() == right.get_xlabel() == "epoch"
    assert legend(drawn[0]) == ["a", "b"]
    values = sorted(line.get_ydata().tolist() for line in left.lines if len(line.get_ydata()))
    assert values == [[45, 70], [45, 70], [50, 75], [50, 75]]
    assert [line.get_linestyle() for line in left.lines].count(":") == 2
    assert drawn[0].get_suptitle() == "Comparison\nt"


def test_several_seeds_are_a_mean_in_a_band_of_one_deviation(tmp_path, drawn):
    both = [curves("seeds", [0.5, 0.5], runs=3, deviation=0.1), curves("one", [0.2, 0.3])]
    plot_comparison(tmp_path / "c.png", both, "t")
    (band,) = drawn[0].axes[0].collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(40)
    assert heights.max() == pytest.approx(60)


def test_beyond_fourteen_the_rest_is_grey_and_counted(tmp_path, drawn):
    many = [curves(f"run {i}", [0.3, 0.9 - i / 1000]) for i in range(200)]
    plot_comparison(tmp_path / "c.png", many, "t")
    names = legend(drawn[0])
    assert names == [*(f"run {i}" for i in range(MOST_CURVES)), f"{200 - MOST_CURVES} more"]
    colours = {
        (line.get_color(), line.get_linestyle())
        for line in drawn[0].axes[0].lines
        if line.get_color() != "#c8c8c8"
    }
    assert len(colours) == MOST_CURVES
    assert drawn[0].get_size_inches()[1] < 9


def test_a_curve_without_an_epoch_is_left_out(tmp_path, drawn):
    plot_comparison(tmp_path / "c.png", [curves("none", []), curves("a", [0.5])], "t")
    assert legend(drawn[0]) == ["a"]


def test_a_much_worse_run_is_seen_beside_the_zoomed_panel_of_the_others(tmp_path, drawn):
    learned = [curves(f"{i}", [0.9, 0.97 + i / 1000]) for i in range(12)]
    plot_comparison(tmp_path / "c.png", [*learned, curves("never", [0.1, 0.1])], "t")
    everything, zoomed, _ = drawn[0].axes
    assert everything.get_ylim()[0] < 10
    assert zoomed.get_ylim()[0] > 80
    assert "above" in zoomed.get_title()
    assert len(legend(drawn[0])) == 13


def test_of_two_runs_the_worse_one_is_seen_too(tmp_path, drawn):
    plot_comparison(tmp_path / "c.png", [curves("a", [0.9, 0.96]), curves("b", [0.1, 0.5])], "t")
    everything, zoomed, _ = drawn[0].axes
    assert everything.get_ylim()[0] < 10
    assert zoomed.get_ylim()[0] > 85


def test_runs_close_to_each_other_have_one_zoomed_panel(tmp_path, drawn):
    plot_comparison(tmp_path / "c.png", [curves("a", [0.3, 0.96]), curves("b", [0.2, 0.95])], "t")
    accuracy, _ = drawn[0].axes
    assert accuracy.get_ylim()[0] > 80


def test_a_loss_that_is_not_finite_is_a_gap(tmp_path):
    lost = curves("lost", [0.5, float("nan")])
    plot_comparison(tmp_path / "c.png", [lost, curves("a", [0.5, 0.6])], "t")
    assert (tmp_path / "c.png").stat().st_size > 1000
