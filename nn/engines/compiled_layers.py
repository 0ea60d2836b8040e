"""Layers as compiled loops, in place of the fused engine's.

They compute what the layers of the same names in `nn.layers` compute, on the same arrays: images
have their batch axis last in memory, (C, H, W, N). The loops are in `nn.engines.compiled_passes`.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise, zip_longest
from typing import Any, cast

import numpy as np

from nn.engines.compiled_convolution import CompiledConvolution
from nn.engines.compiled_passes import (
    bend,
    find_largest,
    normalize,
    return_to_inputs,
    return_to_largest,
)
from nn.engines.fused_layers import FusedLayer, fuse_layer
from nn.engines.roomy import roomy, roomy_like
from nn.engines.shared_products import multiply
from nn.engines.threads import share
from nn.layers.activations import ReLU
from nn.layers.batch_norm import BatchNorm
from nn.layers.convolution import Convolution
from nn.layers.dense import Dense
from nn.layers.flatten import Flatten
from nn.layers.layer import Array, Layer
from nn.layers.pooling import MaxPooling
from nn.layers.windows import batch_first, batch_last


class CompiledReLU(FusedLayer):
    """outputs = max(inputs, 0), in the inputs' order of memory."""

    loops = (bend,)

    def __init__(self, layer: ReLU) -> None:
        super().__init__(layer)
        self._outputs = self._d_inputs = np.empty(0, np.float32)

    def forward(self, inputs: Array) -> Array:
        """Return max(inputs, 0)."""
        if inputs.shape != self._outputs.shape:
            self._outputs, self._d_inputs = roomy_like(inputs), roomy_like(inputs)
        np.maximum(inputs, 0, out=self._outputs)
        return self._outputs

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs where the output is positive, and 0 elsewhere."""
        if d_outputs.strides != self._outputs.strides:
            self._d_inputs[:] = d_outputs
            d_outputs = self._d_inputs
        _share(bend, _flat(self._outputs), _flat(d_outputs), _flat(self._d_inputs))
        return self._d_inputs


class CompiledMaxPooling(FusedLayer):
    """outputs = the largest pixel of every window of images (N, C, H, W)."""

    loops = (find_largest, return_to_largest)

    def __init__(self, layer: MaxPooling) -> None:
        super().__init__(layer)
        size, stride = (cast("tuple[int, int]", layer.constants[n]) for n in ("size", "stride"))
        self._windows = (*size, *stride)
        self._allocate(0)

    def _allocate(self, examples: int) -> None:
        self._outputs = roomy((*self._layer.output_shape, examples))
        self._d_inputs = roomy((*self._layer.input_shape, examples))
        self._largest = np.empty(self._outputs.shape, np.int32)

    def forward(self, inputs: Array) -> Array:
        """Return images (N, C, H', W')."""
        if len(inputs) != self._outputs.shape[-1]:
            self._allocate(len(inputs))
        images = np.ascontiguousarray(batch_last(inputs))
        _share(find_largest, images, *self._windows, self._outputs, self._largest)
        return batch_first(self._outputs)

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs at each window's largest pixel, and 0 elsewhere."""
        d_images = np.ascontiguousarray(batch_last(d_outputs))
        _share(return_to_largest, d_images, self._largest, *self._windows, self._d_inputs)
        return batch_first(self._d_inputs)


class CompiledBatchNorm(FusedLayer):
    """outputs = gamma * (inputs - mean) / sqrt(variance + epsilon) + beta, for images.

    Rows are left to the layer itself.
    """

    def __init__(self, layer: BatchNorm) -> None:
        super().__init__(layer)
        self._is_of_images = len(layer.input_shape) == 3
        self.loops = (normalize, return_to_inputs) if self._is_of_images else ()
        self._outputs = np.empty(0, np.float32)

    def forward(self, inputs: Array) -> Array:
        """Normalize images (N, C, H, W); the running mean and variance follow the batch's."""
        if not self._is_of_images:
            return super().forward(inputs)
        layer = cast(BatchNorm, self._layer)
        images = np.ascontiguousarray(batch_last(inputs))
        if images.shape != self._outputs.shape:
            memory = [roomy(images.shape) for _ in range(3)]
            self._normalized, self._outputs, self._d_inputs = memory
        gamma, beta = layer.gamma.value, layer.beta.value
        mean, variance = np.empty_like(gamma), np.empty_like(gamma)
        epsilon = np.float32(layer.epsilon)
        results = mean, variance, self._normalized, self._outputs
        _share(normalize, images, gamma, beta, epsilon, *results)
        layer.follow(mean, variance, images[0].size)
        self._deviation = np.sqrt(variance + epsilon)
        outputs = batch_first(self._outputs)
        if outputs.strides != inputs.strides:  # Dropout draws numbers in the order of memory.
            outputs = roomy_like(inputs)
            outputs[:] = batch_first(self._outputs)
        return outputs

    def backward(self, d_outputs: Array) -> Array:
        """Write the gradients of gamma and beta; return d_inputs."""
        if not self._is_of_images:
            return super().backward(d_outputs)
        layer = cast(BatchNorm, self._layer)
        d_images = np.ascontiguousarray(batch_last(d_outputs))
        scale = layer.gamma.value / self._deviation
        results = layer.gamma.gradient, layer.beta.gradient, self._d_inputs
        _share(return_to_inputs, d_images, self._normalized, scale, *results)
        return batch_first(self._d_inputs)


