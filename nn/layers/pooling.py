"""The layer that keeps the strongest answer of each neighbourhood.

Whether a stroke ends in this pixel or in the next matters little for reading a digit. Taking the
largest of a few neighbouring pixels forgets that difference, and leaves fewer pixels to work on.
"""

import numpy as np

from nn.layers.layer import Array, Layer, Shape
from nn.layers.windows import Windows, as_pair, batch_first, batch_last, in_words


class MaxPooling(Layer):
    """outputs[c, y, x] = the largest of inputs[c, y * stride + i, x * stride + j] over i and j.

    Pixels at the lower and right edge that do not fill a window are left out.

    Args:
        input_shape: C, H, W of one image.
        size: Height and width of the window, or one number for both.
        stride: Pixels from one window to the next; the window's size unless given.

    Raises:
        ValueError: the window is larger than the image.
    """

    name = "max_pool"

    def __init__(
        self,
        input_shape: Shape,
        size: int | tuple[int, int],
        *,
        stride: int | tuple[int, int] | None = None,
    ) -> None:
        channels, height, width = input_shape
        self._size = as_pair(size)
        self._stride = self._size if stride is None else as_pair(stride)
        self._windows = Windows((height, width), self._size, stride=self._stride)
        super().__init__(input_shape, (channels, *self._windows.stops))
        self._outputs: Array = np.empty((*self.output_shape, 0), np.float32)

    def _allocate(self, inputs: Array) -> None:
        """Make the arrays that one training step writes to, for batches shaped like `inputs`."""
        self._outputs = np.empty((*self.output_shape, len(inputs)), inputs.dtype)
        self._share = np.empty_like(self._outputs)
        # Whether a place in the window holds the window's largest pixel, and whether no earlier
        # place does.
        self._mine = np.empty(self._outputs.shape, np.bool_)
        self._unclaimed = np.empty(self._outputs.shape, np.bool_)
        self._d_inputs = np.empty((*self.input_shape, len(inputs)), inputs.dtype)

    @property
    def constants(self) -> dict[str, float | tuple[int, ...]]:
        """The window's size and its stride, down and to the right."""
        return {"size": self._size, "stride": self._stride}

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return the largest pixel of every window of images (N, C, H, W), (N, C, H', W')."""
        images = batch_last(inputs)
        if not training:
            outputs = np.empty((*self.output_shape, len(inputs)), inputs.dtype)
        else:
            if len(inputs) != self._outputs.shape[-1]:
                self._allocate(inputs)
            self._inputs = images
            outputs = self._outputs
        outputs[:] = self._windows.seen(images, 0, 0)
        for row, column in self._windows.places():
            np.maximum(outputs, self._windows.seen(images, row, column), out=outputs)
        return batch_first(outputs)

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs at the pixel that was each window's largest, and 0 elsewhere.

        Of several that are equal the first one, row by row, gets it, and only that one.
        """
        images = batch_last(d_outputs)
        self._d_inputs.fill(0)
        self._unclaimed.fill(True)
        for row, column in self._windows.places():
            np.equal(self._windows.seen(self._inputs, row, column), self._outputs, out=self._mine)
            self._mine &= self._unclaimed
            self._unclaimed ^= self._mine
            np.multiply(images, self._mine, out=self._share)
            d_seen = self._windows.seen(self._d_inputs, row, column)
            d_seen += self._share
        return batch_first(self._d_inputs)

    def __repr__(self) -> str:
        stride = "" if self._stride == self._size else f", stride {in_words(self._stride)}"
        return f"{self.name} {in_words(self._size)}{stride}"
