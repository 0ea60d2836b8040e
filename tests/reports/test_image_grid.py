"""The grid of images is checked by its texts, colours and sizes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nn.reports.figure import RIGHT, WRONG
from nn.reports.gallery import plot_gallery
from nn.reports.image_grid import draw_images
from nn.runs.predictions import Predictions


def ten(size=(28, 28), classes=10) -> Predictions:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (10, *size), np.uint8)
    true = np.arange(10) % classes
    predicted = true.copy()
    predicted[7] = 1
    return Predictions(images, true, np.eye(classes, dtype=np.float32)[predicted], "ten")


def test_the_gallery_labels_right_and_wrong_by_colour_and_by_sign(tmp_path, drawn):
    blocks = {"some": np.array([1, 7]), "no group": np.array([], int)}
    plot_gallery(tmp_path / "g.png", ten(), blocks, "a run")
    (axes,) = drawn[0].axes
    labels = {text.get_text(): text.get_color() for text in axes.texts}
    assert labels == {
        "✓ predicted 1\ntrue 1": RIGHT,
        "✗ predicted 1\ntrue 7": WRONG,
    }
    assert (axes.images[1].get_array() == ten().images[7]).all()


@pytest.mark.parametrize("size", [(8, 8), (3, 40), (200, 150), (1, 1)])
def test_images_of_any_size_and_two_digit_classes_fit_their_places(tmp_path, written, size):
    predictions = ten(size, classes=26)
    plot_gallery(tmp_path / "g.png", predictions, {"all": np.arange(10)}, "a run")
    axes = written[0].axes[0]
    boxes = [text.get_window_extent() for text in axes.texts]
    assert all(not a.overlaps(b) for a, b in pairwise(boxes))
    left, right, bottom, top = axes.images[0].get_extent()
    assert (right - left) / (bottom - top) == pytest.approx(size[1] / size[0])


def test_long_names_of_classes_fit_their_places(tmp_path, written):
    predictions = replace(ten(), class_names=("Wolfhound puppy",) * 10)
    plot_gallery(tmp_path / "g.png", predictions, {"all": np.arange(10)}, "a run")
    boxes = [text.get_window_extent() for text in written[0].axes[0].texts]
    assert all(not a.overlaps(b) for a, b in pairwise(boxes))


def test_axes_are_given_by_the_caller_and_keep_their_scale():
    axes = Figure().subplots()
    assert isinstance(axes, Axes)
    draw_images(axes, ten(), np.arange(3), columns=5, rows=2)
    assert len(axes.images) == 3
    assert axes.get_xlim() == (0, 5)
