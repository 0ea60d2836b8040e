"""Whether each layer is healthy, which a loss that does not fall cannot say.

A ReLU unit that is 0 for every image never learns again, and a saturated sigmoid passes on
almost no gradient. How far a step moves the weights, compared with their size, tells whether the
learning rate suits the layer: about a thousandth is the rule of thumb.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.engines.textbook import TextbookEngine
from nn.engines.threads import limited_threads
from nn.layers.activations import ReLU, Sigmoid
from nn.layers.dropout import Dropout
from nn.layers.layer import Array
from nn.losses import Loss
from nn.network import Network
from nn.optimizers import Optimizer
from nn.training.evaluation import Examples
from nn.training.history import EpochRecord
from nn.training.trainer import Observer

# A sigmoid whose slope is less than a tenth of the steepest, 0.25, is saturated: its output is
# below 0.026 or above 0.974.
_FLAT = 0.025
_ROWS_AT_ONCE = 64
_MOST_STEPS = 4
_STEPS_PER_PROBE = 500  # an epoch has at least so many for each that is taken here


@dataclass(frozen=True)
class LayerRecord:
    """The health of one layer with weights after an epoch.

    Attributes:
        epoch: From 1.
        layer: Its number, that of `weights_1`, `weights_2`, ...
        dead: Share of its ReLU units that are 0 for every image, from 0 to 1; NaN without ReLU.
        saturated: Share of its sigmoids' outputs that are close to 0 or 1; NaN without sigmoids.
        weight_norm: The root of the sum of its squared weights.
        gradient_norm: That of its weights' gradient, mean over some steps.
        update_ratio: Norm of a step's change of the weights over the norm of the weights, mean
            over the same steps.
    """

    epoch: int
    layer: int
    dead: float
    saturated: float
    weight_norm: float
    gradient_norm: float
    update_ratio: float


class LayerProbe(Observer):
    """Adds a record for each layer with weights after every epoch.

    It takes a few more steps, on images that are always the same, measures them and undoes them, so
    training continues as if nothing had happened. They are few compared with an epoch's, so the
    probe takes less than a fiftieth of a long epoch.

    Args:
        network: The network that is trained.
        loss: What training minimizes.
        optimizer: Takes the steps.
        examples: Some training images, for the steps and to look for dead and saturated units.
        batch_size: N, examples per step.
        steps_per_epoch: Of the training.
        records: Gets the records.

    Reference: Karpathy, CS231n, Neural Networks Part 3: Babysitting the learning process.
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        optimizer: Optimizer,
        examples: Examples,
        *,
        batch_size: int,
        steps_per_epoch: int,
        records: list[LayerRecord],
    ) -> None:
        self._network = network
        self._weights = [
            next(p for p in layer.parameters if p.penalized)
            for layer in network.layers
            if "weights" in layer.arrays
        ]
        self._engine = TextbookEngine(network, loss, optimizer)
        self._optimizer = optimizer
        self._examples = examples
        self._batch_size = min(batch_size, len(examples.labels))
        fit = len(examples.labels) // self._batch_size
        self._steps = max(1, min(_MOST_STEPS, fit, steps_per_epoch // _STEPS_PER_PROBE))
        self._records = records

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Add the records of the epoch."""
        # One thread, so that the last bits are the same everywhere. What overflows is recorded.
        with limited_threads(1), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            dead, saturated = self._activity()
            sizes = [_norm(weights.value) for weights in self._weights]
            with _undone(self._network, self._optimizer):
                steps = np.mean([self._step(number) for number in range(self._steps)], axis=0)
        for k, (size, (gradient, ratio)) in enumerate(zip(sizes, steps.tolist(), strict=True)):
            self._records.append(
                LayerRecord(record.epoch, k + 1, dead[k], saturated[k], size, gradient, ratio)
            )

    def _activity(self) -> tuple[list[float], list[float]]:
        """Return the share of dead units and of saturated outputs of each layer with weights."""
        active: dict[int, NDArray[np.bool_]] = {}
        flat: dict[int, float] = {}
        inputs, rows = self._examples.inputs, max(self._batch_size, _ROWS_AT_ONCE)
        for start in range(0, len(inputs), rows):
            outputs, k = inputs[start : start + rows], -1
            share = len(outputs) / len(inputs)
            for layer in self._network.layers:
                outputs = layer.forward(outputs)
                k += "weights" in layer.arrays
                if isinstance(layer, ReLU):
                    # A filter's outputs are an image; it is one unit all the same.
                    fires = np.any(outputs > 0, axis=(0, *range(2, outputs.ndim)))
                    active[k] = active[k] | fires if k in active else fires
                elif isinstance(layer, Sigmoid):
                    slopes = outputs * (1 - outputs)
                    flat[k] = flat.get(k, 0.0) + share * float((slopes < _FLAT).mean())
        layers = range(len(self._weights))
        return (
            [1 - float(active[k].mean()) if k in active else np.nan for k in layers],
            [flat.get(k, np.nan) for k in layers],
        )

    def _step(self, number: int) -> list[tuple[float, float]]:
        """Take a step; return each layer's norm of the gradient, and update ratio."""
        batch = slice(number * self._batch_size, (number + 1) * self._batch_size)
        before = [weights.value.copy() for weights in self._weights]
        inputs, labels = self._examples.inputs[batch], self._examples.labels[batch]
        self._engine.take_steps(inputs, labels, self._batch_size)
        return [
            (_norm(weights.gradient), _norm(weights.value - old) / _norm(old))
            for weights, old in zip(self._weights, before, strict=True)
        ]


@contextmanager
def _undone(network: Network, optimizer: Optimizer) -> Iterator[None]:
    """Undo all that the steps in the block change."""
    arrays = [*network.arrays.values(), *optimizer.state.values()]
    kept = [array.copy() for array in arrays]
    streams = [layer.rng.bit_generator for layer in network.layers if isinstance(layer, Dropout)]
    states = [stream.state for stream in streams]
    try:
        yield
    finally:
        for array, values in zip(arrays, kept, strict=True):
            array[...] = values
        for stream, state in zip(streams, states, strict=True):
            stream.state = state


def _norm(array: Array) -> float:
    """Return the root of the sum of squares."""
    return float(np.linalg.norm(array.ravel()))
