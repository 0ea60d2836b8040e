"""Training keeps to as many threads as it was told, and gives the others back."""

import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

from nn.engines.threads import limited_threads
from tests.training.scripted import Dealer, make_network, run


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.mark.parametrize("threads", [1, 2])
def test_so_many_threads_and_no_more(threads: int) -> None:
    before = blas_threads()
    with limited_threads(threads):
        assert blas_threads() == {threads}
    assert blas_threads() == before


def test_the_threads_come_back_from_an_error_too() -> None:
    before = blas_threads()
    with pytest.raises(ZeroDivisionError), limited_threads(1):
        raise ZeroDivisionError
    assert blas_threads() == before


def test_training_uses_the_threads_it_is_given_and_evaluation_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = make_network()
    seen: dict[bool, set[int]] = {True: set(), False: set()}
    forward = network.forward

    def watched(inputs: NDArray, training: bool = False) -> NDArray:
        seen[training] |= blas_threads()
        return forward(inputs, training)

    monkeypatch.setattr(network, "forward", watched)
    run(network, Dealer(), threads=2)
    assert seen == {True: {2}, False: {1}}
