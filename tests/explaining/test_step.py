"""A step keeps the numbers that training would have, and leaves the network as it was."""

import numpy as np
import pytest

from nn.explaining.step import take_step
from nn.layers.activations import ReLU
from nn.layers.dense import Dense
from nn.layers.dropout import Dropout
from nn.losses import LOSSES, SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import OPTIMIZERS, SGD

INPUTS = np.array([[0.6, -0.4], [0.1, 0.7]])
LABELS = np.array([1, 0])
LOSS = SoftmaxCrossEntropy()


@pytest.fixture
def network():
    return Network([Dense(3), ReLU(), Dense(2)], 2, dtype=np.float64, seed=1)


def take_sgd_step(network):
    return take_step(network, LOSS, SGD(network.parameters, learning_rate=1), INPUTS, LABELS)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_step_is_the_one_that_training_takes(network, name):
    before = network.parameters.values.copy()
    step = take_step(
        network, LOSS, OPTIMIZERS[name](network.parameters, learning_rate=0.1), INPUTS, LABELS
    )
    np.testing.assert_array_equal(network.parameters.values, before)

    optimizer = OPTIMIZERS[name](network.parameters, learning_rate=0.1)
    logits = network.forward(INPUTS, training=True)
    np.testing.assert_array_equal(step.outputs[-1], logits)
    assert step.loss == LOSS.value(logits, LABELS)
    network.backward(LOSS.gradient(logits, LABELS))
    optimizer.step()
    np.testing.assert_array_equal(step.after, network.parameters.values)
    assert step.new_loss == LOSS.value(network.forward(INPUTS), LABELS)
    assert step.new_loss < step.loss


def test_gradients_are_kept_from_the_first_layer_that_learns_on(network):
    step = take_step(
        network, LOSS, OPTIMIZERS["sgd"](network.parameters, learning_rate=1), INPUTS, LABELS
    )
    assert step.d_outputs[0] is None  # nothing before the first dense layer learns
    shapes = [gradient.shape for gradient in step.d_outputs[1:]]
    assert shapes == [outputs.shape for outputs in step.outputs[1:]]
    np.testing.assert_array_equal(step.d_outputs[3], step.gradient_of_logits)
    weights = network.layers[2].weights
    np.testing.assert_allclose(weights.gradient, step.outputs[2].T @ step.d_outputs[3])
    np.testing.assert_allclose(step.new_value(weights), weights.value - weights.gradient)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_the_definition_agrees_with_every_gradient(network, loss):
    step = take_step(network, loss, SGD(network.parameters, learning_rate=1), INPUTS, LABELS)
    for layer in step.layers:
        for parameter in layer.parameters:
            for index in np.ndindex(parameter.value.shape):
                assert step.derivative(parameter, index) == pytest.approx(
                    parameter.gradient[index], abs=1e-8
                )


def test_dropout_takes_no_part():
    network = Network([Dense(3), Dropout(0.5), Dense(2)], 2, dtype=np.float64)
    step = take_step(
        network, LOSS, OPTIMIZERS["sgd"](network.parameters, learning_rate=1), INPUTS, LABELS
    )
    assert [layer.name for layer in step.layers] == ["dense", "dense"]
    np.testing.assert_array_equal(step.outputs[-1], network.forward(INPUTS))
