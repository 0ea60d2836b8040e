"""The engine whose steps are loops that Numba compiles: for dense layers with SGD or momentum.

The loops (`nn.engines.compiled_loops`) read the first layer's weights in rows of one input each,
(D, U), as the network holds them, and those of all other layers in rows of one unit each, (U, D).
So all parameters are copied, the weights of the later layers transposed, and at the end copied
back: once per two thousand examples or so.
"""

import time
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from nn.engines.compiled_loops import (
    BINARY_CROSS_ENTROPY,
    CROSS_ENTROPY,
    RELU,
    SIGMOID,
    SQUARED_ERROR,
    run_steps,
)
from nn.engines.compiling import expected_compilation, note_compiled
from nn.engines.dense_layers import dense_layers
from nn.engines.fused import FusedEngine
from nn.engines.fused_updates import clear_traces
from nn.layers.layer import Array
from nn.losses import Loss
from nn.network import Network
from nn.optimizers import Momentum, Optimizer

_LOSSES = {
    "cross_entropy": CROSS_ENTROPY,
    "binary_cross_entropy": BINARY_CROSS_ENTROPY,
    "squared_error": SQUARED_ERROR,
}
_ACTIVATIONS = {"": 0, "relu": RELU, "sigmoid": SIGMOID}

# In batches from this size, a matrix product makes so many multiplications while a loop makes one.
_LARGE_BATCH = 16
_PRODUCTS_LEAD = 4
_IMAGES_APART = 8  # one image in so many is looked at for dark pixels


class CompiledDenseEngine:
    """Takes the steps of dense networks with SGD or momentum.

    Loops skip dark pixels. Large batches of images that have few of them are left to NumPy.
    """

    def __init__(self, network: Network, loss: Loss, optimizer: Optimizer) -> None:
        self._network = network
        self._fused = FusedEngine(network, loss, optimizer)
        self._loss = _LOSSES[loss.name]
        self._smoothing = np.float32(loss.smoothing)
        self._optimizer = optimizer
        layers = dense_layers(network)
        sizes = [layers[0][0].input_shape[0], *(dense.output_shape[0] for dense, _ in layers)]
        self._sizes = np.array(sizes, np.int64)
        self._activations = np.array([_ACTIVATIONS[name] for _, name in layers], np.int64)

    def take_steps(self, inputs: Array, labels: NDArray[np.int64], batch_size: int) -> Array:
        """Take one step for each batch; see `Engine.take_steps`."""
        logits = []
        # Batch by batch, so that it does not matter how many come in one call.
        for in_loops, batches in groupby(
            enumerate(self._loops_pay(inputs, batch_size)), itemgetter(1)
        ):
            numbers = [number for number, _ in batches]
            part = slice(numbers[0] * batch_size, (numbers[-1] + 1) * batch_size)
            take = self._take_looped_steps if in_loops else self._fused.take_steps
            logits.append(take(inputs[part], labels[part], batch_size))
        return logits[0] if len(logits) == 1 else np.concatenate(logits)

    def _take_looped_steps(
        self, inputs: Array, labels: NDArray[np.int64], batch_size: int
    ) -> Array:
        optimizer, parameters = self._optimizer, self._network.parameters
        logits = np.empty((len(labels), int(self._sizes[-1])), np.float32)
        for array in optimizer.state.values():
            clear_traces(array)
        flats = [parameters.values, *optimizer.state.values()]
        copies = [parameters.zeros() for _ in flats]
        for flat, copy in zip(flats, copies, strict=True):
            for part, there in self._parts(flat, copy):
                there[:] = part
        self._run(inputs, labels, batch_size, copies, logits)
        for flat, copy in zip(flats, copies, strict=True):
            for part, there in self._parts(flat, copy):
                part[:] = there
        return logits

    def expected_compilation(self) -> float:
        """Return how many seconds `compile` will take; 0 if the code is kept from earlier runs."""
        return expected_compilation([run_steps])

    def compile(self) -> float:
        """Compile the loops or load them, before the first step; return the seconds it took."""
        started = time.perf_counter()
        inputs = np.zeros((1, int(self._sizes[0])), np.float32)
        zeros = [self._network.parameters.zeros() for _ in range(1 + len(self._optimizer.state))]
        logits = np.empty((1, int(self._sizes[-1])), np.float32)
        self._run(inputs, np.zeros(1, np.int64), 1, zeros, logits)
        note_compiled([run_steps])
        return time.perf_counter() - started

    def _run(
        self,
        inputs: Array,
        labels: NDArray[np.int64],
        batch_size: int,
        copies: list[Array],
        logits: Array,
    ) -> None:
        """Take the steps on copies of the values and of the optimizer's state."""
        optimizer = self._optimizer
        # Gradients are added to the velocity where there is one, and else to the values.
        has_velocity = isinstance(optimizer, Momentum)
        momentum, scale = 1.0, -optimizer.learning_rate
        if isinstance(optimizer, Momentum):
            momentum, scale = optimizer.momentum, 1.0 - optimizer.dampening
        # Factors beyond all float32 make a network that diverges; the trainer notices it.
        with np.errstate(over="ignore"):
            run_steps(
                inputs,
                labels,
                batch_size,
                self._sizes,
                self._activations,
                self._loss,
                self._smoothing,
                copies[0],
                copies[-1],
                has_velocity,
                np.float32(optimizer.learning_rate),
                np.float32(momentum),
                np.float32(scale),
                np.float32(optimizer.penalty.l1),
                np.float32(optimizer.penalty.l2),
                logits,
            )

    def _parts(self, flat: Array, copy: Array) -> Iterator[tuple[Array, Array]]:
        """Yield each parameter's part of `flat` with the same numbers of the copy."""
        parameters = self._network.parameters
        views = zip(parameters.views(flat), parameters.views(copy), strict=True)
        for number, ((parameter, part), (_, there)) in enumerate(views):
            of_a_later_layer = parameter.penalized and number > 0
            yield part, there.reshape(part.shape[::-1]).T if of_a_later_layer else there

    def _loops_pay(self, inputs: Array, batch_size: int) -> list[bool]:
        """Return for each batch whether loops are faster, which skip pixels as dark as the first.

        They do so in the first layer; products leave out nothing, but do it faster.
        """
        starts = range(0, len(inputs), batch_size)
        if batch_size < _LARGE_BATCH:
            return [True] * len(starts)
        first, *others = (int(size) for size in self._sizes[:-1] * self._sizes[1:])
        most = (first + sum(others)) / _PRODUCTS_LEAD - sum(others)
        some = [inputs[start : start + max(1, batch_size // _IMAGES_APART)] for start in starts]
        lit = [np.count_nonzero(images != inputs[0, 0]) / images.size for images in some]
        return [bool(share * first <= most) for share in lit]
