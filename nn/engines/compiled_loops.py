"""A step of training as plain loops, which Numba compiles.

In NumPy a step is some twenty-five calls, and at batch size 4 it waits for the calls more than for
the arithmetic. And a matrix product multiplies every pixel, although four of five pixels of a
handwritten digit are dark and equal. A loop can skip them, and a step made of loops needs no calls.

The loops compute what `nn.layers`, `nn.losses` and `nn.optimizers` compute, which also explain why;
they add in another order, so the last digits differ.

Everywhere below n is an example, d an input, u a unit and k a class.
"""

import numpy as np
from numpy.typing import NDArray

from nn.engines.compiling import compiled, compiled_once
from nn.layers.layer import Array

Integers = NDArray[np.int64]
Indices = NDArray[np.uint32]

RELU, SIGMOID = 1, 2
BINARY_CROSS_ENTROPY, CROSS_ENTROPY, SQUARED_ERROR = 0, 1, 2

_SMALL = np.float32(1e-6)  # far from where float32 loses digits, and so is one over it


@compiled_once
def run_steps(
    images: Array,
    labels: Integers,
    batch_size: int,
    sizes: Integers,
    activations: Integers,
    loss: int,
    smoothing: np.float32,
    values: Array,
    accumulator: Array,
    has_velocity: bool,
    learning_rate: np.float32,
    momentum: np.float32,
    scale: np.float32,
    l1: np.float32,
    l2: np.float32,
    logits: Array,
) -> None:
    """Take a step for each batch of the images, and write the logits of its forward pass.

    Args:
        images: Shape (M, D).
        labels: Shape (M,).
        batch_size: N, examples per step.
        sizes: D and every layer's number of units.
        activations: What follows on each layer: `RELU`, `SIGMOID` or 0.
        loss: `BINARY_CROSS_ENTROPY`, `CROSS_ENTROPY` or `SQUARED_ERROR`.
        smoothing: Label smoothing, s.
        values: All weights and then all biases, in the order of the layers.
        accumulator: Where gradients are added: the velocity, or the values themselves.
        has_velocity: Which of the two it is.
        learning_rate: Length of a step along the velocity.
        momentum: Share of the accumulator that is kept; 1 for values.
        scale: Factor on the gradients that are added.
        l1: Strength of L1.
        l2: Strength of L2.
        logits: Shape (M, K), written to.
    """
    layers, most = len(activations), min(batch_size, len(images))
    outputs = np.zeros((layers, most, sizes[1:].max()), np.float32)
    d_outputs = np.zeros_like(outputs)
    lit = np.empty((most, sizes[0]), np.uint32)
    counts = np.empty(most, np.int64)
    penalized = (sizes[:-1] * sizes[1:]).sum()
    dark = images[0, 0]  # in a corner; a pixel that is not dark would only cost time
    kept: np.floating = np.float32(1)  # what is added up is velocity / kept: see _keep

    for start in range(0, len(images), batch_size):
        inputs = images[start : start + batch_size]
        examples = len(inputs)

        _find_lit(inputs, dark, lit, counts)
        for layer in range(layers):
            weights, biases = _layer(values, sizes, layer)
            if layer == 0:
                _forward_lit(inputs, dark, lit, counts, weights, biases, outputs[0])
            else:
                _forward(outputs[layer - 1, :examples], weights, biases, outputs[layer])
            _activate(outputs[layer, :examples], sizes[layer + 1], activations[layer])
        last = outputs[layers - 1, :examples]
        logits[start : start + examples] = last[:, : sizes[layers]]

        kept = _keep(accumulator, kept, momentum)
        share = scale / kept / np.float32(examples)
        d_last = d_outputs[layers - 1]
        _loss_gradient(last, labels[start:], sizes[layers], share, loss, smoothing, d_last)
        for layer in range(layers - 1, -1, -1):
            d_layer = d_outputs[layer, :examples]
            _deactivate(outputs[layer], sizes[layer + 1], activations[layer], d_layer)
            if layer > 0:
                weights, _ = _layer(values, sizes, layer)
                _backward(d_layer, weights, d_outputs[layer - 1])

        if l1 > 0 or l2 > 0:
            pull = scale / kept
            _add_penalty(values[:penalized], pull * l1, pull * l2, has_velocity, accumulator)
        for layer in range(layers):
            d_layer = d_outputs[layer, :examples]
            d_weights, d_biases = _layer(accumulator, sizes, layer)
            if layer == 0:
                _add_gradient_lit(inputs, dark, lit, counts, d_layer, d_weights)
            else:
                _add_gradient(outputs[layer - 1], d_layer, d_weights)
            _add_sum(d_layer, d_biases)
        if has_velocity:
            _move(values, accumulator, learning_rate * kept)
    _multiply(accumulator, kept)


