"""The gradient check finds wrong gradients, names them, and passes right ones."""

import numpy as np
import pytest

from nn.gradients import GradientError, check_gradients
from nn.layers.activations import Sigmoid
from nn.layers.dense import Dense
from nn.network import Network

INPUTS = np.random.default_rng(0).standard_normal((3, 4))


def test_right_gradients_pass_and_their_difference_is_returned() -> None:
    assert 0 < check_gradients(Dense(3), INPUTS) < 1e-7
    network = Network([Dense(3), Sigmoid(), Dense(2)], 4, dtype=np.float64)
    assert 0 < check_gradients(network, INPUTS) < 1e-7


class Doubled(Dense):
    """Its d_inputs are twice as large as they should be."""

    def backward(self, d_outputs):
        return 2 * super().backward(d_outputs)


class Forgetful(Dense):
    """Writes no gradient of its biases."""

    def backward(self, d_outputs):
        before = self.biases.gradient.copy()
        d_inputs = super().backward(d_outputs)
        self.biases.gradient[:] = before
        return d_inputs


class Flat(Dense):
    """Returns d_inputs of another shape."""

    def backward(self, d_outputs):
        return super().backward(d_outputs).ravel()


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Doubled(3), r"d_inputs is wrong: at \(\d, \d\) it is .*, and the loss changes by"),
        (Forgetful(3), "the gradient of parameter 2 is wrong: .* it is nan"),
        (Flat(3), r"d_inputs has shape \(12,\), expected \(3, 4\)"),
    ],
)
def test_wrong_gradients_are_named(layer: Dense, message: str) -> None:
    with pytest.raises(GradientError, match=message):
        check_gradients(layer, INPUTS)


def test_a_wrong_layer_within_a_network_is_found_by_the_gradients_before_it() -> None:
    network = Network([Dense(3), Doubled(2)], 4, dtype=np.float64)
    with pytest.raises(GradientError, match="the gradient of parameter 1"):
        check_gradients(network, INPUTS)


def test_float32_has_too_few_digits() -> None:
    with pytest.raises(ValueError, match="make the network with dtype=float64"):
        check_gradients(Network([Dense(3)], 4), INPUTS)


def test_inputs_and_parameters_are_left_as_they_were() -> None:
    network = Network([Dense(3)], 4, dtype=np.float64)
    inputs, values = INPUTS.copy(), network.parameters.values.copy()
    check_gradients(network, inputs)
    np.testing.assert_array_equal(inputs, INPUTS)
    np.testing.assert_array_equal(network.parameters.values, values)
