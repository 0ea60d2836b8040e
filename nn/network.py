"""A network is a list of layers.

Forward, each layer feeds the next; backward, each hands its gradient to the one before. Everything
else here is bookkeeping: building the list from its description, and packing all parameters into
one buffer.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from nn.layers.layer import Array, Layer
from nn.layers.parameter import ParameterBuffer

# Numbers that a layer makes at a time outside training: 2 MiB in float32, which a processor's
# cache holds. Thousands of images at once would take three times as long, and gigabytes.
_LARGEST_SLICE = 2**19


class Network:
    """Layers, one after the other.

    Args:
        layers: From the images to the logits; each one's output shape is the next one's input
            shape. Each is an object of its own: it remembers what it was given until the
            gradient comes back.

    Attributes:
        parameters: Everything the layers learn, in one buffer.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        for number, (before, after) in enumerate(pairwise(layers), start=1):
            if before.output_shape != after.input_shape:
                raise ValueError(
                    f"layer {number + 1} ({after!r}) takes {after.input_shape}, "
                    f"but layer {number} ({before!r}) gives {before.output_shape}"
                )
        if len({id(layer) for layer in layers}) < len(layers):
            raise ValueError("a layer object stands in the network twice; make one for each place")
        self.layers = list(layers)
        self.parameters = ParameterBuffer(p for layer in self.layers for p in layer.parameters)
        widest = max((math.prod(layer.output_shape) for layer in self.layers), default=1)
        self._rows_at_once = max(1, _LARGEST_SLICE // widest)
        # Nothing before the first layer that learns needs a gradient.
        first = next((i for i, layer in enumerate(layers) if layer.parameters), len(layers))
        self._learning_layers = self.layers[first:]
        for layer in self._learning_layers:
            layer.needs_input_gradient = layer is not self._learning_layers[0]

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return the logits.

        Args:
            inputs: Shape (N, *input shape of the first layer).
            training: Whether `backward` will follow; the array returned is then overwritten by
                the next training step.

        Returns:
            Shape (N, K).
        """
        rows = self._rows_at_once
        if not training and len(inputs) > rows:
            starts = range(0, len(inputs), rows)
            return np.concatenate([self.forward(inputs[start : start + rows]) for start in starts])
        outputs = inputs
        for layer in self.layers:
            outputs = layer.forward(outputs, training)
        return outputs

    def backward(self, d_logits: Array) -> None:
        """Give every parameter its gradient, after a `forward` with `training`.

        Args:
            d_logits: Gradient of the loss with respect to the logits, shape (N, K).
        """
        gradient = d_logits
        for layer in reversed(self._learning_layers):
            gradient = layer.backward(gradient)

    @property
    def arrays(self) -> dict[str, Array]:
        """All arrays to save, as `weights_1`, `biases_1`, `weights_2`, ... in order of the layers.

        They are views: writing into them changes the network.
        """
        counts: dict[str, int] = {}
        arrays = {}
        for layer in self.layers:
            for stem, array in layer.arrays.items():
                counts[stem] = counts.get(stem, 0) + 1
                arrays[f"{stem}_{counts[stem]}"] = array
        return arrays

    def snapshot(self) -> dict[str, Array]:
        """Return a copy of all arrays, to `restore` later."""
        return {name: array.copy() for name, array in self.arrays.items()}

    def restore(self, snapshot: Mapping[str, Array]) -> None:
        """Make the network what it was when the snapshot was taken."""
        for name, array in self.arrays.items():
            array[:] = snapshot[name]

    @property
    def is_finite(self) -> bool:
        """Whether every number of it is finite, those that it keeps without learning them too."""
        return all(np.isfinite(array).all() for array in self.arrays.values())

    @property
    def smallest_batch(self) -> int:
        """The fewest examples that every layer can learn from at a time."""
        return max((layer.smallest_batch for layer in self.layers), default=1)

    @property
    def parameter_count(self) -> int:
        """How many numbers the network learns."""
        return int(self.parameters.values.size)

    def __repr__(self) -> str:
        return " | ".join(repr(layer) for layer in self.layers)