@compiled
def _layer(flat: Array, sizes: Integers, layer: int) -> tuple[Array, Array]:
    """Return a layer's weights and biases, or the same parts of another flat array."""
    start = 0
    for before in range(layer):
        start += sizes[before] * sizes[before + 1]
    inputs, units = sizes[layer], sizes[layer + 1]
    rows, columns = (inputs, units) if layer == 0 else (units, inputs)
    weights = flat[start : start + inputs * units].reshape(rows, columns)

    start = len(flat)
    for after in range(layer, len(sizes) - 1):
        start -= sizes[after + 1]
    return weights, flat[start : start + units]


# The first layer. Only lit pixels cost anything, since
#
#     sum over d of x[n, d] weights[d, u]
#         = dark * (sum over d of weights[d, u]) + sum over lit d of (x[n, d] - dark) weights[d, u],
#
# where dark is 0, unless pixels were normalized to a mean of 0, and the first sum is needed once
# a step.


@compiled
def _find_lit(inputs: Array, dark: np.float32, lit: Indices, counts: Integers) -> None:
    """Note which inputs are not dark: for example n, the numbers in lit[n, : counts[n]]."""
    for n in range(len(inputs)):
        count = 0
        for d in range(inputs.shape[1]):
            lit[n, count] = d  # The next one overwrites it if this one is dark.
            count += inputs[n, d] != dark
        counts[n] = count


@compiled
def _forward_lit(
    inputs: Array,
    dark: np.float32,
    lit: Indices,
    counts: Integers,
    weights: Array,
    biases: Array,
    outputs: Array,
) -> None:
    """outputs[n, u] = biases[u] + sum over d of inputs[n, d] weights[d, u].

    Four inputs at a time, so that outputs are read and written a quarter as often.
    """
    units = len(biases)
    of_dark = biases.copy()
    if dark != 0:
        for d in range(len(weights)):
            for u in range(units):
                of_dark[u] += dark * weights[d, u]
    for n in range(len(inputs)):
        for u in range(units):
            outputs[n, u] = of_dark[u]
        fours = counts[n] - counts[n] % 4
        for i in range(0, fours, 4):
            a, b, c, d = lit[n, i], lit[n, i + 1], lit[n, i + 2], lit[n, i + 3]
            x_a, x_b = inputs[n, a] - dark, inputs[n, b] - dark
            x_c, x_d = inputs[n, c] - dark, inputs[n, d] - dark
            for u in range(units):
                outputs[n, u] += (
                    x_a * weights[a, u]
                    + x_b * weights[b, u]
                    + x_c * weights[c, u]
                    + x_d * weights[d, u]
                )
        for i in range(fours, counts[n]):
            d = lit[n, i]
            x = inputs[n, d] - dark
            for u in range(units):
                outputs[n, u] += x * weights[d, u]


