"""A picture's digit is placed in its frame as the training images' ink is in theirs."""

from dataclasses import replace

import numpy as np
import pytest

from nn.datasets.drawn_digits import draw_digits
from nn.datasets.framing import Framing, measure_framing, place
from nn.datasets.images import LabelledImages

MNIST = Framing(20, 20, stretched=0, by_mass=1)
FRAMINGS = {
    "like MNIST": ((28, 28), MNIST),
    "filling the frame": ((16, 16), Framing(16, 16, stretched=0, by_mass=0)),
    "stretched to the frame": ((16, 16), Framing(16, 16, stretched=1, by_mass=0)),
    "centred by the box": ((28, 28), Framing(20, 20, stretched=0, by_mass=0)),
    "high and narrow": ((32, 24), Framing(32, 20, stretched=0, by_mass=0)),
}


@pytest.fixture(scope="module")
def digits() -> LabelledImages:
    return draw_digits(300, np.random.default_rng(3))


def placed(digits: LabelledImages, shape: tuple[int, int], framing: Framing) -> np.ndarray:
    return np.array([place(digit / np.float32(255), shape, framing) for digit in digits.images])


@pytest.mark.parametrize(("shape", "framing"), FRAMINGS.values(), ids=FRAMINGS)
def test_what_is_measured_is_how_the_digits_were_placed(digits, shape, framing) -> None:
    images = placed(digits, shape, framing)
    measured = measure_framing(images)
    assert abs(measured.ink_height - framing.ink_height) <= 1
    assert abs(measured.ink_width - framing.ink_width) <= 1
    assert (measured.stretched, measured.by_mass) == (framing.stretched, framing.by_mass)


@pytest.mark.parametrize("count", [10, 300, 4_000])
def test_the_built_in_digits_are_placed_like_mnist(count: int) -> None:
    measured = measure_framing(draw_digits(count, np.random.default_rng(1)).images)
    assert replace(measured, thickness=0) == MNIST
    assert 3 < measured.thickness < 4.5


@pytest.mark.mnist
def test_mnist_is_placed_as_its_authors_say(mnist_dir) -> None:
    from nn.datasets.sources import load_images

    images = load_images("mnist", mnist_dir).training.images
    measured = measure_framing(images)
    assert replace(measured, thickness=0) == MNIST == Framing.like_mnist((28, 28))
    assert measured.thickness == pytest.approx(3.4, abs=0.05)


def test_images_without_ink_say_nothing() -> None:
    assert measure_framing(np.zeros((5, 14, 28), np.uint8)) == Framing(10, 20, 0, 1)


def test_empty_images_among_others_are_ignored(digits) -> None:
    with_empty = np.concatenate([digits.images, np.zeros((50, 28, 28), np.uint8)])
    assert measure_framing(with_empty) == measure_framing(digits.images)


def test_a_bar_is_stretched_only_where_all_digits_were() -> None:
    bar = np.zeros((30, 30), np.float32)
    bar[5:25, 14:17] = 1
    kept = place(bar, (16, 16), Framing(16, 16, stretched=0, by_mass=0))
    stretched = place(bar, (16, 16), Framing(16, 16, stretched=1, by_mass=0))
    assert (kept.max(axis=0) > 0).sum() <= 4
    assert (stretched > 200).all()


def upright_bar(thickness: int) -> np.ndarray:
    """Return an upright bar of ink, 60 pixels high."""
    image = np.zeros((80, 80), np.float32)
    image[10:70, 40 - thickness // 2 : 40 - thickness // 2 + thickness] = 1
    return image


@pytest.mark.parametrize("thickness", [1, 2, 5])
def test_thickness_is_that_of_a_long_bar(thickness: int) -> None:
    images = np.zeros((3, 60, 60), np.uint8)
    images[:, 1:59, 20 : 20 + thickness] = 255
    assert measure_framing(images).thickness == pytest.approx(thickness, rel=0.1)


def test_only_strokes_that_are_too_thick_become_thinner() -> None:
    limited = replace(MNIST, thickness=3.0)
    thin = place(upright_bar(6), (28, 28), limited)
    np.testing.assert_array_equal(thin, place(upright_bar(6), (28, 28), MNIST))
    for thickness in (12, 15, 24):  # a third of it in 28 x 28
        usual = place(upright_bar(thickness), (28, 28), MNIST)
        image = place(upright_bar(thickness), (28, 28), limited)
        assert image[14].sum() < 0.95 * usual[14].sum()
        assert (image.max(axis=1) > 128).sum() == 20


def test_hatching_that_looks_like_a_thick_stroke_is_not_erased() -> None:
    hatched = np.zeros((280, 280), np.float32)
    hatched[::2, 100:180] = 1
    limited = replace(MNIST, thickness=2.0)
    usual = place(hatched, (28, 28), MNIST)
    np.testing.assert_array_equal(place(hatched, (28, 28), limited), usual)
