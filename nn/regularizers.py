"""A price on large weights.

A network with more weights than it needs can learn its training images by heart. Adding the size
of the weights to the loss makes it pay for each of them, so that it keeps those that earn their
place. Biases and batch normalization's parameters carry no price.
"""

from typing import Any

import numpy as np

from nn.layers.layer import Array
from nn.layers.parameter import aligned

# By the number's size in bytes.
_SIGN_BITS = {4: np.uint32(1 << 31), 8: np.uint64(1 << 63)}


class Penalty:
    """penalty = l1 * sum |w| + l2 * sum w^2 / 2, over all weights w.

    L1 pulls every weight towards zero with the same force, and most of them all the way; L2 pulls
    in proportion to the weight, and hardly any of them all the way.

    Args:
        l1: Strength of L1, from 0.
        l2: Strength of L2, from 0.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = l1
        self.l2 = l2
        self._memory: dict[tuple[tuple[int, ...], np.dtype[Any]], Array] = {}

    def __bool__(self) -> bool:
        """Return whether there is any price to pay."""
        return bool(self.l1 or self.l2)

    def value(self, weights: Array) -> float:
        """Return the penalty on `weights`, any shape."""
        absolute = float(np.abs(weights).sum(dtype=np.float64))
        squares = float(np.square(weights, dtype=np.float64).sum())
        return self.l1 * absolute + self.l2 * squares / 2

    def add_gradient(self, weights: Array, accumulator: Array, scale: float = 1.0) -> None:
        """Add scale * (l1 * sign(w) + l2 * w) to the accumulator.

        Args:
            weights: Any shape.
            accumulator: The same shape, changed in place; it may be the weights themselves.
            scale: Factor on the gradient.
        """
        if not self:
            return
        gradient = self._memory_for(weights)
        if self.l1:
            _write_with_signs(weights, self.l1 * scale, gradient)
            if self.l2:
                gradient += self.l2 * scale * weights
        else:
            np.multiply(weights, self.l2 * scale, out=gradient)
        accumulator += gradient

    def _memory_for(self, weights: Array) -> Array:
        """Return an array to write in, made once for every shape."""
        kind = weights.shape, weights.dtype
        if kind not in self._memory:
            self._memory[kind] = aligned(weights).reshape(weights.shape)
        return self._memory[kind]


def _write_with_signs(weights: Array, size: float, out: Array) -> None:
    """Write `size` with each weight's sign to `out`; where |w| has its kink, either sign is right.

    The highest bit of a float is its sign, so two operations on bits do it: a third of the time
    of np.sign alone, five times less than np.copysign. The second, exclusive or, turns the sign
    round where `size` is negative.
    """
    sign_bit = _SIGN_BITS[weights.itemsize]
    whole = sign_bit.dtype
    bits = out.view(whole)
    np.bitwise_and(weights.view(whole), sign_bit, out=bits)
    np.bitwise_xor(bits, weights.dtype.type(size).view(whole), out=bits)
