"""A training whose every example, order and event is known to the test that runs it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.engines.textbook import TextbookEngine
from nn.initializers import he
from nn.layers.activations import ReLU
from nn.layers.dense import Dense
from nn.layers.layer import Layer
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import SGD, Optimizer
from nn.schedules import Schedule, constant
from nn.training.history import EpochRecord, EpochSoFar, History
from nn.training.trainer import Observer, train

LOSS = SoftmaxCrossEntropy()


@dataclass
class Some:
    inputs: NDArray
    labels: NDArray


class Dealer:
    """Ten examples (or others), in a new order every epoch, in arrays that are used again.

    The first feature of an example is its number.
    """

    def __init__(self, examples: int = 10, batch_size: int = 3, chunk: int = 6) -> None:
        self.batch_size, self.examples, self.chunk = batch_size, examples, chunk
        self.rng = np.random.default_rng(0)
        self.inputs = self.rng.standard_normal((examples, 4)).astype(np.float32)
        self.inputs[:, 0] = np.arange(examples)
        self.labels = self.rng.integers(0, 3, examples)
        self.orders: list[NDArray] = []

    def epoch(self, skip: int = 0) -> Iterator[Some]:
        order = self.rng.permutation(self.examples)
        self.orders.append(order)
        inputs = np.empty((self.chunk, 4), np.float32)
        for start in range(skip, self.examples, self.chunk):
            chosen = order[start : start + self.chunk]
            inputs[:] = np.nan
            inputs[: len(chosen)] = self.inputs[chosen]
            yield Some(inputs[: len(chosen)], self.labels[chosen])

    def batches(self, epoch: int) -> list[NDArray]:
        """Return the numbers of the examples in each batch of an epoch that was dealt out."""
        order = self.orders[epoch - 1]
        return [order[i : i + self.batch_size] for i in range(0, self.examples, self.batch_size)]

    def in_order(self) -> list[Some]:
        return [Some(self.inputs, self.labels)]


class Eye(Layer):
    """Sees what is trained on, changes nothing."""

    name = "eye"

    def __init__(self) -> None:
        super().__init__()
        self.trained: list[list[int]] = []
        self.predicted = 0

    def forward(self, inputs: NDArray, training: bool = False) -> NDArray:
        if training:
            self.trained.append(inputs[:, 0].astype(int).tolist())
        else:
            self.predicted += len(inputs)
        return inputs


class Diary(Observer):
    """Writes down everything it is told."""

    def __init__(self, lines: list[tuple] | None = None, name: str = "") -> None:
        self.lines = [] if lines is None else lines
        self.name = name

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        self.lines.append((f"{self.name}start", epoch, epochs, examples))

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        self.lines.append((f"{self.name}progress", examples_done, loss, accuracy))

    def on_epoch_end(self, record: EpochRecord) -> None:
        self.lines.append((f"{self.name}end", record))


def make_network(seed: int = 0) -> Network:
    return Network([Eye(), Dense(5), ReLU(), Dense(3)], 4, initializer=he, seed=seed)


def run(
    network: Network,
    dealer: Dealer,
    *,
    epochs: int = 1,
    learning_rate: float = 0.05,
    optimizer: Optimizer | None = None,
    schedule: Schedule | None = None,
    history: History | None = None,
    so_far: EpochSoFar | None = None,
    observers: tuple[Observer, ...] = (),
    validation: Callable[[], list[Some]] | None = None,
    threads: int = 1,
) -> History:
    history = [] if history is None else history
    optimizer = optimizer or SGD(network.parameters, learning_rate=learning_rate)
    train(
        network,
        LOSS,
        optimizer,
        schedule=schedule or constant(),
        training=dealer,
        validation=validation or dealer.in_order,
        epochs=epochs,
        history=history,
        so_far=so_far,
        observers=observers,
        threads=threads,
        engine=TextbookEngine(network, LOSS, optimizer),
    )
    return history


def record(epoch: int) -> EpochRecord:
    return EpochRecord(epoch, 0.1, 1.0, 0.5, 1.0, 0.5, 1.0)


def step(network: Network, optimizer: Optimizer, some: Some) -> float:
    """Take one step as it is written in every book, and return the loss before it."""
    logits = network.forward(some.inputs, training=True)
    loss = LOSS.value(logits, some.labels)
    network.backward(LOSS.gradient(logits, some.labels))
    optimizer.step()
    return loss
