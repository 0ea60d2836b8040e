"""Networks that are nothing but dense layers, and others."""

import numpy as np
import pytest

from nn.architecture.building import build_network
from nn.engines.dense_layers import dense_layers
from nn.initializers import he
from nn.layers.dense import Dense
from nn.layers.layer import Layer
from nn.network import Network


def make_network(layers: list) -> Network:
    rng = np.random.default_rng(0)
    return build_network(layers, input_shape=(4, 4), classes=3, initializer=he, rng=rng)


def test_dense_layers_come_with_their_activation() -> None:
    network = make_network([{"dense": 5}, "relu", {"dense": 4}, {"dense": 6}, "sigmoid"])
    found = [(layer.output_shape, activation) for layer, activation in dense_layers(network)]
    assert found == [((5,), "relu"), ((4,), ""), ((6,), "sigmoid"), ((3,), "")]


@pytest.mark.parametrize(
    "layers",
    [
        ["relu"],
        [{"dense": 5}, "relu", "sigmoid"],
        [{"dense": 5}, "batch_norm", "relu"],
        [{"dense": 5}, "relu", {"dropout": 0.5}],
        [{"conv2d": {"filters": 2, "kernel_size": 3}}, "relu", "flatten"],
    ],
)
def test_there_are_none_in_a_network_that_has_anything_else(layers: list) -> None:
    assert dense_layers(make_network(layers)) == []


def test_an_activation_of_ones_own_is_something_else() -> None:
    class Softsign(Layer):
        name = "softsign"

    assert dense_layers(Network([Dense(5), Softsign(), Dense(3)], 4)) == []
