"""One thread for small steps: several would wait for each other longer than they work.

BLAS, the library behind NumPy's products, shares a product among all cores as soon as it takes
more than a few microseconds. The threads meet twice in every product. On an idle machine of two
cores that makes a product of 128 x 784 x 64 up to 1.7 times as fast. As soon as anything else runs
on one of the cores, each meeting waits for it: the same product has been measured at 20 times its
time on one thread, and a whole step at 50 times. A step that lasts well under a millisecond is not
worth that; one that lasts long enough for the threads to catch up is.

The number of threads also decides in which order BLAS adds, and so the last bits of a result. It
depends on the network and the batch size alone, never on how busy the machine is.
"""

import math
from contextlib import AbstractContextManager, nullcontext
from functools import cache

from threadpoolctl import ThreadpoolController

from nn.network import Network

# Multiplications in the largest product of a step. From here on it takes a core about a
# millisecond, and sharing it pays, on a quiet machine, nearly the number of cores.
_WORTH_SHARING = 2**25


def suitable_threads(network: Network, batch_size: int) -> AbstractContextManager[object]:
    """Return a context in which BLAS uses one thread if the network's steps are small.

    Where they are large, BLAS goes on using as many as it was told, which is all cores unless the
    environment variable OPENBLAS_NUM_THREADS says otherwise.
    """
    if largest_product(network, batch_size) >= _WORTH_SHARING:
        return nullcontext()
    limited: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limited


def largest_product(network: Network, batch_size: int) -> int:
    """Return how many multiplications the largest matrix product of a step takes.

    Every weight meets every example, a convolution's once at each stop of the kernel.
    """
    return max(
        (
            parameter.value.size * math.prod(layer.output_shape[1:]) * batch_size
            for layer in network.layers
            for parameter in layer.parameters
        ),
        default=0,
    )


@cache
def _controller() -> ThreadpoolController:
    """Look for the libraries once: that takes half a millisecond."""
    return ThreadpoolController()
