"""Passes over memory as loops that Numba compiles: what lies between matrix products.

NumPy takes several passes where a loop takes one: to compare, to multiply, to add. Images have
their batch axis last, (C, H, W, N), and the innermost loops run along it. Channels do not depend
on each other: those from `first` up to `last` are computed, so that threads can share them.
"""

import numpy as np
from numpy.typing import NDArray

from nn.engines.compiling import compiled_once
from nn.layers.layer import Array

Cells = NDArray[np.int32]


@compiled_once
def sum_rows(first: int, last: int, d_outputs: Array, d_biases: Array) -> None:
    """d_biases[f] = sum over i of d_outputs[f, i]."""
    for f in range(first, last):
        numbers, total = d_outputs[f], np.float32(0)
        for i in range(len(numbers)):
            total += numbers[i]
        d_biases[f] = total


@compiled_once
def bend(first: int, last: int, outputs: Array, d_outputs: Array, d_inputs: Array) -> None:
    """d_inputs = d_outputs where the output is positive, and 0 elsewhere."""
    outputs, d_outputs, d_inputs = outputs[first:last], d_outputs[first:last], d_inputs[first:last]
    for i in range(len(outputs)):
        d_inputs[i] = d_outputs[i] if outputs[i] > 0 else np.float32(0)


@compiled_once
def find_largest(
    first: int,
    last: int,
    images: Array,
    height: int,
    width: int,
    down: int,
    right: int,
    outputs: Array,
    largest: Cells,
) -> None:
    """outputs[c, y, x] = the largest of images[c, y * down + i, x * right + j] over i and j.

    The first of them, row by row, is noted: as i * width + j in largest[c, y, x]. A NaN counts as
    the largest.
    """
    _, rows, columns, examples = outputs.shape
    for c in range(first, last):
        for y in range(rows):
            for x in range(columns):
                output, cells = outputs[c, y, x], largest[c, y, x]
                for n in range(examples):
                    output[n] = images[c, y * down, x * right, n]
                    cells[n] = 0
                for cell in range(1, height * width):
                    seen = images[c, y * down + cell // width, x * right + cell % width]
                    for n in range(examples):
                        larger = seen[n] > output[n] or seen[n] != seen[n]
                        output[n] = seen[n] if larger else output[n]
                        cells[n] = np.int32(cell) if larger else cells[n]


@compiled_once
def return_to_largest(
    first: int,
    last: int,
    d_outputs: Array,
    largest: Cells,
    height: int,
    width: int,
    down: int,
    right: int,
    d_images: Array,
) -> None:
    """d_images = d_outputs at the largest pixel of each window, and 0 elsewhere."""
    _, rows, columns, examples = d_outputs.shape
    apart = height <= down and width <= right
    for c in range(first, last):
        if not apart:
            d_images[c] = 0
        for y in range(rows):
            for x in range(columns):
                d_output, cells = d_outputs[c, y, x], largest[c, y, x]
                for cell in range(height * width):
                    seen = d_images[c, y * down + cell // width, x * right + cell % width]
                    if apart:
                        for n in range(examples):
                            seen[n] = d_output[n] if cells[n] == cell else np.float32(0)
                    else:
                        for n in range(examples):
                            seen[n] += d_output[n] if cells[n] == cell else np.float32(0)


@compiled_once
def normalize(
    first: int,
    last: int,
    images: Array,
    gamma: Array,
    beta: Array,
    epsilon: np.float32,
    mean: Array,
    variance: Array,
    normalized: Array,
    outputs: Array,
) -> None:
    """Write outputs = gamma * normalized + beta, for each channel.

    There normalized = (images - mean) / sqrt(variance + epsilon); mean and variance are each
    channel's. All of them are written.
    """
    for c in range(first, last):
        numbers, results = images[c].reshape(-1), outputs[c].reshape(-1)
        units = normalized[c].reshape(-1)
        total = np.float32(0)
        for i in range(len(numbers)):
            total += numbers[i]
        mean[c] = middle = total / np.float32(len(numbers))
        squares = np.float32(0)
        for i in range(len(numbers)):
            squares += (numbers[i] - middle) ** 2
        variance[c] = squares / np.float32(len(numbers))
        scale = np.float32(1) / np.sqrt(variance[c] + epsilon)
        for i in range(len(numbers)):
            units[i] = (numbers[i] - middle) * scale
            results[i] = units[i] * gamma[c] + beta[c]


@compiled_once
def return_to_inputs(
    first: int,
    last: int,
    d_outputs: Array,
    normalized: Array,
    scale: Array,
    d_gamma: Array,
    d_beta: Array,
    d_inputs: Array,
) -> None:
    """d_inputs = scale * (d_outputs - d_beta / M - normalized * d_gamma / M), for each channel.

    There scale is gamma / deviation, d_beta the sum of d_outputs and d_gamma that of d_outputs *
    normalized, over the channel's M numbers; both are written, too.
    """
    for c in range(first, last):
        gradients, results = d_outputs[c].reshape(-1), d_inputs[c].reshape(-1)
        units = normalized[c].reshape(-1)
        total = products = np.float32(0)
        for i in range(len(units)):
            total += gradients[i]
            products += gradients[i] * units[i]
        d_beta[c], d_gamma[c] = total, products
        middle, slope = total / np.float32(len(units)), products / np.float32(len(units))
        for i in range(len(units)):
            results[i] = (gradients[i] - middle - units[i] * slope) * scale[c]
