"""How many threads share a matrix product: one, unless somebody knows better.

BLAS, the library behind NumPy's products, shares a product among all cores as soon as it takes
more than a few microseconds. The threads meet twice in every product. On an idle machine of two
cores that makes a product of 128 x 784 x 64 up to 1.7 times as fast. As soon as anything else runs
on one of the cores, each meeting waits for it: the same product has been measured at 20 times its
time on one thread, a step of 784-64-10 at 50 times, an epoch of a convolution network at 30 times.
So training keeps to one thread, which no neighbour can slow down by more than its share, unless the
setting `threads` asks for more: worth it for large layers on a machine with nothing else to do.

The number of threads also decides in which order BLAS adds, and so the last bits of a result. As a
setting it is the same wherever and whenever a run is repeated.
"""

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController


def limited_threads(threads: int) -> AbstractContextManager[object]:
    """Return a context in which BLAS uses this many threads, from 1."""
    limited: AbstractContextManager[object] = _controller().limit(limits=threads, user_api="blas")
    return limited


@cache
def _controller() -> ThreadpoolController:
    """Look for the libraries once: that takes half a millisecond."""
    return ThreadpoolController()
