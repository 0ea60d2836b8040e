"""Small steps keep to one thread, large ones take what there is, and both give it back."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from nn.initializers import INITIALIZERS
from nn.layers.convolution import Convolution
from nn.layers.dense import Dense
from nn.layers.flatten import Flatten
from nn.network import Network
from nn.training.threads import largest_product, suitable_threads


def dense(inputs: int, units: int) -> Dense:
    rng = np.random.default_rng(0)
    return Dense(inputs, units, initializer=INITIALIZERS["xavier"], rng=rng)


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_the_largest_product_is_that_of_the_largest_layer() -> None:
    assert largest_product(Network([dense(784, 64), dense(64, 10)]), 4) == 784 * 64 * 4
    assert largest_product(Network([dense(20, 10), dense(10, 1000)]), 3) == 10 * 1000 * 3


def test_a_convolution_multiplies_its_kernels_at_every_stop() -> None:
    rng = np.random.default_rng(0)
    kernels = Convolution((1, 10, 12), 8, 3, initializer=INITIALIZERS["he"], rng=rng)
    network = Network([kernels, Flatten((8, 8, 10)), dense(640, 2)])
    assert largest_product(network, 5) == 9 * 8 * (8 * 10) * 5


def test_a_network_that_learns_nothing_multiplies_nothing() -> None:
    assert largest_product(Network([Flatten((1, 2, 2))]), 4) == 0


def test_small_steps_run_on_one_thread_and_give_the_others_back() -> None:
    before = blas_threads()
    with suitable_threads(Network([dense(784, 64)]), 4):
        assert blas_threads() == {1}
    assert blas_threads() == before


@pytest.mark.parametrize("batch_size", [2**15, 2**20])
def test_large_steps_run_on_as_many_as_there_are(batch_size: int) -> None:
    before = blas_threads()
    with suitable_threads(Network([dense(64, 16)]), batch_size):
        assert blas_threads() == before


def test_the_threads_come_back_from_an_error_too() -> None:
    before = blas_threads()
    with pytest.raises(ZeroDivisionError), suitable_threads(Network([dense(2, 2)]), 1):
        raise ZeroDivisionError
    assert blas_threads() == before
