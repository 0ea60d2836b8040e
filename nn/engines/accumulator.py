"""Gradients that are added inside the matrix product that computes them.

In the textbook a gradient is computed into an array of its own, and the optimizer then reads it
and changes the weights. Memory traffic makes those two passes cost as much as the matrix product
itself. BLAS, the library behind NumPy's products, can add a product to what an array already
holds::

    target <- keep * target + scale * (left.T @ right)

so most of an update happens inside the product:

==============  ====================  ==============  ============
optimizer       target                keep            scale
==============  ====================  ==============  ============
SGD             the weights           1               -learning rate
momentum        the velocity          momentum        1 - dampening
Adam            a gradient            0               1
==============  ====================  ==============  ============

At batch size 4 on 784-64-10 the product into a fresh gradient followed by `weights -= rate *
gradient` takes twice as long as the product added to the weights.

NumPy offers no such product, so it comes from `scipy.linalg.blas`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import blas

from nn.layers.layer import Array


class _Routines(NamedTuple):
    gemm: Callable[..., Any]  # products
    scal: Callable[..., Any]  # scaling in place
    axpy: Callable[..., Any]  # y += a * x


BLAS = {
    np.dtype(np.float32): _Routines(blas.sgemm, blas.sscal, blas.saxpy),
    np.dtype(np.float64): _Routines(blas.dgemm, blas.dscal, blas.daxpy),
}

# On processors without AVX-512, gemm scales a target more slowly than a separate pass does. For 784
# x 64 at batch size 4, in microseconds: 5.8 with a factor of 1, 12.9 with one of 0.9, and 7.0 for
# the pass and the product with 1. (With AVX-512: 2.8, 2.8 and 4.0.) A small target is not worth the
# second call.
_LARGE_TARGET = 4096


class Accumulator:
    """Does target <- keep * target + scale * gradient, for every gradient of one parameter.

    Args:
        target: C-contiguous, float32 or float64; changed in place.
        keep: Factor on what the target holds; with 0 its old content is ignored, even if it is not
            finite.
        scale: Factor on the gradient.
        before: Called before all this, in every step.
    """

    def __init__(
        self,
        target: Array,
        *,
        keep: float,
        scale: float,
        before: Callable[[], object] | None = None,
    ) -> None:
        self._scale = scale
        self._gemm, scale_in_place, self._add_scaled = BLAS[target.dtype]
        self._flat = target.reshape(-1)
        # What to do before a gradient is added, and the factor that then remains to be applied.
        self._before = [before] if before else []
        self._keep = keep
        if keep not in (0.0, 1.0) and target.size >= _LARGE_TARGET:
            self._before.append(partial(scale_in_place, keep, self._flat))
            self._keep = 1.0
        # BLAS is written for Fortran's column order. Seen from there, an array in C's row order
        # is its own transpose, so the product to ask for is the transposed one; no copy is made.
        self._transposed = target.reshape(-1, target.shape[-1]).T

    def add_product(self, left: Array, right: Array) -> None:
        """Add the gradient `left.T @ right`.

        Args:
            left: Shape (N, rows of the target), C-contiguous or, in column order, F-contiguous.
            right: Shape (N, columns of the target), C-contiguous.
        """
        for prepare in self._before:
            prepare()
        # Positional, in gemm's order (alpha, a, b, beta, c, trans_a, trans_b, overwrite_c):
        # keywords would cost a twentieth of the whole call.
        if left.flags.c_contiguous:
            self._gemm(self._scale, right.T, left.T, self._keep, self._transposed, 0, 1, 1)
        else:
            self._gemm(self._scale, right.T, left, self._keep, self._transposed, 0, 0, 1)

    def add(self, gradient: Array) -> None:
        """Add a gradient that has been computed, of the target's shape."""
        for prepare in self._before:
            prepare()
        gradient = gradient.reshape(-1)
        if self._keep == 0.0:
            np.multiply(gradient, self._scale, out=self._flat)
        else:
            if self._keep != 1.0:
                self._flat *= self._keep
            self._add_scaled(gradient, self._flat, a=self._scale)
