"""The bend between two dense layers.

Without one, two dense layers in a row are equivalent to a single one: the product of two matrices
is a matrix. An activation bends every number on its own, which lets the next layer combine the
units of the last into shapes that no straight line can cut out.
"""

import numpy as np

from nn.layers.layer import Array, Layer


class ReLU(Layer):
    """outputs = max(inputs, 0), for every number separately.

    Reference: Nair and Hinton (2010), Rectified Linear Units Improve Restricted Boltzmann
    Machines.
    """

    name = "relu"

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return max(inputs, 0), any shape."""
        outputs = np.maximum(inputs, 0)
        if training:
            self._outputs = outputs
        return outputs

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs where the input was positive, and 0 elsewhere."""
        return d_outputs * (self._outputs > 0)


def sigmoid(inputs: Array) -> Array:
    """Return 1 / (1 + exp(-inputs)), any shape, computed as (1 + tanh(inputs / 2)) / 2.

    The two are equal, but exp(-inputs) overflows for inputs of -89 and below; tanh does not.
    """
    outputs: Array = (1 + np.tanh(inputs / 2)) / 2
    return outputs


class Sigmoid(Layer):
    """outputs = 1 / (1 + exp(-inputs)), for every number separately."""

    name = "sigmoid"

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return 1 / (1 + exp(-inputs)), any shape."""
        outputs = sigmoid(inputs)
        if training:
            self._outputs = outputs
        return outputs

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs * outputs * (1 - outputs), the sigmoid's derivative."""
        return d_outputs * self._outputs * (1 - self._outputs)
