"""The numbers that training changes, and where their gradients go.

In the textbook a gradient is computed into an array of its own, and the optimizer then reads it
and changes the weights. Memory traffic makes those two passes cost as much as the matrix product
that computes the gradient. BLAS, the library behind NumPy's products, can add a product to what
an array already holds::

    accumulator <- keep * accumulator + scale * (left.T @ right)

so the optimizer tells every parameter once where its gradient is to be added and with which
factors, and most of the update happens inside the product:

==========================  ====================  ==============  ============
optimizer                   accumulator           keep            scale
==========================  ====================  ==============  ============
textbook (the default)      gradient              0               1
SGD                         the weights           1               -learning rate
momentum                    the velocity          momentum        1
==========================  ====================  ==============  ============

At batch size 4 on 784-64-10 the product into a fresh gradient followed by `weights -= rate *
gradient` takes twice as long as the product added to the weights.

NumPy offers no such product, so it comes from `scipy.linalg.blas`.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas

Array = NDArray[np.floating]

# Products (gemm), scaling in place (scal), y += a * x (axpy).
_BLAS = {
    np.dtype(np.float32): (blas.sgemm, blas.sscal, blas.saxpy),
    np.dtype(np.float64): (blas.dgemm, blas.dscal, blas.daxpy),
}

# On processors without AVX-512, gemm scales an accumulator more slowly than a pass made for nothing
# else does. For 784 x 64 at batch size 4, in microseconds: 5.8 with a factor of 1, 12.9 with one of
# 0.9, and 7.0 for the pass and the product with 1. (With AVX-512: 2.8, 2.8 and 4.0.) A small
# accumulator is not worth the second call.
_LARGE_ACCUMULATOR = 4096

_CACHE_LINE = 64  # bytes


def aligned(array: Array) -> Array:
    """Return a flat copy that begins where a line of the processor's cache begins.

    Memory comes in lines of 64 bytes. NumPy's large arrays begin 16 bytes into one, and every
    vector as long as a line then lies across two of them: with AVX-512 a step with momentum at
    batch size 4 on 784-64-10 takes 20.8 microseconds instead of 19.0.
    """
    memory = np.empty(array.nbytes + _CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % _CACHE_LINE
    copy: Array = memory[start : start + array.nbytes].view(array.dtype)
    copy[:] = array.reshape(-1)
    return copy


class Parameter:
    """An array a layer learns.

    Attributes:
        value: The array itself. A network packs all of them into one buffer, and `value` is then
            a view of its part.
        penalized: Whether L1 and L2 act on it (weights and kernels do, biases do not).
    """

    def __init__(self, value: Array, *, penalized: bool = False) -> None:
        self.value = value
        self.penalized = penalized
        self.accumulate_into(np.zeros(value.shape, value.dtype))

    def accumulate_into(
        self,
        accumulator: Array,
        *,
        keep: float = 0.0,
        scale: float = 1.0,
        before: Callable[[], None] | None = None,
    ) -> None:
        """Say where gradients go: accumulator <- keep * accumulator + scale * gradient.

        Args:
            accumulator: C-contiguous, of the value's shape and type; it may be the value itself.
            keep: Factor on what the accumulator holds already; with 0 the accumulator's old
                content, even one that is not finite, has no influence.
            scale: Factor on the gradient.
            before: Called before all this, while the value is still the one that the gradient
                was computed with.

        Raises:
            ValueError: The accumulator is not as described, or no float32 or float64. BLAS would
                work on a copy then, and the sum would be lost without a word.
        """
        kind = accumulator.shape, accumulator.dtype
        expected = self.value.shape, self.value.dtype
        if kind != expected or kind[1] not in _BLAS or not accumulator.flags.c_contiguous:
            raise ValueError(
                f"an accumulator for {expected[0]} {expected[1]} must be C-contiguous, of that "
                f"shape, and of that type, which must be float32 or float64; got {kind[0]} "
                f"{kind[1]}, {'' if accumulator.flags.c_contiguous else 'not '}C-contiguous"
            )
        self.accumulator = accumulator
        self.keep = keep
        self.scale = scale
        self._gemm, scale_in_place, self._add_scaled = _BLAS[accumulator.dtype]
        self._flat = accumulator.reshape(-1)
        # What is to be done before a gradient is added, and the factor still to be applied then.
        self._before: list[Callable[[], object]] = [before] if before else []
        self._keep_left = keep
        if keep not in (0.0, 1.0) and accumulator.size >= _LARGE_ACCUMULATOR:
            self._before.append(partial(scale_in_place, keep, self._flat))
            self._keep_left = 1.0
        # BLAS is written for Fortran's column order. Seen from there, an array in C's row order
        # is its own transpose, so the product to ask for is the transposed one; no copy is made.
        self._transposed = accumulator.reshape(-1, accumulator.shape[-1]).T

    def add_product(self, left: Array, right: Array) -> None:
        """Add the gradient `left.T @ right` to the accumulator.

        Args:
            left: Shape (N, rows of the value), C-contiguous.
            right: Shape (N, columns of the value), C-contiguous.
        """
        for prepare in self._before:
            prepare()
        # Positional, in gemm's order (alpha, a, b, beta, c, trans_a, trans_b, overwrite_c):
        # keywords would cost a twentieth of the whole call.
        self._gemm(self.scale, right.T, left.T, self._keep_left, self._transposed, 0, 1, 1)

    def add(self, gradient: Array) -> None:
        """Add a gradient that is not a matrix product (batch normalization's, for example)."""
        for prepare in self._before:
            prepare()
        gradient = gradient.reshape(-1)
        if self._keep_left == 0.0:
            np.multiply(gradient, self.scale, out=self._flat)
        else:
            if self._keep_left != 1.0:
                self._flat *= self._keep_left
            self._add_scaled(gradient, self._flat, a=self.scale)


class ParameterBuffer:
    """All parameters of a network, side by side in one flat array.

    An optimizer then works on one long array instead of a handful of short ones, which matters
    when a call costs more than the arithmetic it does. The penalized parameters come first, so
    that they, too, are one array.

    Attributes:
        values: All parameters, shape (P,). Each `Parameter.value` is a view of a part of it.
        penalized: The view of `values` that L1 and L2 act on.
    """

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._parameters = sorted(parameters, key=lambda parameter: not parameter.penalized)
        flat = [parameter.value.ravel() for parameter in self._parameters]
        self.values: Array = aligned(np.concatenate(flat) if flat else np.zeros(0, np.float32))
        for parameter, view in self.views(self.values):
            parameter.value = view
        self.penalized = self.penalized_part(self.values)

    def views(self, flat: Array) -> Iterator[tuple[Parameter, Array]]:
        """Yield every parameter with its part of `flat`, an array laid out as `values` is."""
        start = 0
        for parameter in self._parameters:
            stop = start + parameter.value.size
            yield parameter, flat[start:stop].reshape(parameter.value.shape)
            start = stop

    def penalized_part(self, flat: Array) -> Array:
        """Return the part of `flat`, laid out as `values` is, that L1 and L2 act on."""
        return flat[: sum(p.value.size for p in self._parameters if p.penalized)]

    def accumulate_into(
        self,
        flat: Array,
        *,
        keep: float,
        scale: float,
        keep_penalized: float | None = None,
        before_penalized: Callable[[Array], None] | None = None,
    ) -> None:
        """Send all gradients to `flat`, laid out as `values` is.

        Args:
            flat: Shape (P,).
            keep: As in `Parameter.accumulate_into`.
            scale: As in `Parameter.accumulate_into`.
            keep_penalized: `keep` for the penalized parameters, where it differs.
            before_penalized: `before` for the penalized parameters; called with their part of
                `flat`.
        """
        for parameter, view in self.views(flat):
            kept, before = keep, None
            if parameter.penalized:
                kept = keep if keep_penalized is None else keep_penalized
                before = before_penalized and partial(before_penalized, view)
            parameter.accumulate_into(view, keep=kept, scale=scale, before=before)
