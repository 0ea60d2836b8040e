"""The bend between two dense layers.

Without one, two dense layers in a row are no more than a single one: the product of two matrices
is a matrix. An activation bends every number on its own, which lets the next layer combine the
units of the last into shapes that no straight line can cut out.
"""

import numpy as np

from nn.layers.layer import Array, Layer, Shape


class Activation(Layer):
    """A function applied to every number alone; shapes do not change."""

    def __init__(self, input_shape: Shape) -> None:
        super().__init__(input_shape, input_shape)
        self._outputs: Array = np.empty((0, *input_shape), np.float32)

    def _allocate(self, inputs: Array) -> None:
        """Make the arrays that one training step writes to, for batches shaped like `inputs`."""
        self._outputs = np.empty_like(inputs)
        self._derivative = np.empty_like(inputs)
        self._zeros = np.zeros_like(inputs)


class ReLU(Activation):
    """outputs = max(inputs, 0).

    Reference: Nair and Hinton (2010), Rectified Linear Units Improve Restricted Boltzmann
    Machines.
    """

    name = "relu"

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return max(inputs, 0), any shape."""
        if not training:
            return np.maximum(inputs, 0)
        if inputs.shape != self._outputs.shape:
            self._allocate(inputs)
        # Two arrays of one shape are compared in half the time of an array and a number.
        return np.maximum(inputs, self._zeros, out=self._outputs)

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs where the input was positive, and 0 elsewhere.

        No output is negative, so the outputs' sign, 0 or 1, is the derivative.
        """
        np.sign(self._outputs, out=self._derivative)
        return np.multiply(d_outputs, self._derivative, out=self._derivative)


class Sigmoid(Activation):
    """outputs = 1 / (1 + exp(-inputs)), computed as (1 + tanh(inputs / 2)) / 2.

    The two are equal, and tanh cannot overflow where exp(-inputs) does, from inputs of -89 on.
    """

    name = "sigmoid"

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return 1 / (1 + exp(-inputs)), any shape, each number strictly finite."""
        if not training:
            outputs = np.empty_like(inputs)
        else:
            if inputs.shape != self._outputs.shape:
                self._allocate(inputs)
            outputs = self._outputs
        np.multiply(inputs, 0.5, out=outputs)
        np.tanh(outputs, out=outputs)
        outputs += 1
        outputs *= 0.5
        return outputs

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs * outputs * (1 - outputs), the sigmoid's derivative."""
        np.subtract(1, self._outputs, out=self._derivative)
        self._derivative *= self._outputs
        self._derivative *= d_outputs
        return self._derivative
