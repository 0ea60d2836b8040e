"""The layer that makes units dropouts while they learn.

Units that always appear together come to rely on each other's mistakes. Switching a random part
of them off at every step makes each one useful on its own, as if many smaller networks were
trained and averaged.
"""

import numpy as np

from nn.layers.layer import Array, Layer, Shape


class Dropout(Layer):
    """In training outputs = inputs * mask / (1 - rate), where the mask is 0 with probability rate.

    The division keeps the mean, so outside training outputs = inputs.

    Args:
        input_shape: Shape of one example, which does not change.
        rate: The share of numbers that is dropped, from 0 and below 1.
        rng: Where the masks come from, used by nothing else.

    Reference: Srivastava et al. (2014), Dropout: A Simple Way to Prevent Neural Networks from
    Overfitting; "inverted", as section 10 there.
    """

    name = "dropout"

    def __init__(self, input_shape: Shape, rate: float, *, rng: np.random.Generator) -> None:
        super().__init__(input_shape, input_shape)
        self._rate = rate
        self.rng = rng
        self._outputs: Array = np.empty((0, *input_shape), np.float32)

    def _allocate(self, inputs: Array) -> None:
        """Make the arrays that one training step writes to, for batches shaped like `inputs`."""
        self._outputs = np.empty_like(inputs)
        self._scaled_mask = np.empty_like(inputs)
        self._d_inputs = np.empty_like(inputs)
        # Images lie in memory in another order than their axes say; random numbers fill memory.
        self._draws = self._scaled_mask.ravel(order="K")

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return the inputs with some of them 0 and the others larger; outside training as is."""
        if not training:
            return inputs
        if inputs.shape != self._outputs.shape:
            self._allocate(inputs)
        self.rng.random(dtype=inputs.dtype.type, out=self._draws)
        np.greater_equal(self._draws, self._rate, out=self._draws)
        self._draws *= 1 / (1 - self._rate)
        return np.multiply(inputs, self._scaled_mask, out=self._outputs)

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs * mask / (1 - rate)."""
        return np.multiply(d_outputs, self._scaled_mask, out=self._d_inputs)

    def __repr__(self) -> str:
        return f"{self.name} {self._rate:g}"
