"""Comparisons' pictures are checked by what stands in them."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from nn.reports.comparison_plots import (
    MOST_NAMED,
    Curves,
    plot_comparison,
    plot_confusion_difference,
)


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
    plot_comparison(tmp_path / "c.png", [curves("a", [0.5, 0.75]), curves("b", [0.25, 0.5])], "t")
    left, right = drawn[0].axes
    assert (left.get_ylabel(), right.get_ylabel()) == ("accuracy (%)", "loss (nats per example)")
    assert left.get_xlabel() == right.get_xlabel() == "epoch"
    assert legend(drawn[0]) == ["a", "b"]
    values = sorted(line.get_ydata().tolist() for line in left.lines if len(line.get_ydata()))
    assert values == [[25, 50], [25, 50], [50, 75], [50, 75]]
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
    assert names == [*(f"run {i}" for i in range(MOST_NAMED)), f"{200 - MOST_NAMED} more"]
    colours = {
        (line.get_color(), line.get_linestyle())
        for line in drawn[0].axes[0].lines
        if line.get_color() != "#c8c8c8"
    }
    assert len(colours) == MOST_NAMED
    assert drawn[0].get_size_inches()[1] < 9


def test_a_curve_without_an_epoch_is_left_out(tmp_path, drawn):
    plot_comparison(tmp_path / "c.png", [curves("none", []), curves("a", [0.5])], "t")
    assert legend(drawn[0]) == ["a"]


def test_networks_that_never_learned_do_not_press_the_others_together(tmp_path, drawn):
    learned = [curves(f"{i}", [0.9, 0.97 + i / 1000]) for i in range(12)]
    plot_comparison(tmp_path / "c.png", [*learned, curves("never", [0.1, 0.1])], "t")
    assert drawn[0].axes[0].get_ylim()[0] > 80


def test_a_loss_that_is_not_finite_is_a_gap(tmp_path, drawn):
    lost = curves("lost", [0.5, float("nan")])
    plot_comparison(tmp_path / "c.png", [lost, curves("a", [0.5, 0.6])], "t")
    assert (tmp_path / "c.png").stat().st_size > 1000


def test_the_confusion_difference_carries_signs_and_a_colour_for_each(tmp_path, drawn):
    difference = np.array([[4, -1, 0], [0, 2, -2], [-6, 0, 3]])
    plot_confusion_difference(tmp_path / "d.png", difference, ("better", "worse"), "data")
    texts = [text.get_text() for text in drawn[0].axes[0].texts]
    assert texts == ["+4", "-1", "+2", "-2", "-6", "+3"]
    image = drawn[0].axes[0].images[0]
    assert image.get_clim() == (-6, 6)
    assert "better\nminus that of worse" in drawn[0].get_suptitle()
    assert imread(tmp_path / "d.png").shape[2] == 4
