"""Confusion matrices are checked by their texts and colours."""

from functools import partial

import numpy as np
import pytest
from matplotlib.image import imread

from nn.reports.confusion_plots import plot_confusion_difference, plot_confusion_matrix


def test_the_confusion_matrix_shows_every_count_and_the_share_of_each_row(tmp_path, drawn, texts):
    matrix = np.array([[90, 10, 0], [0, 200, 0], [3, 0, 0]])
    plot_confusion_matrix(tmp_path / "m.png", matrix, "a run")
    shown = texts(drawn[0])
    assert {"90", "10", "200", "3", "90.0%", "100.0%", "0.0%"} <= set(shown)
    assert drawn[0].axes[0].get_xlabel() == "predicted class"
    assert drawn[0].axes[0].get_ylabel() == "true class"
    places = {text.get_text(): text.get_position() for text in drawn[0].axes[0].texts}
    assert places["10"] == (1, 0)


def test_a_few_mistakes_stand_out_beside_thousands_read_right(tmp_path, drawn):
    matrix = np.diag([5000] * 10)
    matrix[4, 9] = 2
    plot_confusion_matrix(tmp_path / "m.png", matrix, "a run")
    mistakes = drawn[0].axes[0].images[0]
    red, green, blue, _ = mistakes.cmap(mistakes.norm(2))
    assert min(red, green, blue) < 0.7
    assert mistakes.get_array().mask.sum() == 99


@pytest.mark.parametrize("classes", [1, 10, pytest.param(26, marks=pytest.mark.long), 100])
def test_a_confusion_matrix_of_any_size_is_drawn_without_touching_texts(tmp_path, written, classes):
    matrix = np.random.default_rng(0).integers(0, 2000, (classes, classes))
    plot_confusion_matrix(tmp_path / "m.png", matrix, "a run")
    axes = written[0].axes[0]
    assert len(axes.texts) == (0 if classes > 30 else (matrix > 0).sum())
    cell = axes.transData.transform((1, 0))[0] - axes.transData.transform((0, 0))[0]
    assert all(text.get_window_extent().width < cell for text in axes.texts)


def test_a_class_without_images_and_a_matrix_without_mistakes_are_no_error(tmp_path, drawn, texts):
    plot_confusion_matrix(tmp_path / "m.png", np.array([[60000, 0], [0, 0]]), "a run")
    assert "none" in texts(drawn[0])


def test_the_confusion_difference_carries_signs_and_a_colour_for_each(tmp_path, written):
    difference = np.array([[4, -1, 0], [0, 2, -2], [-6, 0, 3]])
    plot_confusion_difference(tmp_path / "d.png", difference, ("better", "worse"), "data")
    texts = [text.get_text() for text in written[0].axes[0].texts]
    assert texts == ["+4", "-1", "+2", "-2", "-6", "+3"]
    image = written[0].axes[0].images[0]
    assert image.get_clim() == (-6, 6)
    assert "better\nminus that of worse" in written[0].get_suptitle()
    assert imread(tmp_path / "d.png").shape[2] == 3


def test_classes_are_called_by_their_names(tmp_path, drawn):
    names = ("cat", "dog", "a very long name of a class")
    for plot in (plot_confusion_matrix, partial(plot_confusion_difference, names=("a", "b"))):
        plot(tmp_path / "m.png", np.diag([3, 2, 1]), title="a run", class_names=names)
        axes = drawn[-1].axes[0]
        for ticks in (axes.get_xticklabels(), axes.get_yticklabels()):
            assert [tick.get_text() for tick in ticks] == ["cat", "dog", "a very long nam…"]
