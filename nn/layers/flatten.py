"""Between images and rows.

Dense layers see an example as a row of numbers, convolutions see it as channels of pixels. Only
the shape differs, so these two layers change no number; they stand where one world meets the
other.
"""

import math

import numpy as np

from nn.layers.layer import Array, Layer, Shape
from nn.layers.windows import batch_first, batch_last


class Images(Layer):
    """Rows become images of one channel: (N, H * W) to (N, 1, H, W).

    Args:
        height: H.
        width: W.
    """

    name = "images"

    def __init__(self, height: int, width: int) -> None:
        super().__init__((height * width,), (1, height, width))

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return the rows (N, H * W) as images (N, 1, H, W), a view."""
        return inputs.reshape(-1, *self.output_shape)

    def backward(self, d_outputs: Array) -> Array:
        """Return the gradient (N, 1, H, W) as rows (N, H * W)."""
        return d_outputs.reshape(-1, *self.input_shape)


class Flatten(Layer):
    """Images become rows: (N, C, H, W) to (N, C * H * W), channel by channel, row by row.

    Args:
        input_shape: C, H, W of one image; an example that is a row already stays as it is.
    """

    name = "flatten"

    def __init__(self, input_shape: Shape) -> None:
        super().__init__(input_shape, (math.prod(input_shape),))
        self._rows: Array = np.empty((0, *self.output_shape), np.float32)

    def _allocate(self, inputs: Array) -> None:
        """Make the arrays that one training step writes to, for batches shaped like `inputs`."""
        self._rows = np.empty((len(inputs), *self.output_shape), inputs.dtype)
        self._d_images = np.empty((*self.input_shape, len(inputs)), inputs.dtype)

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return the images (N, C, H, W) as rows (N, C * H * W)."""
        if not training or inputs.ndim == 2:
            return inputs.reshape(len(inputs), -1)
        if len(inputs) != len(self._rows):
            self._allocate(inputs)
        # Images have the batch last in memory, rows have it first: here it changes its place.
        self._rows.reshape(inputs.shape)[:] = inputs
        return self._rows

    def backward(self, d_outputs: Array) -> Array:
        """Return the gradient (N, C * H * W) as images (N, C, H, W)."""
        if len(self.input_shape) == 1:
            return d_outputs
        self._d_images[:] = batch_last(d_outputs.reshape(-1, *self.input_shape))
        return batch_first(self._d_images)
