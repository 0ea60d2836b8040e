"""Both normalizations, to the last bit."""

import numpy as np
import pytest

from nn.datasets.normalization import Normalization, fit_normalization
from nn.errors import SettingError

IMAGES = np.random.default_rng(0).integers(0, 256, (50, 4, 5), dtype=np.uint8)


def test_simple_is_pixel_over_255() -> None:
    fitted = fit_normalization("simple", IMAGES)
    assert fitted == Normalization(0.0, 255.0)
    rows = fitted.apply(np.array([[[0, 255], [51, 102]]], dtype=np.uint8))
    np.testing.assert_array_equal(rows, np.array([[0, 1, 0.2, 0.4]], dtype=np.float32))


def test_normal_by_hand() -> None:
    # Pixels 0, 0, 0, 100: mean 25, variance (3 * 25^2 + 75^2) / 4 = 1875.
    image = np.array([[[0, 0], [0, 100]]], dtype=np.uint8)
    fitted = fit_normalization("normal", image)
    assert fitted == Normalization(25.0, float(np.float32(1875**0.5)))
    np.testing.assert_allclose(fitted.apply(image)[0, 3], 75 / 1875**0.5, rtol=1e-6)


def test_normal_gives_mean_zero_and_deviation_one() -> None:
    rows = fit_normalization("normal", IMAGES).apply(IMAGES).astype(np.float64)
    assert abs(rows.mean()) < 1e-6
    assert abs(rows.std() - 1) < 1e-6


def test_more_images_than_are_counted_at_once() -> None:
    images = np.random.default_rng(1).integers(0, 256, (9000, 2, 2), dtype=np.uint8)
    fitted = fit_normalization("normal", images)
    assert fitted.subtract == np.float32(images.mean())
    np.testing.assert_allclose(fitted.divide, images.std(), rtol=1e-7)


@pytest.mark.parametrize("grey", [0, 7, 255])
def test_a_single_grey_is_not_divided_by_zero(grey: int) -> None:
    images = np.full((3, 2, 2), grey, dtype=np.uint8)
    rows = fit_normalization("normal", images).apply(images)
    np.testing.assert_array_equal(rows, np.zeros((3, 4), dtype=np.float32))


@pytest.mark.parametrize("kind", ["simple", "normal"])
def test_the_two_numbers_survive_being_written_as_text(kind: str) -> None:
    fitted = fit_normalization(kind, IMAGES)
    again = Normalization(float(f"{fitted.subtract:.9g}"), float(f"{fitted.divide:.9g}"))
    np.testing.assert_array_equal(again.apply(IMAGES), fitted.apply(IMAGES))
    subtract, divide = np.float32([again.subtract, again.divide])
    plainly = (IMAGES.reshape(50, 20).astype(np.float32) - subtract) / divide
    np.testing.assert_array_equal(plainly, fitted.apply(IMAGES))


def test_a_row_is_the_same_in_whichever_batch_it_comes() -> None:
    fitted = fit_normalization("normal", IMAGES)
    together = fitted.apply(IMAGES)
    alone = np.concatenate([fitted.apply(IMAGES[row : row + 1]) for row in range(50)])
    np.testing.assert_array_equal(alone, together)


def test_out_is_filled_and_returned() -> None:
    out = np.empty((50, 20), dtype=np.float32)
    assert fit_normalization("simple", IMAGES).apply(IMAGES, out=out) is out
    assert out.max() <= 1


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(SettingError, match=r"'minmax'.*simple or normal"):
        fit_normalization("minmax", IMAGES)
