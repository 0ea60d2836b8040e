"""Strokes become thicker, thinner, blurred, faint or full, and stay where they are."""

import numpy as np
import pytest

from nn.datasets.drawn_digits import draw_digits
from nn.datasets.pen import _blur, _change_thickness, change_pen


def bar() -> np.ndarray:
    """Return three rows of ink in an image of 9 x 9."""
    image = np.zeros((1, 9, 9), np.float32)
    image[0, 3:6] = 100
    return image


def column(image: np.ndarray) -> list[float]:
    return image[0, :, 4].tolist()


def amount(value: float) -> np.ndarray:
    return np.full((1, 1, 1), value, np.float32)


def test_thicker_lightens_the_neighbours_of_ink() -> None:
    image = bar()
    _change_thickness(image, amount(0.5))
    assert column(image) == [0, 0, 50, 100, 100, 100, 50, 0, 0]


def test_thinner_darkens_the_edges_of_ink_and_leaves_something() -> None:
    image = bar()
    _change_thickness(image, amount(-1))
    assert column(image) == pytest.approx([0, 0, 0, 30, 100, 30, 0, 0, 0], abs=1e-3)


def test_blur_is_the_filter_one_two_one_as_often_as_asked() -> None:
    once, nothing = bar(), bar()
    _blur(once, amount(1 / 3))
    assert column(once) == pytest.approx([0, 0, 25, 75, 100, 75, 25, 0, 0])
    _blur(nothing, amount(0))
    np.testing.assert_array_equal(nothing, bar())
    twice, in_between = bar(), bar()
    _blur(twice, amount(2 / 3))
    assert column(twice)[:5] == pytest.approx([0, 6.25, 31.25, 68.75, 87.5])
    _blur(in_between, amount(1 / 6))
    np.testing.assert_allclose(in_between, (bar() + once) / 2)


def test_every_image_gets_another_pen_in_the_same_place() -> None:
    digits = draw_digits(1, np.random.default_rng(0)).images.repeat(400, axis=0)
    changed = digits.copy()
    change_pen(changed, np.random.default_rng(1))
    assert len(np.unique(changed.reshape(400, -1), axis=0)) == 400
    ink = changed.astype(float).sum(axis=(1, 2)) / digits[0].sum()
    assert ink.min() < 0.6
    assert ink.max() > 1.6
    faintest, fullest = np.sort(changed.max(axis=(1, 2)))[[0, -1]]
    assert faintest < 160
    assert fullest == 255
    y, x = np.mgrid[:28, :28]
    for axis in (y, x):
        centres = [np.average(axis, weights=image) for image in changed]
        assert np.abs(np.array(centres) - np.average(axis, weights=digits[0])).max() < 0.6


def test_the_changes_come_from_the_given_stream() -> None:
    digits = draw_digits(20, np.random.default_rng(0)).images
    first, again, other = digits.copy(), digits.copy(), digits.copy()
    for images, seed in ((first, 1), (again, 1), (other, 2)):
        change_pen(images, np.random.default_rng(seed))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any(axis=(1, 2)).all()
