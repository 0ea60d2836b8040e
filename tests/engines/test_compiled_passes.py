"""Compiled passes over memory do what NumPy does in several, NaN and ties among them."""

import numpy as np
import pytest

from nn.initializers import InitialValues, he
from nn.layers.pooling import MaxPooling

pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")

from nn.engines import compiled_passes as passes


def test_rows_are_summed_up() -> None:
    sums, rows = np.empty(2, np.float32), np.arange(74, dtype=np.float32).reshape(2, 37)
    passes.sum_rows(0, 2, rows, sums)
    assert sums.tolist() == [36 * 37 / 2, 73 * 74 / 2 - 36 * 37 / 2]


def test_no_gradient_passes_where_relu_is_0() -> None:
    d_inputs = np.empty(3, np.float32)
    passes.bend(0, 3, np.array([1, 0, 2], np.float32), np.array([3, 4, -5], np.float32), d_inputs)
    assert d_inputs.tolist() == [3, 0, -5]


@pytest.mark.parametrize("numbers", ["random", "equal", "NaN"])
@pytest.mark.parametrize(("size", "stride"), [((2, 2), (2, 2)), ((2, 3), (3, 4)), ((3, 2), (1, 2))])
def test_the_first_largest_pixel_of_a_window_gets_the_gradient(
    size: tuple, stride: tuple, numbers: str
) -> None:
    rng, layer = np.random.default_rng(0), MaxPooling(size, stride=stride)
    images = rng.integers(-2, 2, (2, 7, 9, 5)).astype(np.float32)
    if numbers == "random":
        images[:] = rng.standard_normal(images.shape)
    elif numbers == "NaN":
        images[0, 0, 1] = images[1, 3] = np.nan
    layer.build((2, 7, 9), InitialValues(he, rng, np.float32))
    expected = layer.forward(images.transpose(3, 0, 1, 2), training=True).transpose(1, 2, 3, 0)
    d_outputs = rng.standard_normal(expected.shape).astype(np.float32)
    outputs, largest = np.empty(expected.shape, np.float32), np.empty(expected.shape, np.int32)
    d_inputs = np.zeros_like(images)
    for _ in range(2):  # the same memory is used again
        passes.find_largest(0, 2, images, *size, *stride, outputs, largest)
        np.testing.assert_array_equal(outputs, expected)
        passes.return_to_largest(0, 2, d_outputs, largest, *size, *stride, d_inputs)
        if numbers != "NaN":
            d_expected = layer.backward(d_outputs.transpose(3, 0, 1, 2)).transpose(1, 2, 3, 0)
            np.testing.assert_allclose(d_inputs, d_expected, rtol=1e-6)


def test_normalization_by_hand() -> None:
    """Mean 3 and variance 4; 4 + 5 is 9, so the deviation is 3."""
    images = np.array([1, 1, 5, 5], np.float32).reshape(1, 2, 1, 2)
    one = np.ones(1, np.float32)
    mean, variance = np.empty((2, 1), np.float32)
    normalized, outputs = np.empty((2, *images.shape), np.float32)
    passes.normalize(
        0, 1, images, 3 * one, 7 * one, np.float32(5), mean, variance, normalized, outputs
    )
    assert (mean[0], variance[0]) == (3, 4)
    np.testing.assert_allclose(normalized.ravel(), np.array([-2, -2, 2, 2]) / 3, rtol=1e-6)
    np.testing.assert_allclose(outputs.ravel(), [5, 5, 9, 9], rtol=1e-6)


def test_a_gradient_that_shifts_or_scales_all_inputs_is_removed() -> None:
    normalized = np.array([-1, -1, 1, 1], np.float32).reshape(1, 1, 1, 4)
    d_outputs = (3 + 2 * normalized + [[[[1, -1, 1, -1]]]]).astype(np.float32)
    d_gamma, d_beta = np.empty((2, 1), np.float32)
    d_inputs = np.empty_like(normalized)
    scale = np.array([0.5], np.float32)
    passes.return_to_inputs(0, 1, d_outputs, normalized, scale, d_gamma, d_beta, d_inputs)
    assert (d_gamma[0], d_beta[0]) == (8, 12)
    np.testing.assert_allclose(d_inputs.ravel(), [0.5, -0.5, 0.5, -0.5], atol=1e-6)
