"""Training keeps to as many threads as it was told, and gives the others back."""

import threading
import time
from collections.abc import Iterator

import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

from nn.engines.threads import limited_threads, share
from tests.training.scripted import Dealer, Some, make_network, run


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def sharing_threads() -> int:
    by: set[int] = set()
    meet = threading.Barrier(2)

    def work(first: int, last: int) -> None:
        by.add(threading.get_ident())
        if last - first < 2:  # Two threads are not done before both have begun.
            meet.wait(10)

    share(work, 2, multiplications=10**9)
    return len(by)


@pytest.mark.parametrize("threads", [1, 2])
def test_blas_keeps_to_one_thread(threads: int) -> None:
    before = blas_threads()
    with limited_threads(threads):
        assert blas_threads() == {1}
    assert blas_threads() == before


def test_the_threads_come_back_from_an_error_too() -> None:
    before = blas_threads()
    with pytest.raises(ZeroDivisionError), limited_threads(1):
        raise ZeroDivisionError
    assert blas_threads() == before


def test_steps_use_the_threads_they_are_given_and_all_else_uses_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = make_network()
    seen: dict[bool, set[int]] = {True: set(), False: set()}
    forward = network.forward

    def watched(inputs: NDArray, training: bool = False) -> NDArray:
        seen[training].add(sharing_threads())
        return forward(inputs, training)

    class Watched(Dealer):
        def epoch(self, skip: int = 0) -> Iterator[Some]:
            for examples in super().epoch(skip):
                seen[False].add(sharing_threads())
                yield examples

    monkeypatch.setattr(network, "forward", watched)
    run(network, Watched(), threads=2)
    assert seen == {True: {2}, False: {1}}


@pytest.mark.parametrize("parts", [0, 1, 2, 7])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_part_is_done_once_by_at_most_so_many_threads(threads: int, parts: int) -> None:
    done: list[int] = []
    by: set[int] = set()

    def work(first: int, last: int, what: str) -> None:
        assert what == "this"
        done.extend(range(first, last))
        by.add(threading.get_ident())

    with limited_threads(threads):
        share(work, parts, "this", multiplications=10**9)
    assert sorted(done) == list(range(parts))
    assert len(by) <= threads
    assert (threads == 1 or parts < 2) == (by == {threading.get_ident()})


def test_little_work_is_not_shared() -> None:
    by: set[int] = set()
    with limited_threads(2):
        share(lambda first, last: by.add(threading.get_ident()), 2, multiplications=1000)
    assert by == {threading.get_ident()}


def test_an_error_of_another_thread_is_raised() -> None:
    def work(first: int, last: int) -> None:
        assert first == 0, "the other half"

    with limited_threads(2), pytest.raises(AssertionError, match="the other half"):
        share(work, 2, multiplications=10**9)


def test_no_thread_works_on_when_the_context_has_ended() -> None:
    before, ended = threading.active_count(), []

    def work(first: int, last: int) -> None:
        if first == 0:
            raise KeyboardInterrupt
        time.sleep(0.05)
        ended.append(first)

    with pytest.raises(KeyboardInterrupt), limited_threads(2):
        share(work, 2, multiplications=10**9)
    assert ended == [1]
    assert threading.active_count() == before
