"""A network is a list of layers.

Forward, each layer feeds the next; backward, each hands its gradient to the one before. Everything
else here is bookkeeping: giving every layer the shape of its inputs, and packing all parameters
into one buffer.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nn.initializers import Initializer, InitialValues, xavier
from nn.layers.flatten import Images
from nn.layers.layer import Array, Layer, Shape
from nn.layers.parameter import ParameterBuffer

LARGEST_WEIGHTS = 2**26  # in all layers together: 256 MiB, and several times that to train
LARGEST_OUTPUTS = 2**22  # numbers a layer outputs per image: 16 MiB, times the batch in training

# Numbers that a layer computes at a time outside training: 2 MiB in float32, which fits a
# processor's cache. Thousands of images at once would take three times as long, and gigabytes.
_LARGEST_SLICE = 2**19


class LayerError(ValueError):
    """A layer does not fit its position.

    Args:
        number: The layer's number in the list, from 1.
        layer: The layer.
        reason: Why it does not fit.
    """

    def __init__(self, number: int, layer: Layer, reason: object) -> None:
        super().__init__(f"layer {number} ({layer!r}): {reason}")
        self.number = number
        self.reason = str(reason)


class Network:
    """Layers, one after the other.

    Args:
        layers: From the images to the logits. Each must be a separate object: it remembers its
            inputs until the gradient comes back.
        input_shape: H, W of images of one channel, or C, H, W, which may enter as rows
            (N, C * H * W); or D, the number of features of rows.
        initializer: Draws the first weights of every layer.
        seed: Of the random numbers: the first weights, and dropout's masks. A seed, or the stream
            itself.
        dtype: float32, or float64 for gradient checks.

    Attributes:
        layers: The layers, after `Images` if the first one works on images.
        parameters: Everything the layers learn, in one buffer.

    Raises:
        LayerError: a layer does not fit what enters it, or would be too large.
        ValueError: a layer object appears twice in the network.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        input_shape: int | tuple[int, ...],
        *,
        initializer: Initializer = xavier,
        seed: int | np.random.Generator = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if len({id(layer) for layer in layers}) < len(layers):
            raise ValueError("a layer object appears twice in the network; make two objects")
        self.layers = list(layers)
        image = (input_shape,) if isinstance(input_shape, int) else input_shape
        accepts = next((layer.accepts for layer in layers if layer.accepts != "any"), "rows")
        if accepts == "images" and len(image) > 1:
            channels = image[0] if len(image) == 3 else 1
            self.layers.insert(0, Images(channels, *image[-2:]))
        initial = InitialValues(initializer, np.random.default_rng(seed), dtype)
        self._build((math.prod(image),), initial)
        self.parameters = ParameterBuffer(p for layer in self.layers for p in layer.parameters)
        widest = max((math.prod(layer.output_shape) for layer in self.layers), default=1)
        self._rows_at_once = max(1, _LARGEST_SLICE // widest)
        # Nothing before the first layer that learns needs a gradient.
        first = next((i for i, layer in enumerate(self.layers) if layer.parameters), None)
        self.learning_layers = [] if first is None else self.layers[first:]
        for layer in self.learning_layers:
            layer.needs_input_gradient = layer is not self.learning_layers[0]

    def _build(self, shape: Shape, initial: InitialValues) -> None:
        """Give every layer the shape of its inputs, which is that of the outputs before it."""
        self.input_shape = shape
        weights = 0
        first = 0 if self.layers and isinstance(self.layers[0], Images) else 1
        for number, layer in enumerate(self.layers, start=first):
            try:
                _check_rank(layer, shape)
                weights += layer.weights_for(shape)
                _check_size(weights=weights)
                layer.build(shape, initial)
                _check_size(outputs=layer.largest_array)
            except ValueError as error:
                raise LayerError(number, layer, error) from None
            shape = layer.output_shape
        self.output_shape = shape

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return the logits.

        Args:
            inputs: Shape (N, *input shape of the first layer).
            training: Whether `backward` will follow; the array returned may then be overwritten
                by the next training step.

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
        """Write every parameter's gradient, after a `forward` with `training`.

        Args:
            d_logits: Gradient of the loss with respect to the logits, shape (N, K).
        """
        gradient = d_logits
        for layer in reversed(self.learning_layers):
            gradient = layer.backward(gradient)

    def predict(self, images: Array) -> NDArray[np.int64]:
        """Return the class of each image, (N,): that of its largest logit.

        Args:
            images: Scaled as in training, (N, H, W), (N, C, H, W) or as rows (N, D).

        Raises:
            ValueError: They have another size, or there is only one without an axis for its number.
        """
        pixels = np.asarray(images)
        if pixels.size != len(pixels) * math.prod(self.input_shape):
            raise ValueError(
                f"images have shape {pixels.shape}; expected {math.prod(self.input_shape)} numbers "
                "for each of them. To classify a single image, pass images[:1]"
            )
        rows = pixels.reshape(len(pixels), *self.input_shape)
        classes: NDArray[np.int64] = self.forward(rows).argmax(axis=1)
        return classes

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
        """Restore the network of the snapshot."""
        for name, array in self.arrays.items():
            array[:] = snapshot[name]

    @property
    def is_finite(self) -> bool:
        """Whether all its numbers are finite, including those it does not learn."""
        return all(np.isfinite(array).all() for array in self.arrays.values())

    @property
    def smallest_batch(self) -> int:
        """The smallest batch that every layer can learn from."""
        return max((layer.smallest_batch for layer in self.layers), default=1)

    @property
    def parameter_count(self) -> int:
        """How many numbers the network learns."""
        return int(self.parameters.values.size)

    def __repr__(self) -> str:
        return " | ".join(repr(layer) for layer in self.layers)


def shape_text(shape: Shape) -> str:
    """Return a shape as people write it: `128`, or `8 x 24 x 24` for channels, height, width."""
    return " x ".join(str(size) for size in shape)


def _check_rank(layer: Layer, shape: Shape) -> None:
    if layer.accepts == "rows" and len(shape) != 1:
        raise ValueError(
            f"it expects rows of numbers, but gets images of {shape_text(shape)} (channels x "
            "height x width); put flatten before it"
        )
    if layer.accepts == "images" and len(shape) == 1:
        raise ValueError(
            f"it expects images, but gets rows of {shape_text(shape)} numbers; put it before "
            "flatten and before any dense layer"
        )


def _check_size(*, outputs: int = 0, weights: int = 0) -> None:
    """Raise before a layer's memory is allocated, not after the machine has run out of it."""
    if weights > LARGEST_WEIGHTS:
        raise ValueError(
            f"with it the network has {weights:,} weights, {_in_gibibytes(weights)}; at most "
            f"{LARGEST_WEIGHTS:,} are allowed, {_in_gibibytes(LARGEST_WEIGHTS)}"
        )
    if outputs > LARGEST_OUTPUTS:
        raise ValueError(
            f"it outputs {outputs:,} numbers per image, {_in_gibibytes(outputs)}; at most "
            f"{LARGEST_OUTPUTS:,} are allowed"
        )


def _in_gibibytes(numbers: int) -> str:
    return f"{numbers * 4 / 2**30:,.2f} GiB"
