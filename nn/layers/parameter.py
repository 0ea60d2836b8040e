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

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas

Array = NDArray[np.floating]

_GEMM = {np.dtype(np.float32): blas.sgemm, np.dtype(np.float64): blas.dgemm}


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

    def accumulate_into(self, accumulator: Array, *, keep: float = 0.0, scale: float = 1.0) -> None:
        """Say where gradients go: accumulator <- keep * accumulator + scale * gradient.

        Args:
            accumulator: C-contiguous, of the value's shape and type; it may be the value itself.
            keep: Factor on what the accumulator holds already; with 0 the accumulator's old
                content, even one that is not finite, has no influence.
            scale: Factor on the gradient.

        Raises:
            ValueError: The accumulator is not as described, or no float32 or float64. BLAS would
                work on a copy then, and the sum would be lost without a word.
        """
        kind = accumulator.shape, accumulator.dtype
        expected = self.value.shape, self.value.dtype
        if kind != expected or kind[1] not in _GEMM or not accumulator.flags.c_contiguous:
            raise ValueError(
                f"an accumulator for {expected[0]} {expected[1]} must be C-contiguous, of that "
                f"shape, and of that type, which must be float32 or float64; got {kind[0]} "
                f"{kind[1]}, {'' if accumulator.flags.c_contiguous else 'not '}C-contiguous"
            )
        self.accumulator = accumulator
        self.keep = keep
        self.scale = scale
        # BLAS is written for Fortran's column order. Seen from there, an array in C's row order
        # is its own transpose, so the product to ask for is the transposed one; no copy is made.
        self._gemm = _GEMM[accumulator.dtype]
        self._transposed = accumulator.reshape(-1, accumulator.shape[-1]).T

    def add_product(self, left: Array, right: Array) -> None:
        """Add the gradient `left.T @ right` to the accumulator.

        Args:
            left: Shape (N, rows of the value), C-contiguous.
            right: Shape (N, columns of the value), C-contiguous.
        """
        # Positional, in gemm's order (alpha, a, b, beta, c, trans_a, trans_b, overwrite_c):
        # keywords would cost a twentieth of the whole call.
        self._gemm(self.scale, right.T, left.T, self.keep, self._transposed, 0, 1, 1)

    def add(self, gradient: Array) -> None:
        """Add a gradient that is not a matrix product (batch normalization's, for example)."""
        if self.keep == 0.0:
            np.multiply(gradient, self.scale, out=self.accumulator)
        else:
            self.accumulator *= self.keep
            self.accumulator += self.scale * gradient


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
        self.values: Array = np.concatenate(flat) if flat else np.zeros(0, np.float32)
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
        self, flat: Array, *, keep: float, scale: float, keep_penalized: float | None = None
    ) -> None:
        """Send all gradients to `flat`, laid out as `values` is.

        Args:
            flat: Shape (P,).
            keep: As in `Parameter.accumulate_into`.
            scale: As in `Parameter.accumulate_into`.
            keep_penalized: `keep` for the penalized parameters, where it differs.
        """
        for parameter, view in self.views(flat):
            kept = keep_penalized if parameter.penalized and keep_penalized is not None else keep
            parameter.accumulate_into(view, keep=kept, scale=scale)
