"""The picture of the first layer: the arithmetic behind its colours, and what stands in it."""

import numpy as np
import pytest

from nn.reports import first_layer_picture
from nn.reports.first_layer_picture import (
    draw_first_layer,
    mosaic,
    plot_first_layer,
    principal_colours,
)
from nn.runs.first_layer import FirstLayer
from nn.runs.run_folder import RunFolder


def test_the_units_stand_side_by_side_with_a_line_between():
    weights = np.arange(12.0).reshape(4, 3)  # 2 x 2 pixels, 3 units
    expected = [
        [0, 3, np.nan, 1, 4],
        [6, 9, np.nan, 7, 10],
        [np.nan] * 5,
        [2, 5, np.nan, np.nan, np.nan],
        [8, 11, np.nan, np.nan, np.nan],
    ]
    assert np.array_equal(mosaic(weights, (2, 2)), expected, equal_nan=True)


def test_of_many_units_the_first_hundred_are_shown():
    assert mosaic(np.zeros((4, 1000)), (2, 2)).shape == (10 * 3 - 1, 10 * 3 - 1)


def test_the_first_component_is_the_direction_in_which_pixels_differ_most():
    rng = np.random.default_rng(0)
    strong, weak = np.linspace(-1, 1, 200), rng.standard_normal(200) * 0.01
    weights = np.column_stack([3 * strong, 4 * strong + weak, weak, weak])
    colours, share = principal_colours(weights)
    assert share == pytest.approx(1)
    assert abs(np.corrcoef(colours[:, 0], strong)[0, 1]) > 0.999
    assert colours.min() == 0
    assert colours.max() == 1


def test_the_share_is_that_of_three_components_of_many():
    weights = np.eye(8) - 1 / 8  # seven directions of one variance
    assert principal_colours(weights)[1] == pytest.approx(3 / 7)


@pytest.mark.parametrize("shape", [(40, 7), (7, 40)])
def test_the_components_are_those_of_a_singular_value_decomposition(shape):
    weights = np.random.default_rng(5).standard_normal(shape).astype(np.float32)
    left, spread, _ = np.linalg.svd(weights - weights.mean(axis=0), full_matrices=False)
    colours, share = principal_colours(weights)
    assert share == pytest.approx((spread[:3] ** 2).sum() / (spread**2).sum())
    for column in range(3):
        correlation = np.corrcoef(colours[:, column], left[:, column])[0, 1]
        assert abs(correlation) > 0.98  # the outermost pixels are limited


def test_pixels_that_are_used_alike_have_one_colour():
    rows = np.random.default_rng(1).standard_normal((5, 6))
    weights = np.repeat(rows, 4, axis=0)
    colours, _ = principal_colours(weights)
    assert np.allclose(colours.reshape(5, 4, 3), colours.reshape(5, 4, 3)[:, :1])


@pytest.mark.parametrize("units", [1, 2])
def test_missing_components_are_a_half(units):
    colours, share = principal_colours(np.random.default_rng(2).standard_normal((9, units)))
    assert (colours[:, units:] == 0.5).all()
    assert share == pytest.approx(1)


def test_weights_that_are_all_alike_are_no_trouble():
    colours, share = principal_colours(np.ones((4, 5)))
    assert np.isfinite(colours).all()
    assert 0 <= share <= 1


def test_each_moment_has_a_column_with_its_name(tmp_path, drawn):
    rng = np.random.default_rng(3)
    moments = {name: rng.standard_normal((6, 4)) for name in ("at the start", "at the end")}
    plot_first_layer(tmp_path / "w.png", FirstLayer(moments, (2, 3)), "data, run")
    titles = [axes.get_title().partition("\n")[0] for axes in drawn[0].axes]
    assert titles == ["at the start", "at the end", *["principal components"] * 2]
    assert drawn[0].get_suptitle() == "First layer: weights of 4 units\ndata, run"


def test_softmax_regression_has_classes_in_place_of_units(tmp_path, drawn):
    layer = FirstLayer({"at the end": np.ones((6, 3))}, (2, 3), unit="class")
    plot_first_layer(tmp_path / "w.png", layer, "t")
    assert drawn[0].get_suptitle() == "First layer: weights of 3 classes\nt"


def test_a_layer_that_is_not_dense_is_not_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(first_layer_picture, "read_first_layer", lambda *given: None)
    assert draw_first_layer(RunFolder(tmp_path), "t") is False
    assert not list(tmp_path.iterdir())
