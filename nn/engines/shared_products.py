"""Matrix products that threads share in pieces, which are the same for any number of threads.

BLAS can share a product itself, but its threads wait for each other by asking again and again, so a
neighbour on one core makes them many times slower. It also adds in another order for each number of
threads; here the number of threads changes no bit.
"""

from itertools import pairwise

import numpy as np

from nn.engines import threads
from nn.layers.layer import Array

# More or narrower pieces cost BLAS more than a tenth of its speed.
_MOST, _NARROWEST = 4, 128  # columns


def multiply(left: Array, right: Array, outputs: Array) -> None:
    """Write left @ right to the outputs.

    Args:
        left: Shape (N, D), in any order of memory.
        right: Shape (D, U), in any order of memory.
        outputs: Shape (N, U), written to.
    """
    rows, columns = outputs.shape
    if rows > columns:
        left, right, outputs = right.T, left.T, outputs.T
    multiplications = left.size * right.shape[1]
    most = min(_MOST, right.shape[1] // _NARROWEST)
    pieces = max(1, min(multiplications // threads.WORTH_SHARING, most))
    bounds = [len(right.T) * number // pieces for number in range(pieces + 1)]

    def multiply_pieces(first: int, last: int) -> None:
        for start, end in pairwise(bounds[first : last + 1]):
            np.matmul(left, right[:, start:end], out=outputs[:, start:end])

    threads.share(multiply_pieces, pieces, multiplications=multiplications)
