"""Convolution by compiled tiles: which pixels each weight of a kernel meets, and where.

Nothing is copied but the images, once, to where zeros surround them: the matrix of windows, which
`nn.layers.convolution` multiplies, is never made. See `nn.engines.compiled_tiles` for the sums.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import cast

import numpy as np

from nn.engines.compiled_passes import sum_rows
from nn.engines.compiled_tiles import (
    Integers,
    add_gradients,
    add_taps,
    gradient_items,
    taps_items,
)
from nn.engines.fused_layers import FusedLayer
from nn.engines.roomy import roomy, with_room
from nn.engines.threads import share
from nn.layers.convolution import Convolution
from nn.layers.layer import Array
from nn.layers.windows import Pair, batch_first, batch_last


@dataclass(frozen=True)
class Plan:
    """Which numbers of a source are added up to which of a target.

    Attributes:
        runs: Shape (R, 5), for each piece of the target's memory that is added up at a time: where
            its first tap lies in the source without offset, where it lies in the target, its
            length, and the numbers of its first tap and of the one behind its last. The first three
            are in pixels.
        offsets: Shape (K,), how far each tap lies from a run's start, in pixels.
        weights: Shape (T, K), which of the layer's weights each tap of each target is multiplied
            with.
    """

    runs: Integers
    offsets: Integers
    weights: Integers


class CompiledConvolution(FusedLayer):
    """Slides kernels over images (N, C, H, W), in memory (C, H, W, N)."""

    loops = (add_taps, add_gradients, sum_rows)

    def __init__(self, layer: Convolution) -> None:
        super().__init__(layer)
        self._weights, self._biases = (parameter.value for parameter in layer.parameters)
        self._d_weights, self._d_biases = (parameter.gradient for parameter in layer.parameters)
        self._forward, self._backward = _forward_plan(layer), _backward_plan(layer)
        self._none = np.zeros(layer.input_shape[0], np.float32)
        self._allocate(0)

    def _allocate(self, examples: int) -> None:
        layer = cast(Convolution, self._layer)
        top, left = _pair(layer, "padding")
        channels, height, width = layer.input_shape
        self._source = roomy((channels, *layer.padded_size, examples))
        self._inside = self._source[:, top : top + height, left : left + width]
        self._outputs = roomy((*layer.output_shape, examples))
        self._d_inputs = roomy((*layer.input_shape, examples))

    def forward(self, inputs: Array) -> Array:
        """Return images (N, F, H', W')."""
        if len(inputs) != self._source.shape[-1]:
            self._allocate(len(inputs))
        self._inside[:] = batch_last(inputs)
        _add_up(self._source, self._forward, self._weights, self._biases, self._outputs)
        return batch_first(self._outputs)

    def backward(self, d_outputs: Array) -> Array:
        """Write the gradients of weights and biases; return d_inputs (N, C, H, W).

        Each number of d_inputs is a sum over the weights that met it on its way forward.
        """
        d_images = with_room(batch_last(d_outputs))
        flat = d_images.reshape(len(d_images), -1)
        share(sum_rows, len(flat), flat, self._d_biases, multiplications=10 * flat.size)
        plan, d_weights = self._forward, self._d_weights
        share(
            add_gradients,
            gradient_items(*d_weights.shape),
            *(self._source.reshape(-1), self._source.shape[-1]),
            *(plan.runs, plan.offsets, flat, d_weights),
            multiplications=len(d_weights) * flat.size,
        )
        if self._layer.needs_input_gradient:
            _add_up(d_images, self._backward, self._weights, self._none, self._d_inputs)
        return batch_first(self._d_inputs)


def _add_up(source: Array, plan: Plan, weights: Array, biases: Array, targets: Array) -> None:
    """Write the sums of a plan to targets, (T, ..., N)."""
    share(
        add_taps,
        taps_items(len(targets), len(plan.runs)),
        *(source.reshape(-1), source.shape[-1]),
        *(plan.runs, plan.offsets, weights.take(plan.weights), biases),
        targets.reshape(len(targets), -1),
        multiplications=len(weights) * targets.size,
    )


def _forward_plan(layer: Convolution) -> Plan:
    """Return how padded images are added up to outputs."""
    (down, right), (below, beside) = _pair(layer, "stride"), _pair(layer, "dilation")
    height, width = layer.padded_size
    filters, rows, columns = layer.output_shape
    kernels = np.ndindex(layer.input_shape[0], *_pair(layer, "kernel_size"))
    offsets = np.array([(c * height + i * below) * width + j * beside for c, i, j in kernels])
    # Stops side by side are side by side in the source, too, unless a stride lies between them.
    length = columns if right == 1 else 1
    runs = [
        (y * down * width + x * right, y * columns + x, length, 0, len(offsets))
        for y in range(rows)
        for x in range(0, columns, length)
    ]
    weights = np.arange(len(offsets) * filters).reshape(len(offsets), filters)
    return Plan(np.array(runs), offsets, np.ascontiguousarray(weights.T))


def _backward_plan(layer: Convolution) -> Plan:
    """Return how d_outputs are added up to d_inputs.

    A run is a part of a row of pixels that meet the same columns of the kernel. Pixels of other
    rows meet other rows of the kernel, which lie side by side in the list of taps.
    """
    channels, _, width = layer.input_shape
    filters, stops, columns = layer.output_shape
    shape = channels, *_pair(layer, "kernel_size"), filters
    weights = np.arange(np.prod(shape)).reshape(shape)
    (rows, of_rows), (_, of_columns) = _meetings(layer, 0), _meetings(layer, 1)
    runs: list[tuple[int, ...]] = []
    offsets: list[int] = []
    indices = [weights[:, 0, 0, :0]]
    first_taps: dict[object, int] = {}
    for taps, pixels in groupby(range(width), key=lambda x: of_columns[x][1]):
        x, *others = pixels
        if taps not in first_taps:
            first_taps[taps] = len(offsets)
            for i, down in rows:
                for j, right in taps:
                    offsets += [(f * stops - down) * columns - right for f in range(filters)]
                    indices.append(weights[:, i, j])
        for y, (row, met) in enumerate(of_rows):
            start, length = row * columns + of_columns[x][0], 1 + len(others)
            first = first_taps[taps] + (rows.index(met[0]) if met else 0) * len(taps) * filters
            last = first + len(met) * len(taps) * filters
            runs.append((start, y * width + x, length, first, last))
    together = np.ascontiguousarray(np.concatenate(indices, axis=1))
    return Plan(np.array(runs), np.array(offsets, np.int64), together)


Taps = tuple[tuple[int, int], ...]


def _meetings(layer: Convolution, axis: int) -> tuple[Taps, list[tuple[int, Taps]]]:
    """Return which rows (axis 0) or columns (axis 1) of a kernel each pixel meets, and where.

    In the padded image, pixel p meets i at the stop where stop * stride + i * dilation = p.

    Returns:
        All i, those first that meet the same pixels, each with how many stops before
        p // stride that is; and for each pixel p // stride with those of them that it meets, which
        are neighbours.
    """
    stride, dilation = _pair(layer, "stride")[axis], _pair(layer, "dilation")[axis]
    kernel_size, padding = _pair(layer, "kernel_size")[axis], _pair(layer, "padding")[axis]
    stops = layer.output_shape[1 + axis]
    order = sorted(range(kernel_size), key=lambda i: (i * dilation % stride, i))
    taps = tuple((i, i * dilation // stride) for i in order)
    pixels = []
    for p in range(padding, padding + layer.input_shape[1 + axis]):
        met = [
            (i, before)
            for i, before in taps
            if i * dilation % stride == p % stride and 0 <= p // stride - before < stops
        ]
        pixels.append((p // stride, tuple(met)))
    return taps, pixels


def _pair(layer: Convolution, name: str) -> Pair:
    """Return a constant of the layer, down and to the right."""
    return cast("tuple[int, ...]", layer.constants[name])[:2]  # type: ignore[return-value]
