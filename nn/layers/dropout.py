"""The layer that switches off random units while they learn.

Units that always appear together come to rely on each other's mistakes. Switching a random part
of them off at every step makes each one useful on its own, as if many smaller networks were
trained and averaged.
"""

import numpy as np

from nn.initializers import InitialValues
from nn.layers.layer import Array, Layer, Shape


class Dropout(Layer):
    """In training outputs = inputs * mask / (1 - rate), where the mask is 0 with probability rate.

    The division keeps the mean, so outside training outputs = inputs.

    Args:
        rate: The fraction of numbers dropped, from 0 and below 1.

    Reference: Srivastava et al. (2014), Dropout: A Simple Way to Prevent Neural Networks from
    Overfitting; "inverted" as in section 10.
    """

    name = "dropout"

    def __init__(self, rate: float) -> None:
        super().__init__()
        self._rate = rate

    def build(self, input_shape: Shape, initial: InitialValues) -> None:
        """Take a random stream for the masks, which do not depend on how many weights are drawn."""
        self.input_shape = self.output_shape = input_shape
        self.rng = initial.rng.spawn(1)[0]

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return the inputs, some of them 0, the others larger; unchanged outside training."""
        if not training:
            return inputs
        self._scaled_mask = self._scratch("scaled_mask", inputs)
        # An image's axes are not in memory order; random numbers are drawn in memory order.
        draws = self._scaled_mask.ravel(order="K")
        self.rng.random(dtype=inputs.dtype.type, out=draws)
        np.greater_equal(draws, self._rate, out=draws)
        draws *= 1 / (1 - self._rate)
        return np.multiply(inputs, self._scaled_mask, out=self._scratch("outputs", inputs))

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs * mask / (1 - rate)."""
        mask = self._scaled_mask
        return np.multiply(d_outputs, mask, out=self._scratch("d_inputs", mask))

    def __repr__(self) -> str:
        return f"{self.name} {self._rate:g}"
