"""How many threads share a step's work: one, unless somebody knows better.

BLAS, the library behind NumPy's products, shares a product among all cores as soon as it takes
more than a few microseconds. The threads meet twice in every product. On an idle machine of two
cores that makes a product of 128 x 784 x 64 up to 1.7 times as fast. As soon as anything else runs
on one of the cores, each meeting waits for it: the same product has been measured at 20 times its
time on one thread, a step of 784-64-10 at 50 times, an epoch of a convolution network at 30 times.
So training keeps to one thread, which no neighbour can slow down by more than its share, unless the
setting `threads` asks for more: worth it for large layers on a machine with nothing else to do.

The number of threads also decides in which order BLAS adds, and so the last bits of a result. As a
setting it is the same wherever and whenever a run is repeated. Compiled functions share their work
in parts that do not depend on each other, so there the number of threads changes no bit.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import pairwise

from threadpoolctl import ThreadpoolController

_threads = ContextVar("_threads", default=1)

WORTH_SHARING = 2_000_000
"""Waking a thread and waiting for it takes as long as so many multiplications in vectors."""


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Return a context in which BLAS and `share` use this many threads, from 1."""
    before = _threads.set(threads)
    try:
        with limited_blas_threads(threads):
            yield
    finally:
        _threads.reset(before)


def limited_blas_threads(threads: int) -> AbstractContextManager[object]:
    """Return a context in which BLAS uses this many threads, and `share` as many as before."""
    limited: AbstractContextManager[object] = _controller().limit(limits=threads, user_api="blas")
    return limited


def share(
    function: Callable[..., None], parts: int, *arguments: object, multiplications: int
) -> None:
    """Call a function for parts of its work: `function(first, last, *arguments)`.

    Args:
        function: Does the parts from `first` up to, not including, `last`. It holds no lock of
            Python's (Numba: `nogil`), and no part depends on another.
        parts: How many there are.
        arguments: The same for all parts.
        multiplications: How many all parts together take, to judge whether sharing pays.
    """
    threads = max(1, min(_threads.get(), parts)) if multiplications >= WORTH_SHARING else 1
    bounds = [parts * number // threads for number in range(threads + 1)]
    others = [
        _pool(os.getpid(), threads - 1).submit(function, first, last, *arguments)
        for first, last in pairwise(bounds[1:])
    ]
    function(0, bounds[1], *arguments)
    for other in others:
        other.result()


@cache
def _pool(process: int, threads: int) -> ThreadPoolExecutor:
    """Return the threads of a process: one that was forked has none of its parent's."""
    return ThreadPoolExecutor(threads)


@cache
def _controller() -> ThreadpoolController:
    """Look for the libraries once: that takes half a millisecond."""
    return ThreadpoolController()
