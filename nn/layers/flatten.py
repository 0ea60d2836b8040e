"""Between images and rows.

Dense layers see an example as a row of numbers, convolutions see it as channels of pixels. Only
the shape differs, so these two layers change no number; they stand where one world meets the
other.
"""

import math

from nn.layers.layer import Array, Layer, Shape


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
        input_shape: (C, H, W); an example that is a row already stays one.
    """

    name = "flatten"

    def __init__(self, input_shape: Shape) -> None:
        super().__init__(input_shape, (math.prod(input_shape),))

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return the images (N, C, H, W) as rows (N, C * H * W)."""
        return inputs.reshape(-1, *self.output_shape)

    def backward(self, d_outputs: Array) -> Array:
        """Return the gradient (N, C * H * W) as images (N, C, H, W)."""
        return d_outputs.reshape(-1, *self.input_shape)
