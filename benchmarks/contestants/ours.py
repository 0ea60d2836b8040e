"""This trainer, through the very loop that `train.py` uses."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.work import CLASSES, PIXELS, Array, Work
from nn.datasets.batches import CHUNK_ROWS, Chunk
from nn.engines.engine import Engine
from nn.engines.fused import FusedEngine
from nn.layers.activations import ReLU, Sigmoid
from nn.layers.dense import Dense
from nn.layers.layer import Layer
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import OPTIMIZERS, Optimizer
from nn.regularizers import Penalty
from nn.schedules import constant
from nn.training.history import EpochRecord
from nn.training.trainer import train


@dataclass(frozen=True)
class InThisOrder:
    """Examples dealt out as they lie, a chunk at a time."""

    inputs: Array
    labels: NDArray[np.int64]
    batch_size: int

    @property
    def examples(self) -> int:
        """Examples an epoch."""
        return len(self.labels)

    def epoch(self, skip: int = 0) -> Iterator[Chunk]:
        """Yield all examples but the first few."""
        rows = max(1, CHUNK_ROWS // self.batch_size) * self.batch_size
        for start in range(skip, len(self.labels), rows):
            chunk = slice(start, start + rows)
            yield Chunk(self.inputs[chunk], self.labels[chunk])


class Contestant:
    """Runs `nn.training.trainer.train` for one epoch at a time.

    Its running loss and accuracy, its check that the loss is finite, and a validation on one
    image are all within the time.
    """

    engine: Callable[..., Engine] = FusedEngine

    def __init__(self, work: Work, images: Array, labels: NDArray[np.int64]) -> None:
        self.network = _network(work)
        self.loss = SoftmaxCrossEntropy()
        self.optimizer = _optimizer(work, self.network)
        self.taking_steps = self.engine(self.network, self.loss, self.optimizer)
        self.examples = InThisOrder(images, labels, work.batch_size)
        self.history: list[EpochRecord] = []

    def run(self) -> None:
        """Train for one epoch."""
        train(
            self.network,
            self.loss,
            self.optimizer,
            schedule=constant(),
            training=self.examples,
            validation=lambda: [Chunk(self.examples.inputs[:1], self.examples.labels[:1])],
            epochs=len(self.history) + 1,
            history=self.history,
            engine=self.taking_steps,
        )

    def parameters(self) -> list[Array]:
        """Return weights and biases, alternating."""
        return list(self.network.arrays.values())


def _network(work: Work) -> Network:
    activation = {"relu": ReLU, "sigmoid": Sigmoid}[work.activation]
    layers: list[Layer] = []
    for units in work.hidden:
        layers += [Dense(units), activation()]
    network = Network([*layers, Dense(CLASSES)], PIXELS)
    for array, first in zip(network.arrays.values(), work.first_parameters(), strict=True):
        array[:] = first
    return network


def _optimizer(work: Work, network: Network) -> Optimizer:
    # Momentum's share is 0.9 unless another is asked for, which is `work.MOMENTUM`.
    return OPTIMIZERS[work.optimizer](
        network.parameters, learning_rate=work.learning_rate, penalty=Penalty(l1=work.l1)
    )
