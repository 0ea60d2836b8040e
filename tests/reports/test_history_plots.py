"""Curves are checked by their texts, values and colours."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from nn.reports.figure import TRAINING, VALIDATION
from nn.reports.history_plots import draw_history, plot_history, plot_learning_rate

NAN, INF = float("nan"), float("inf")


def history(path: Path, kind="loss", training=(0.5, 0.3), validation=(0.4, 0.35), title="a run"):
    epochs = list(range(1, len(training) + 1))
    plot_history(path, kind, epochs, training=training, validation=validation, title=title)


def ink(path: Path, colour: str) -> int:
    """Count the pixels of about one colour in a picture; thin lines are blended with the white."""
    from matplotlib.colors import to_rgb

    return int((np.abs(imread(path)[..., :3] - to_rgb(colour)) < 0.3).all(axis=2).sum())


def test_a_loss_is_drawn_in_nats_over_whole_epochs(tmp_path, drawn, texts):
    history(tmp_path / "loss.png", title="MNIST, run 7")
    (axes,) = drawn[0].axes
    assert axes.get_xlabel() == "epoch"
    assert axes.get_ylabel() == "loss (nats per example)"
    assert drawn[0].get_suptitle() == "Loss\nMNIST, run 7"
    assert [line.get_ydata().tolist() for line in axes.lines] == [[0.5, 0.3], [0.4, 0.35]]
    ticks = axes.get_xticks()
    assert (ticks == np.rint(ticks)).all()
    assert "validation: 0.35 at the end, best 0.35 in epoch 2" in texts(drawn[0])


def test_an_accuracy_is_drawn_in_percent_and_its_best_is_the_highest(tmp_path, drawn, texts):
    history(tmp_path / "a.png", "accuracy", (0.9, 0.95, 0.99), (0.91, 0.975, 0.97))
    (axes,) = drawn[0].axes
    assert axes.get_ylabel() == "accuracy (%)"
    assert axes.lines[0].get_ydata().tolist() == pytest.approx([90, 95, 99])
    assert "validation: 97% at the end, best 97.5% in epoch 2" in texts(drawn[0])


def test_one_epoch_is_visible_even_where_both_values_are_the_same(tmp_path):
    history(tmp_path / "one.png", training=[0.3], validation=[0.3])
    # Without values only the legend holds the two colours.
    history(tmp_path / "none.png", training=[NAN], validation=[NAN])
    for colour in (TRAINING, VALIDATION):
        assert ink(tmp_path / "one.png", colour) >= ink(tmp_path / "none.png", colour) + 10


@pytest.mark.parametrize(
    ("training", "validation"),
    [
        ([2.3, 8.0, 1e9, NAN], [2.4, 20.0, INF, NAN]),
        ([NAN], [NAN]),
        ([0.0, 0.0], [0.0, 0.0]),
        ([1e-12, 1e300], [0.0, -INF]),
        ([1e308, -1e308], [1.0, 2.0]),
    ],
)
@pytest.mark.parametrize("kind", ["loss", pytest.param("accuracy", marks=pytest.mark.long)])
def test_a_history_that_went_wrong_is_still_drawn(tmp_path, kind, training, validation):
    history(tmp_path / "wrong.png", kind, training, validation)
    assert imread(tmp_path / "wrong.png").shape[1] == 880


def test_a_diverged_loss_is_told_and_drawn_on_a_logarithmic_axis(tmp_path, drawn, texts):
    history(tmp_path / "d.png", training=[2.3, 8.0, 1e9, NAN], validation=[2.4, 9.0, INF, NAN])
    (axes,) = drawn[0].axes
    assert axes.get_yscale() == "log"
    assert axes.get_ylabel() == "loss (nats per example), log scale"
    assert "training: no finite value in epoch 4" in texts(drawn[0])
    assert "validation: no finite value in epoch 3, best 2.4 in epoch 1" in texts(drawn[0])


def test_a_thousand_epochs_are_drawn_without_marks(tmp_path, drawn):
    values = np.exp(-np.arange(1000) / 300)
    history(tmp_path / "long.png", training=values, validation=values + 0.1)
    assert {line.get_marker() for line in drawn[0].axes[0].lines} == {""}
    assert len(drawn[0].axes[0].get_xticks()) <= 12


def test_a_learning_rate_that_changes_is_a_line_above_zero(tmp_path, drawn):
    plot_learning_rate(tmp_path / "rate.png", [1, 2, 3], [0.001, 0.001, 0.0005], "a run")
    (axes,) = drawn[0].axes
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylim()[1] > 0.001
    assert axes.get_ylabel() == "learning rate"


@pytest.mark.parametrize(
    ("epochs", "words"), [([1], "0.001 in 1 epoch"), ([1, 2, 3], "0.001 in all 3 epochs")]
)
def test_a_constant_learning_rate_is_written_without_axes(tmp_path, drawn, texts, epochs, words):
    plot_learning_rate(tmp_path / "rate.png", epochs, [0.001] * len(epochs), "a run")
    assert drawn[0].axes == []
    assert words in texts(drawn[0])
    assert any("a run" in text for text in texts(drawn[0]))


def test_the_legend_of_a_training_under_way_says_so_far():
    axes = Figure().subplots()
    draw_history(axes, "accuracy", [1], training=[0.9], validation=[0.8], finished=False)
    labels = [line.get_label() for line in axes.lines]
    assert labels == ["training: 90% so far", "validation: 80% so far, best 80% in epoch 1"]


def test_a_loss_that_is_not_in_nats_is_drawn_in_its_own_unit(tmp_path, drawn):
    plot_history(
        tmp_path / "loss.png", "loss", [1], training=[0.5], validation=[0.4], title="",
        loss_unit="squared error per example",
    )  # fmt: skip
    assert drawn[0].axes[0].get_ylabel() == "loss (squared error per example)"