@compiled
def _add_gradient_lit(
    inputs: Array,
    dark: np.float32,
    lit: Indices,
    counts: Integers,
    d_outputs: Array,
    d_weights: Array,
) -> None:
    """d_weights[d, u] += sum over n of inputs[n, d] d_outputs[n, u].

    Two inputs at a time, so that d_outputs are read half as often.
    """
    units = d_weights.shape[1]
    for n in range(len(inputs)):
        twos = counts[n] - counts[n] % 2
        for i in range(0, twos, 2):
            a, b = lit[n, i], lit[n, i + 1]
            x_a, x_b = inputs[n, a] - dark, inputs[n, b] - dark
            for u in range(units):
                d_weights[a, u] += x_a * d_outputs[n, u]
                d_weights[b, u] += x_b * d_outputs[n, u]
        if counts[n] > twos:
            d = lit[n, twos]
            x = inputs[n, d] - dark
            for u in range(units):
                d_weights[d, u] += x * d_outputs[n, u]
    if dark != 0:
        of_dark = np.zeros(units, np.float32)
        _add_sum(d_outputs, of_dark)
        for d in range(len(d_weights)):
            for u in range(units):
                d_weights[d, u] += dark * of_dark[u]


# All other layers.


@compiled
def _forward(inputs: Array, weights: Array, biases: Array, outputs: Array) -> None:
    """outputs[n, u] = biases[u] + sum over d of inputs[n, d] weights[u, d]."""
    for n in range(len(inputs)):
        for u in range(len(weights)):
            outputs[n, u] = biases[u] + _dot(inputs[n], weights[u])


@compiled
def _dot(inputs: Array, weights: Array) -> np.floating:
    """Return the sum over d of inputs[d] weights[d]."""
    total: np.floating = np.float32(0)
    for d in range(len(weights)):
        total += inputs[d] * weights[d]
    return total


@compiled
def _backward(d_outputs: Array, weights: Array, d_inputs: Array) -> None:
    """d_inputs[n, d] = sum over u of d_outputs[n, u] weights[u, d]."""
    units, inputs = weights.shape
    for n in range(len(d_outputs)):
        for d in range(inputs):
            d_inputs[n, d] = 0
        for u in range(units):
            d_output = d_outputs[n, u]
            for d in range(inputs):
                d_inputs[n, d] += d_output * weights[u, d]


@compiled
def _add_gradient(inputs: Array, d_outputs: Array, d_weights: Array) -> None:
    """d_weights[u, d] += sum over n of d_outputs[n, u] inputs[n, d]."""
    for n in range(len(d_outputs)):
        for u in range(len(d_weights)):
            d_output = d_outputs[n, u]
            for d in range(d_weights.shape[1]):
                d_weights[u, d] += d_output * inputs[n, d]


# Biases and activations of all layers.


@compiled
def _add_sum(d_outputs: Array, d_biases: Array) -> None:
    """d_biases[u] += sum over n of d_outputs[n, u]."""
    for n in range(len(d_outputs)):
        for u in range(len(d_biases)):
            d_biases[u] += d_outputs[n, u]


@compiled
def _activate(outputs: Array, units: int, activation: int) -> None:
    """Bend every output. A NaN stays a NaN, or divergence would go unseen."""
    for n in range(len(outputs)):
        if activation == RELU:
            for u in range(units):
                outputs[n, u] = np.float32(0) if outputs[n, u] < 0 else outputs[n, u]
        elif activation == SIGMOID:
            for u in range(units):
                outputs[n, u] = np.float32(1) / (np.float32(1) + np.exp(-outputs[n, u]))


@compiled
def _deactivate(outputs: Array, units: int, activation: int, d_outputs: Array) -> None:
    """Multiply d_outputs by the activation's derivative, a function of its outputs."""
    for n in range(len(d_outputs)):
        if activation == RELU:
            for u in range(units):
                d_outputs[n, u] = d_outputs[n, u] if outputs[n, u] > 0 else np.float32(0)
        elif activation == SIGMOID:
            for u in range(units):
                d_outputs[n, u] *= outputs[n, u] * (np.float32(1) - outputs[n, u])