class CompiledDense(FusedLayer):
    """outputs = inputs @ weights + biases; inputs may have their batch axis last in memory."""

    def __init__(self, layer: Dense) -> None:
        super().__init__(layer)
        self._weights, self._biases = layer.weights, layer.biases
        self._outputs = self._d_inputs = np.empty((0, 0), np.float32)

    def forward(self, inputs: Array) -> Array:
        """Return inputs (N, D) @ weights (D, U) + biases (U,)."""
        if len(inputs) != len(self._outputs):
            self._outputs = np.empty((len(inputs), len(self._biases.value)), np.float32)
            self._d_inputs = np.empty_like(inputs)
        self._inputs = inputs
        multiply(inputs, self._weights.value, self._outputs)
        self._outputs += self._biases.value
        return self._outputs

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs @ weights.T in the inputs' order of memory, and write the gradients."""
        if self._layer.needs_input_gradient:
            multiply(d_outputs, self._weights.value.T, self._d_inputs)
        multiply(self._inputs.T, d_outputs, self._weights.gradient)
        np.sum(d_outputs, axis=0, out=self._biases.gradient)
        return self._d_inputs


class CompiledFlatten(FusedLayer):
    """Images (N, C, H, W) become rows (N, C * H * W) as they lie in memory, for a dense layer.

    All others, above all dropout, get rows with their batch axis first in memory.
    """

    def forward(self, inputs: Array) -> Array:
        """Return the images as rows."""
        if inputs.ndim == 4 and batch_last(inputs).flags.c_contiguous:
            columns: Array = batch_last(inputs).reshape(-1, len(inputs))
        else:
            columns = inputs.reshape(len(inputs), -1).T
        rows: Array = columns.T
        return rows

    def backward(self, d_outputs: Array) -> Array:
        """Return the gradient (N, C * H * W) as images (N, C, H, W)."""
        shape = self._layer.input_shape
        if not d_outputs.flags.c_contiguous:
            return batch_first(d_outputs.T.reshape(*shape, len(d_outputs)))
        d_images: Array = d_outputs.reshape(-1, *shape)
        return d_images


def in_fast_order(layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers with pooling before ReLU where it follows, for fewer numbers to bend.

    The largest of max(x, 0) is the maximum of the largest x and 0, and the same pixel gets the
    gradient.
    """
    order = list(layers)
    for i, (layer, following) in enumerate(pairwise(layers)):
        if type(layer) is ReLU and type(following) is MaxPooling:
            order[i], order[i + 1] = following, layer
    return order


_COMPILED: dict[type[Layer], Callable[[Any], FusedLayer]] = {
    BatchNorm: CompiledBatchNorm,
    Convolution: CompiledConvolution,
    Dense: CompiledDense,
    MaxPooling: CompiledMaxPooling,
    ReLU: CompiledReLU,
}


def compile_layers(layers: Sequence[Layer]) -> list[FusedLayer]:
    """Return the layers in the order in which they are run, compiled where there is such a form."""
    order = in_fast_order(layers)
    return [
        CompiledFlatten(layer)
        if type(layer) is Flatten and type(following) is Dense
        else _COMPILED.get(type(layer), fuse_layer)(layer)
        for layer, following in zip_longest(order, order[1:])
    ]


def _share(function: Callable[..., None], images: Array, *arguments: object) -> None:
    """Let threads share the channels of images, (C, H, W, N), or the numbers of a flat array."""
    # A number costs about as much as so many multiplications of a convolution.
    share(function, len(images), images, *arguments, multiplications=20 * images.size)


def _flat(array: Array) -> Array:
    """Return the numbers of an array in the order of memory."""
    flat: Array = array.ravel(order="K")
    return flat
