"""The gradient check that every layer's tests use."""

from collections.abc import Callable

import numpy as np
import pytest

from nn.layers.layer import Array, Layer

STEP = 1e-6  # rounding errors and the third derivative both stay near 1e-9 with it, in float64


@pytest.fixture
def check_gradients() -> Callable[..., None]:
    """Return a function that compares all gradients of a layer with central differences."""
    return _check_gradients


def _check_gradients(layer: Layer, inputs: Array, *, tolerance: float = 1e-7) -> None:
    """Compare the gradients of sum(random weights * outputs) with (L(x + h) - L(x - h)) / 2h.

    The layer is left with its parameters as they were and its gradients in accumulators of their
    own.

    Args:
        layer: Made with dtype float64; each of its steps in training must give the same outputs.
        inputs: float64, (N, *input_shape), away from any kink by more than 1e-6.
        tolerance: How far a gradient may be off, relative to the largest one.
    """
    assert inputs.dtype == np.float64
    for parameter in layer.parameters:
        parameter.accumulate_into(np.full_like(parameter.value, np.nan), keep=0.0, scale=1.0)
    outputs = layer.forward(inputs, training=True)
    d_outputs = np.random.default_rng(7).standard_normal(outputs.shape)

    def loss() -> float:
        return float((layer.forward(inputs, training=True) * d_outputs).sum())

    d_inputs = layer.backward(d_outputs.copy()).copy()
    assert d_inputs.shape == inputs.shape
    _compare(d_inputs, _differences(loss, inputs), tolerance, "d_inputs")
    for number, parameter in enumerate(layer.parameters):
        expected = _differences(loss, parameter.value)
        _compare(parameter.accumulator, expected, tolerance, f"parameter {number}")


def _differences(loss: Callable[[], float], array: Array) -> Array:
    """Return the loss's derivative with respect to every number of an array, one by one."""
    differences = np.empty_like(array)
    for index in np.ndindex(array.shape):
        before = array[index]
        array[index] = before + STEP
        above = loss()
        array[index] = before - STEP
        below = loss()
        array[index] = before
        differences[index] = (above - below) / (2 * STEP)
    return differences


def _compare(gradient: Array, expected: Array, tolerance: float, name: str) -> None:
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=tolerance * scale, err_msg=name)
