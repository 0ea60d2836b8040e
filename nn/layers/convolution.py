"""The layer that looks for the same small pattern everywhere in an image.

A dense unit has a weight for every pixel and must learn a stroke again for each position. A filter
has weights for a small window only, the kernel, and slides it over the image, so what it learns at
one position it knows at all of them. Each filter outputs an image of its own: how well its pattern
fits at each position.
"""

import math
from collections.abc import Iterator, Mapping

import numpy as np

from nn.initializers import InitialValues
from nn.layers.layer import Array, Layer, Shape
from nn.layers.parameter import Parameter
from nn.layers.windows import Windows, as_pair, batch_first, batch_last, in_words

# Numbers in the matrix of windows that is made at a time: 16 MiB in float32. A batch of usual size
# needs one matrix; a larger one needs several, so that memory stays bounded.
_LARGEST_MATRIX = 2**22


class Convolution(Layer):
    """outputs[f, y, x] = sum over c, i, j of weights[c, i, j, f] * inputs[c, y', x'] + biases[f].

    There y' = y * stride + i * dilation and x' = x * stride + j * dilation, counted from the
    corner of the padded image. (Strictly this is a cross-correlation: no framework flips the
    kernel.)

    All windows side by side make a matrix, and the whole sum is one product::

        outputs (F, stops * N) = weights.T (F, C * kh * kw) @ windows (C * kh * kw, stops * N)

    Args:
        filters: F, how many patterns to look for; the channels of the outputs.
        kernel_size: kh, kw, or one number for both.
        stride: Pixels from one window to the next.
        padding: Rows and columns of zeros around the image; "same" pads so that images keep their
            size (an odd row or column goes below or to the right).
        dilation: Pixels from one weight of the kernel to the next; 1 leaves no holes.

    Raises:
        ValueError: "same" is combined with a stride.

    Reference: Chellapilla et al. (2006), High Performance Convolutional Neural Networks for
    Document Processing, for the matrix of windows; Yu and Koltun (2016), Multi-Scale Context
    Aggregation by Dilated Convolutions.
    """

    name = "conv2d"
    accepts = "images"

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        *,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | str = 0,
        dilation: int | tuple[int, int] = 1,
    ) -> None:
        super().__init__()
        self._filters = filters
        self._kernel_size = as_pair(kernel_size)
        self._stride, self._dilation = as_pair(stride), as_pair(dilation)
        if padding == "same" and self._stride != (1, 1):
            raise ValueError("padding same keeps the image's size, a stride does not; drop one")
        (self._top, self._bottom), (self._left, self._right) = (
            _split_padding(padding, axis, self._kernel_size[axis], self._dilation[axis])
            for axis in (0, 1)
        )

    def build(self, input_shape: Shape, initial: InitialValues) -> None:
        """Draw the weights for images (C, H, W), with fan-in C * kh * kw; biases start at 0.

        Raises:
            ValueError: the kernel is larger than the padded image.
        """
        _, height, width = input_shape
        self.padded_size = (self._top + height + self._bottom, self._left + width + self._right)
        self._windows = Windows(
            self.padded_size, self._kernel_size, stride=self._stride, dilation=self._dilation
        )
        self.input_shape, self.output_shape = input_shape, (self._filters, *self._windows.stops)
        fan_in = self.weights_for(input_shape) // self._filters
        weights = initial.weights((fan_in, self._filters), fan_in=fan_in)
        self.weights = Parameter(weights, penalized=True)
        self.biases = Parameter(initial.constants(self._filters, 0))

    def weights_for(self, input_shape: Shape) -> int:
        """Return C * kh * kw * F."""
        return input_shape[0] * math.prod(self._kernel_size) * self._filters

    @property
    def largest_array(self) -> int:
        """The size of the padded image or of the outputs, whichever is larger."""
        padded = (self.input_shape[0], *self.padded_size)
        return max(math.prod(padded), math.prod(self.output_shape))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The kernels as weights (C * kh * kw, F) and the biases (F,)."""
        return self.weights, self.biases

    @property
    def arrays(self) -> Mapping[str, Array]:
        """The kernels as weights (C * kh * kw, F) and the biases (F,)."""
        return {"weights": self.weights.value, "biases": self.biases.value}

    @property
    def constants(self) -> Mapping[str, float | tuple[int, ...]]:
        """Kernel size, stride and dilation (down, right); padding (top, left, bottom, right)."""
        return {
            "kernel_size": self._kernel_size,
            "stride": self._stride,
            "dilation": self._dilation,
            "padding": (self._top, self._left, self._bottom, self._right),
        }

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Slide the kernels over images (N, C, H, W); return images (N, F, H', W')."""
        examples, weights = len(inputs), self.weights.value
        new = self._scratch if training else _new
        padded = new("padded", weights, (self.input_shape[0], *self.padded_size, examples))
        memory = new("windows", weights, self._windows_at_once(examples))
        outputs = new("outputs", weights, (*self.output_shape, examples))
        if training:
            self._padded = padded

        self._inside(padded)[:] = batch_last(inputs)
        flat_outputs = outputs.reshape(len(outputs), -1)
        for rows, stops in self._blocks(memory, examples):
            windows = self._gather(padded, memory, rows)
            np.matmul(self.weights.value.T, self._flat(windows), out=flat_outputs[:, stops])
        flat_outputs += self.biases.value[:, np.newaxis]
        return batch_first(outputs)

    def backward(self, d_outputs: Array) -> Array:
        """Write the gradients of weights and biases; return d_inputs (N, C, H, W).

        The product of the forward step, taken apart:

        - d_weights = windows @ d_outputs.T,
        - d_biases = the sum of d_outputs over all stops and examples,
        - d_windows = weights @ d_outputs, each number of which is added to the pixel it came from.

        The windows are gathered again, since keeping them would take much memory.
        """
        flat_d_outputs = batch_last(d_outputs).reshape(self.output_shape[0], -1)
        self.biases.gradient[:] = flat_d_outputs.sum(axis=1)
        d_weights = self.weights.gradient
        d_weights.fill(0)
        d_padded = self._scratch("d_padded", self._padded)
        if self.needs_input_gradient:
            d_padded.fill(0)
        memory = self._scratch("windows", d_weights, self._windows_at_once(len(d_outputs)))
        for rows, stops in self._blocks(memory, len(d_outputs)):
            windows = self._gather(self._padded, memory, rows)
            d_weights += self._flat(windows) @ flat_d_outputs[:, stops].T
            if self.needs_input_gradient:
                # The windows have been used; their memory is reused for their gradient.
                d_windows = windows
                np.matmul(self.weights.value, flat_d_outputs[:, stops], out=self._flat(d_windows))
                self._scatter(d_windows, d_padded, rows)
        return batch_first(self._inside(d_padded))

    def _windows_at_once(self, examples: int) -> Shape:
        """Return how many numbers the windows of the rows of stops handled at a time have."""
        rows, columns = self._windows.stops
        row_of_stops = len(self.weights.value) * columns * examples
        rows_at_once = min(rows, max(1, _LARGEST_MATRIX // max(row_of_stops, 1)))
        return (rows_at_once * row_of_stops,)

    def _inside(self, padded: Array) -> Array:
        """Return the part of padded images (C, H + padding, W + padding, N) inside the padding."""
        _, height, width = self.input_shape
        return padded[:, self._top : self._top + height, self._left : self._left + width]

    def _blocks(self, memory: Array, examples: int) -> Iterator[tuple[slice, slice]]:
        """Yield the rows of stops whose windows fit in memory, and their columns in the matrix."""
        rows, columns = self._windows.stops
        row = columns * examples
        rows_at_once = memory.size // (len(self.weights.value) * row)
        for start in range(0, rows, rows_at_once):
            stop = min(start + rows_at_once, rows)
            yield slice(start, stop), slice(start * row, stop * row)

    def _gather(self, padded: Array, memory: Array, rows: slice) -> Array:
        """Copy what the windows see into memory; return it as (C, kh, kw, rows, columns, N)."""
        shape = (
            self.input_shape[0],
            *self._kernel_size,
            rows.stop - rows.start,
            self._windows.stops[1],
            padded.shape[-1],
        )
        windows = memory[: math.prod(shape)].reshape(shape)
        for row, column in self._windows.cells():
            windows[:, row, column] = self._windows.seen(padded, row, column, rows)
        return windows

    def _scatter(self, windows: Array, padded: Array, rows: slice) -> None:
        """Add every number in the windows to the pixel that `_gather` copies it from."""
        for row, column in self._windows.cells():
            pixels = self._windows.seen(padded, row, column, rows)
            pixels += windows[:, row, column]

    def _flat(self, windows: Array) -> Array:
        """Return windows as the matrix (C * kh * kw, stops * N), a view."""
        return windows.reshape(len(self.weights.value), -1)

    def __repr__(self) -> str:
        if not self.input_shape:
            return self.name
        words = [f"{self.name} {self.input_shape[0]} -> {self.output_shape[0]}"]
        words.append(f"kernel {in_words(self._kernel_size)}")
        if self._stride != (1, 1):
            words.append(f"stride {in_words(self._stride)}")
        if self.padded_size != self.input_shape[1:]:
            words.append(f"padded to {self.padded_size[0]} x {self.padded_size[1]}")
        if self._dilation != (1, 1):
            words.append(f"dilation {in_words(self._dilation)}")
        return ", ".join(words)


def _new(name: str, like: Array, shape: Shape) -> Array:
    """Return a new array of zeros, where a step of training reuses the one by that name."""
    return np.zeros(shape, like.dtype)


def _split_padding(
    padding: int | tuple[int, int] | str, axis: int, kernel_size: int, dilation: int
) -> tuple[int, int]:
    """Return how many zeros go before and after the image along one axis."""
    if isinstance(padding, str):
        missing = dilation * (kernel_size - 1)
        return missing // 2, missing - missing // 2
    zeros = as_pair(padding)[axis]
    return zeros, zeros
