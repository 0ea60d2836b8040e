"""Dense layers and activations for many small steps: few calls, and no new arrays.

At batch size 4 a step is some twenty-five calls of NumPy, and making arrays for their results would
cost more than most of the arithmetic. They compute the same as `nn.layers`.
"""

from collections.abc import Callable, Sequence

import numpy as np

from nn.engines.fused_updates import Accumulators
from nn.layers.activations import ReLU, Sigmoid
from nn.layers.dense import Dense
from nn.layers.layer import Array, Layer


class FusedLayer:
    """Any layer as the fused engine uses it: its own two passes, its gradients added up.

    Args:
        layer: The layer.

    Attributes:
        loops: The functions that it needs compiled.
    """

    loops: tuple[Callable[..., None], ...] = ()

    def __init__(self, layer: Layer) -> None:
        self._layer = layer

    def add_gradients_to(self, accumulators: Accumulators) -> None:
        """Add the gradients of the following steps to these accumulators, where there are any."""
        parameters = self._layer.parameters
        self._gradients = [(p, accumulators[p]) for p in parameters if p in accumulators]

    def forward(self, inputs: Array) -> Array:
        """Return the outputs; overwritten by the next call."""
        return self._layer.forward(inputs, training=True)

    def backward(self, d_outputs: Array) -> Array:
        """Return the gradient with respect to the inputs, and add those of the parameters."""
        d_inputs = self._layer.backward(d_outputs)
        for parameter, accumulator in self._gradients:
            accumulator.add(parameter.gradient)
        return d_inputs


class FusedDense(FusedLayer):
    """outputs = inputs @ weights + biases."""

    def __init__(self, layer: Dense) -> None:
        super().__init__(layer)
        self._weights, self._biases = layer.weights.value, layer.biases.value
        self._needs_input_gradient = layer.needs_input_gradient
        self._allocate(0)

    def _allocate(self, examples: int) -> None:
        inputs, units = self._weights.shape
        dtype = self._weights.dtype
        self._outputs = np.empty((examples, units), dtype)
        self._d_inputs = np.empty((examples, inputs), dtype)
        self._ones = np.ones((examples, 1), dtype)

    def add_gradients_to(self, accumulators: Accumulators) -> None:
        """Add the gradients of the following steps to these accumulators."""
        self._d_weights, self._d_biases = (accumulators[p] for p in self._layer.parameters)

    def forward(self, inputs: Array) -> Array:
        """Return inputs (N, D) @ weights (D, U) + biases (U,)."""
        if len(inputs) != len(self._outputs):
            self._allocate(len(inputs))
        self._inputs = inputs
        outputs = np.dot(inputs, self._weights, self._outputs)
        outputs += self._biases
        return outputs

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs @ weights.T, and add inputs.T @ d_outputs and its sum over the batch."""
        if self._needs_input_gradient:
            # First, because the products below may already change the weights.
            np.dot(d_outputs, self._weights.T, self._d_inputs)
        self._add_gradients(d_outputs)
        return self._d_inputs

    def _add_gradients(self, d_outputs: Array) -> None:
        self._d_weights.add_product(self._inputs, d_outputs)
        self._d_biases.add_product(self._ones, d_outputs)  # ones.T @ d_outputs is the sum


class FusedReLU(FusedLayer):
    """outputs = max(inputs, 0)."""

    def __init__(self, layer: ReLU) -> None:
        super().__init__(layer)
        self._outputs: Array = np.empty(0, np.float32)

    def forward(self, inputs: Array) -> Array:
        """Return max(inputs, 0)."""
        if inputs.shape != self._outputs.shape:
            self._outputs = np.empty_like(inputs)
            self._derivative = np.empty_like(inputs)
            self._zeros = np.zeros_like(inputs)
        # Two arrays of one shape are compared in half the time of an array and a number.
        return np.maximum(inputs, self._zeros, out=self._outputs)

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs * derivative: no output is negative, so it is their sign, 0 or 1."""
        np.sign(self._outputs, out=self._derivative)
        return np.multiply(d_outputs, self._derivative, out=self._derivative)


class FusedSigmoid(FusedLayer):
    """outputs = (1 + tanh(inputs / 2)) / 2."""

    def __init__(self, layer: Sigmoid) -> None:
        super().__init__(layer)
        self._outputs: Array = np.empty(0, np.float32)

    def forward(self, inputs: Array) -> Array:
        """Return (1 + tanh(inputs / 2)) / 2."""
        if inputs.shape != self._outputs.shape:
            self._outputs = np.empty_like(inputs)
            self._derivative = np.empty_like(inputs)
        outputs = np.multiply(inputs, 0.5, out=self._outputs)
        np.tanh(outputs, out=outputs)
        outputs += 1
        outputs *= 0.5
        return outputs

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs * outputs * (1 - outputs)."""
        derivative = np.subtract(1, self._outputs, out=self._derivative)
        derivative *= self._outputs
        derivative *= d_outputs
        return derivative


def fuse_layer(layer: Layer) -> FusedLayer:
    """Return the faster form of a layer, or the layer itself where there is none."""
    if type(layer) is Dense:
        return FusedDense(layer)
    if type(layer) is ReLU:
        return FusedReLU(layer)
    if type(layer) is Sigmoid:
        return FusedSigmoid(layer)
    return FusedLayer(layer)


def fuse_layers(layers: Sequence[Layer]) -> list[FusedLayer]:
    """Return the faster forms of a network's layers, in the order in which they are run."""
    return [fuse_layer(layer) for layer in layers]
