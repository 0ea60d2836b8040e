"""Between images and rows.

Dense layers see an example as a row of numbers, convolutions see it as channels of pixels. Only
the shape differs, so these two layers change no number.
"""

import math

from nn.initializers import InitialValues
from nn.layers.layer import Array, Layer, Shape
from nn.layers.windows import batch_first, batch_last


class Images(Layer):
    """Rows become images: (N, C * H * W) to (N, C, H, W).

    Args:
        channels: C, 1 for greys, 3 for red, green and blue.
        height: H.
        width: W.
    """

    name = "images"
    accepts = "rows"

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self._shape = (channels, height, width)

    def build(self, input_shape: Shape, initial: InitialValues) -> None:
        """Take rows (C * H * W,)."""
        self.input_shape, self.output_shape = input_shape, self._shape

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return the rows (N, C * H * W) as images (N, C, H, W), a view."""
        return inputs.reshape(-1, *self.output_shape)

    def backward(self, d_outputs: Array) -> Array:
        """Return the gradient (N, C, H, W) as rows (N, C * H * W)."""
        return d_outputs.reshape(-1, *self.input_shape)


class Flatten(Layer):
    """Images become rows: (N, C, H, W) to (N, C * H * W), channel by channel, row by row.

    An example that is already a row is unchanged.
    """

    name = "flatten"

    def build(self, input_shape: Shape, initial: InitialValues) -> None:
        """Take images (C, H, W), or rows."""
        self.input_shape, self.output_shape = input_shape, (math.prod(input_shape),)

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return the images (N, C, H, W) as rows (N, C * H * W)."""
        if not training or inputs.ndim == 2:
            return inputs.reshape(len(inputs), -1)
        # Images have the batch last in memory, rows have it first: here it moves.
        rows = self._scratch("rows", inputs, (len(inputs), *self.output_shape))
        rows.reshape(inputs.shape)[:] = inputs
        return rows

    def backward(self, d_outputs: Array) -> Array:
        """Return the gradient (N, C * H * W) as images (N, C, H, W)."""
        if len(self.input_shape) == 1:
            return d_outputs
        d_images = self._scratch("d_images", d_outputs, (*self.input_shape, len(d_outputs)))
        d_images[:] = batch_last(d_outputs.reshape(-1, *self.input_shape))
        return batch_first(d_images)
