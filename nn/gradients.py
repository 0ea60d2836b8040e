"""A check that a `backward` matches its `forward`.

A wrong gradient rarely stops a network from learning; it learns worse, and nobody knows why. The
derivative by its definition is slow but cannot be wrong: move one number a little up and a little
down, and see how much the loss changes. Comparing the two finds nearly every mistake.
"""

from collections.abc import Callable

import numpy as np

from nn.initializers import InitialValues, xavier
from nn.layers.layer import Array, Layer
from nn.network import Network

_STEP = 1e-6  # rounding errors and the third derivative both stay near 1e-9 with it, in float64


class GradientError(ValueError):
    """A gradient differs from its definition."""


def check_gradients(
    checked: Layer | Network, inputs: Array, *, tolerance: float = 1e-7, seed: int = 0
) -> float:
    """Compare all gradients of a layer or a network with (L(x + h) - L(x - h)) / 2h.

    The loss L is the sum of the outputs, each times a random number.

    Args:
        checked: A layer, which is built for these inputs if it has no shape yet; or a network made
            with dtype float64. All its training steps must return the same outputs.
        inputs: Shape (N, *input_shape), away from any kink by more than 1e-6.
        tolerance: The largest difference allowed, relative to the largest gradient, or to 1 if
            that is larger.
        seed: Seed of the random numbers.

    Returns:
        The largest relative difference.

    Raises:
        GradientError: a gradient is wrong; it is named, with both values.
        ValueError: the parameters are not float64, whose digits the comparison needs.
    """
    inputs = np.array(inputs, np.float64)
    rng = np.random.default_rng(seed)
    if isinstance(checked, Layer) and not checked.input_shape:
        checked.build(inputs.shape[1:], InitialValues(xavier, rng, np.float64))
    layers = checked.layers if isinstance(checked, Network) else [checked]
    parameters = [parameter for layer in layers for parameter in layer.parameters]
    if any(parameter.value.dtype != np.float64 for parameter in parameters):
        raise ValueError("gradients are checked in float64; make the network with dtype=float64")
    for parameter in parameters:
        parameter.gradient.fill(np.nan)  # whatever `backward` forgets to write
    d_outputs = rng.standard_normal(checked.forward(inputs, training=True).shape)

    def loss() -> float:
        return float((checked.forward(inputs, training=True) * d_outputs).sum())

    d_inputs = checked.backward(d_outputs.copy())
    pairs = [(parameter.value, parameter.gradient) for parameter in parameters]
    names = [f"the gradient of parameter {number}" for number in range(1, len(pairs) + 1)]
    if d_inputs is not None:
        pairs.append((inputs, d_inputs.copy()))
        names.append("d_inputs")
    return max(
        _difference(gradient, _derivative(loss, values), tolerance, name)
        for name, (values, gradient) in zip(names, pairs, strict=True)
    )


def derivative_at(loss: Callable[[], float], values: Array, index: tuple[int, ...]) -> float:
    """Return (L(x + h) - L(x - h)) / 2h for one number x of an array, which stays as it is."""
    before = values[index]
    values[index] = before + _STEP
    above = loss()
    values[index] = before - _STEP
    below = loss()
    values[index] = before
    return (above - below) / (2 * _STEP)


def _derivative(loss: Callable[[], float], values: Array) -> Array:
    """Return the loss's derivative with respect to every number of an array, one by one."""
    derivative = np.empty_like(values)
    for index in np.ndindex(values.shape):
        derivative[index] = derivative_at(loss, values, index)
    return derivative


def _difference(gradient: Array, derivative: Array, tolerance: float, name: str) -> float:
    """Return the largest relative difference, or raise if it is too large."""
    if gradient.shape != derivative.shape:
        raise GradientError(f"{name} has shape {gradient.shape}, expected {derivative.shape}")
    scale = max(1.0, float(np.abs(derivative).max(initial=0)))
    differences = np.abs(gradient - derivative) / scale
    if not (differences <= tolerance).all():  # so that a NaN fails, too
        worst = np.unravel_index(np.nan_to_num(differences, nan=np.inf).argmax(), gradient.shape)
        raise GradientError(
            f"{name} is wrong: at {tuple(map(int, worst))} it is {gradient[worst]:.9g}, and the "
            f"loss changes by {derivative[worst]:.9g}"
        )
    return float(differences.max(initial=0))