# The loss and the optimizer.


@compiled
def _loss_gradient(
    logits: Array,
    labels: Integers,
    classes: int,
    share: np.float32,
    loss: int,
    smoothing: np.float32,
    d_logits: Array,
) -> None:
    """Write the gradient of the loss with respect to the logits, times a factor."""
    if loss == CROSS_ENTROPY:
        _softmax_gradient(logits, labels, classes, share, smoothing, d_logits)
    else:
        _sigmoid_gradient(logits, labels, classes, share, loss, smoothing, d_logits)


@compiled
def _softmax_gradient(
    logits: Array,
    labels: Integers,
    classes: int,
    share: np.float32,
    smoothing: np.float32,
    d_logits: Array,
) -> None:
    """d_logits[n, k] = share (softmax(logits[n])[k] - y'), with y' as in `Loss.targets`.

    All gradients grow in proportion to these, so the factor on all of them is applied here, where
    it takes the fewest multiplications.
    """
    for n in range(len(logits)):
        largest = logits[n, 0]
        for k in range(1, classes):
            largest = max(largest, logits[n, k])
        total = np.float32(0)
        for k in range(classes):
            d_logits[n, k] = np.exp(logits[n, k] - largest)
            total += d_logits[n, k]
        for k in range(classes):
            d_logits[n, k] *= share / total
            d_logits[n, k] -= share * (smoothing / np.float32(classes))
        d_logits[n, labels[n]] -= share * (np.float32(1) - smoothing)


@compiled
def _sigmoid_gradient(
    logits: Array,
    labels: Integers,
    classes: int,
    share: np.float32,
    loss: int,
    smoothing: np.float32,
    d_logits: Array,
) -> None:
    """d_logits[n, k] = share (p - y'), where p = sigmoid(logits[n, k]); y' as in `Loss.targets`.

    For the squared error times p (1 - p).
    """
    for n in range(len(logits)):
        for k in range(classes):
            p = np.float32(1) / (np.float32(1) + np.exp(-logits[n, k]))
            slope = p * (np.float32(1) - p) if loss == SQUARED_ERROR else np.float32(1)
            truth = np.float32(1) if k == labels[n] else np.float32(0)
            target = truth * (np.float32(1) - smoothing) + smoothing / np.float32(classes)
            d_logits[n, k] = share * (p - target) * slope


@compiled
def _keep(velocity: Array, kept: np.floating, momentum: np.float32) -> np.floating:
    """Do velocity <- momentum * velocity, by remembering the factor: return the new `kept`.

    Multiplying one number is faster than multiplying them all, which would be a third of a step.
    They are multiplied when the factor has become small, about every hundredth step.
    """
    kept *= momentum
    if kept < _SMALL:
        _multiply(velocity, kept)
        kept = np.float32(1)
    return kept


@compiled
def _multiply(velocity: Array, factor: np.floating) -> None:
    """Velocity <- factor * velocity."""
    for i in range(len(velocity)):
        velocity[i] *= factor


@compiled
def _add_penalty(
    weights: Array, l1: np.float32, l2: np.float32, has_velocity: bool, accumulator: Array
) -> None:
    """Accumulator <- accumulator + l1 sign(weights) + l2 weights, for weights of all layers."""
    if has_velocity:
        for i in range(len(weights)):
            accumulator[i] += (-l1 if weights[i] < 0 else l1) + l2 * weights[i]
    else:  # The same for one array; of two that might overlap, only one number is taken at a time.
        for i in range(len(weights)):
            weights[i] += (-l1 if weights[i] < 0 else l1) + l2 * weights[i]


@compiled
def _move(values: Array, velocity: Array, way: np.floating) -> None:
    """Values <- values - way * velocity."""
    for i in range(len(values)):
        values[i] -= way * velocity[i]
