"""Layers that forget where in the image something is.

Whether a stroke ends in this pixel or in the next matters little for reading a digit. Taking the
largest of a few neighbouring pixels forgets that difference, and leaves fewer pixels to work on.
The average over a whole channel forgets the place altogether, and needs no weights for each pixel
after it.
"""

from collections.abc import Mapping

import numpy as np

from nn.initializers import InitialValues
from nn.layers.layer import Array, Layer, Shape
from nn.layers.windows import Windows, as_pair, batch_first, batch_last, in_words


class MaxPooling(Layer):
    """outputs[c, y, x] = the largest of inputs[c, y * stride + i, x * stride + j] over i and j.

    Pixels at the lower and right edge that do not fill a window are left out.

    Args:
        size: Height and width of the window, or one number for both.
        stride: Pixels from one window to the next; the window's size unless given.
    """

    name = "max_pool"
    accepts = "images"

    def __init__(
        self, size: int | tuple[int, int], *, stride: int | tuple[int, int] | None = None
    ) -> None:
        super().__init__()
        self._size = as_pair(size)
        self._stride = self._size if stride is None else as_pair(stride)

    def build(self, input_shape: Shape, initial: InitialValues) -> None:
        """Take images (C, H, W).

        Raises:
            ValueError: the window is larger than the image.
        """
        channels, height, width = input_shape
        self._windows = Windows((height, width), self._size, stride=self._stride)
        self.input_shape, self.output_shape = input_shape, (channels, *self._windows.stops)

    @property
    def constants(self) -> Mapping[str, float | tuple[int, ...]]:
        """The window's size and its stride, down and to the right."""
        return {"size": self._size, "stride": self._stride}

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return the largest pixel of every window of images (N, C, H, W), (N, C, H', W')."""
        images, shape = batch_last(inputs), (*self.output_shape, len(inputs))
        if training:
            outputs = self._scratch("outputs", inputs, shape)
            self._inputs, self._outputs = images, outputs
        else:
            outputs = np.empty(shape, inputs.dtype)
        outputs[:] = self._windows.seen(images, 0, 0)
        for row, column in self._windows.cells():
            np.maximum(outputs, self._windows.seen(images, row, column), out=outputs)
        return batch_first(outputs)

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs at each window's largest pixel, and 0 elsewhere.

        Among equal pixels only the first one, row by row, receives it.
        """
        images = batch_last(d_outputs)
        d_inputs = self._scratch("d_inputs", d_outputs, self._inputs.shape)
        share = self._scratch("share", d_outputs, self._outputs.shape)
        d_inputs.fill(0)
        unclaimed = np.ones(self._outputs.shape, np.bool_)
        largest = np.empty_like(unclaimed)
        for row, column in self._windows.cells():
            np.equal(self._windows.seen(self._inputs, row, column), self._outputs, out=largest)
            largest &= unclaimed
            unclaimed ^= largest
            np.multiply(images, largest, out=share)
            d_seen = self._windows.seen(d_inputs, row, column)
            d_seen += share
        return batch_first(d_inputs)

    def __repr__(self) -> str:
        stride = "" if self._stride == self._size else f", stride {in_words(self._stride)}"
        return f"{self.name} {in_words(self._size)}{stride}"


class GlobalAveragePooling(Layer):
    """outputs[c] = the mean of inputs[c, y, x] over y and x.

    Reference: Lin, Chen and Yan (2014), Network In Network, section 3.2.
    """

    name = "global_average_pool"
    accepts = "images"

    def build(self, input_shape: Shape, initial: InitialValues) -> None:
        """Take images (C, H, W)."""
        self.input_shape, self.output_shape = input_shape, input_shape[:1]
        self._pixels = input_shape[1] * input_shape[2]

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return the mean of every channel of images (N, C, H, W), (N, C)."""
        shape = len(inputs), *self.output_shape
        outputs = self._scratch("outputs", inputs, shape) if training else None
        means: Array = np.mean(inputs, axis=(2, 3), out=outputs)
        return means

    def backward(self, d_outputs: Array) -> Array:
        """Return each channel's gradient, shared evenly among its pixels."""
        d_images = self._scratch("d_images", d_outputs, (*self.input_shape, len(d_outputs)))
        d_images[:] = (d_outputs.T / self._pixels)[:, np.newaxis, np.newaxis]
        return batch_first(d_images)
