"""The average of the weights, by hand."""

import numpy as np

from nn.layers.batch_norm import BatchNorm
from nn.layers.dense import Dense
from nn.network import Network
from nn.training.weight_average import WeightAverage


def networks() -> tuple[Network, Network]:
    return tuple(Network([Dense(3), BatchNorm(), Dense(2)], 4, seed=seed) for seed in (0, 1))


def test_each_step_keeps_a_share_of_the_average_that_grows_up_to_the_decay() -> None:
    network, averaged = networks()
    average = WeightAverage(network, averaged, 0.5)
    # 0 / 9 of what the average held before the first step, 1 / 10 after it, and 9 / 18 = 1/2.
    for value, steps, expected in ((1, 0, 1), (2, 1, 1.9), (4, 9, 2.95), (0, 10**6, 1.475)):
        for array in network.arrays.values():
            array[...] = value
        average.follow(steps)
        for name, array in averaged.arrays.items():
            np.testing.assert_allclose(array, expected, rtol=1e-6, err_msg=name)


def test_the_trained_network_stays_as_it_is() -> None:
    network, averaged = networks()
    before = network.snapshot()
    WeightAverage(network, averaged, 0.9).follow(3)
    for name, array in network.arrays.items():
        np.testing.assert_array_equal(array, before[name])


def test_a_network_that_learns_nothing_has_an_average() -> None:
    WeightAverage(Network([], 4), Network([], 4), 0.9).follow(0)
