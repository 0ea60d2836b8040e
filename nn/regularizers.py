"""A price on large weights.

A network with more weights than it needs can learn its training images by heart. Adding the size
of the weights to the loss makes it pay for each of them, so that it keeps those that earn their
place. Biases and batch normalization's parameters are not penalized.
"""

import numpy as np

from nn.layers.layer import Array


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

    def __bool__(self) -> bool:
        """Return whether there is any penalty."""
        return bool(self.l1 or self.l2)

    def value(self, weights: Array) -> float:
        """Return the penalty on `weights`, any shape."""
        absolute = float(np.abs(weights).sum(dtype=np.float64))
        squares = float(np.square(weights, dtype=np.float64).sum())
        return self.l1 * absolute + self.l2 * squares / 2

    def gradient(self, weights: Array) -> Array:
        """Return l1 * sign(w) + l2 * w for weights of any shape.

        At 0, where |w| has its kink, either sign is right; the sign of the zero decides.
        """
        gradient: Array = np.copysign(self.l1, weights) + self.l2 * weights
        return gradient
