"""Batch normalization in the loop: batches it cannot learn from, and its running averages."""

import numpy as np
import pytest

from nn.errors import DivergedError, SmallBatchError
from nn.initializers import he
from nn.layers.batch_norm import BatchNorm
from nn.layers.dense import Dense
from nn.network import Network
from nn.optimizers import SGD
from nn.training.trainer import Observer
from tests.training.scripted import Dealer, make_network, run


def normalized_network() -> Network:
    return Network([Dense(5), BatchNorm(), Dense(3)], 4, initializer=he)


@pytest.mark.parametrize(
    ("examples", "batch_size", "message"),
    [
        (10, 1, "batch_size is 1; batch normalization needs at least 2 images in every batch"),
        (10, 3, "batch_size is 3, and 10 images leave 1 for the last batch; "),
        (1, 4, "batch_size is 4, and 1 images leave 1"),
    ],
)
def test_a_batch_of_one_is_refused_before_anything_is_trained(
    examples: int, batch_size: int, message: str
) -> None:
    network = normalized_network()
    before = network.snapshot()
    with pytest.raises(SmallBatchError, match=message):
        run(network, Dealer(examples, batch_size))
    assert all((before[name] == array).all() for name, array in network.arrays.items())


@pytest.mark.parametrize(("examples", "batch_size"), [(10, 4), (10, 5), (10, 100), (2, 2)])
def test_batches_of_two_are_enough(examples: int, batch_size: int) -> None:
    dealer = Dealer(examples, batch_size, chunk=2 * batch_size)
    assert len(run(normalized_network(), dealer)) == 1


def test_networks_without_batch_normalization_learn_from_single_images() -> None:
    assert len(run(make_network(), Dealer(10, 1))) == 1
    assert len(run(make_network(), Dealer(10, 3))) == 1


def test_a_network_that_diverges_gets_its_running_averages_back_too() -> None:
    network = normalized_network()
    snapshots = []

    class Saboteur(Observer):
        def on_epoch_end(self, record) -> None:
            snapshots.append(network.snapshot())

        def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
            if snapshots:
                network.layers[2].weights.value[:] = np.inf

    optimizer = SGD(network.parameters, learning_rate=0.01)
    with pytest.raises(DivergedError):
        run(network, Dealer(12, 4, chunk=4), epochs=3, optimizer=optimizer, observers=(Saboteur(),))
    assert len(snapshots) == 1
    for name, array in network.arrays.items():
        np.testing.assert_array_equal(array, snapshots[0][name], err_msg=name)


def test_running_averages_that_overflow_stop_training_even_if_loss_and_weights_do_not() -> None:
    """A step looks at its own batch's mean and variance; who loads the network needs the others."""
    network = normalized_network()
    network.layers[0].weights.value[:] = 1e25  # whose variance is beyond float32
    network.layers[2].weights.value[:] = 0
    assert network.is_finite
    with pytest.raises(DivergedError):
        run(
            network, Dealer(12, 4, chunk=12), optimizer=SGD(network.parameters, learning_rate=1e-30)
        )
    assert network.is_finite
