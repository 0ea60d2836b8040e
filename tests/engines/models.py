"""Networks with their optimizers, and examples that can be learned, for the tests of engines."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nn.architecture.building import build_network
from nn.engines.engine import Engine
from nn.engines.textbook import TextbookEngine
from nn.engines.threads import limited_threads
from nn.initializers import he
from nn.layers.parameter import ParameterBuffer
from nn.losses import LOSSES, Loss, SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import SGD, Adam, Momentum, Optimizer
from nn.regularizers import Penalty

MakeEngine = Callable[[Network, Loss, Optimizer], Engine]

LOSS = SoftmaxCrossEntropy()
DENSE_NETWORKS: dict[str, list[Any]] = {
    "no hidden layer": [],
    "relu": [{"dense": 20}, "relu"],
    "sigmoid": [{"dense": 20}, "sigmoid"],
    "nothing between": [{"dense": 5}],
    "three, mixed": [{"dense": 17}, "relu", {"dense": 33}, "sigmoid", {"dense": 2}, "relu"],
    "two, relu": [{"dense": 64}, "relu", {"dense": 5}, "relu"],
}
OTHER_NETWORKS: dict[str, list[Any]] = {
    "batch norm first": ["batch_norm", {"dense": 8}, "batch_norm", "relu"],
    "dropout": [{"dense": 20}, {"dropout": 0.25}, "relu"],
    "convolutions": [
        *({"conv2d": {"filters": 3, "kernel_size": 3, "padding": "same"}}, "batch_norm", "relu"),
        *({"max_pool": 2}, {"conv2d": {"filters": 4, "kernel_size": 2}}, "sigmoid", "flatten"),
        *({"dropout": 0.1}, {"dense": 6}, "relu"),
    ],
    "strides and holes": [
        *("batch_norm", {"dropout": 0.1}),
        {"conv2d": {"filters": 7, "kernel_size": [2, 3], "padding": [1, 2], "dilation": 2}},
        *({"max_pool": {"size": [2, 3], "stride": 1}}, {"dropout": 0.1}, "relu"),
        {"conv2d": {"filters": 5, "kernel_size": 3, "stride": [2, 1], "padding": 1}},
        *("sigmoid", "batch_norm", "flatten"),
    ],
    "average of convolutions": [
        {"conv2d": {"filters": 4, "kernel_size": 3}},
        "relu",
        "global_average_pool",
    ],
}
NETWORKS = DENSE_NETWORKS | OTHER_NETWORKS


def _adam(parameters: ParameterBuffer, penalty: Penalty) -> Adam:
    """Return Adam with an epsilon far above rounding.

    It moves every parameter as far, even one whose gradient is 0 but for rounding, as that of a
    bias before batch normalization is.
    """
    adam = Adam(parameters, learning_rate=0.002, penalty=penalty)
    adam.epsilon = 1e-3
    return adam


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": lambda p, penalty: SGD(p, learning_rate=0.05, penalty=penalty),
    "momentum": lambda p, penalty: Momentum(p, learning_rate=0.01, penalty=penalty),
    "averaged": lambda p, penalty: Momentum(
        p, learning_rate=0.05, momentum=0.8, dampening=0.8, penalty=penalty
    ),
    "adam": _adam,
}
PENALTIES = {"": (0, 0), "L1": (1e-3, 0), "L2": (0, 1e-2), "L1 and L2": (1e-3, 1e-2)}


@dataclass
class Some:
    """Examples, as a trainer has them."""

    inputs: NDArray
    labels: NDArray

    def part(self, start: int, stop: int) -> "Some":
        """Return some of them."""
        return Some(self.inputs[start:stop], self.labels[start:stop])


def make_examples(count: int = 641, dark: float = 0.0, dtype: DTypeLike = np.float32) -> Some:
    """Return images that are dark in three of four pixels, with labels that can be learned."""
    rng, features = np.random.default_rng(0), 5 * 5
    labels = rng.integers(0, 3, count)
    inputs = rng.random((count, features)) * (rng.random((count, features)) < 0.25)
    inputs[np.arange(count), 8 * labels] += 0.5
    inputs[:, 0] = inputs[0] = 0  # A pixel that is always dark, an image that is all dark,
    inputs[-1] = 1  # and one that is all lit.
    return Some((inputs + dark).astype(dtype), labels)


class Model:
    """A network and its optimizer, trained by one engine."""

    def __init__(
        self, engine: MakeEngine, network: Network, optimizer: Optimizer, loss: Loss = LOSS
    ) -> None:
        self.network = network
        self.optimizer = optimizer
        self.engine = engine(network, loss, optimizer)

    def take(self, examples: Some, batch_size: int = 3) -> NDArray:
        """Take the steps of the examples, and return their logits."""
        with limited_threads(1):
            return self.engine.take_steps(examples.inputs, examples.labels, batch_size)

    @property
    def numbers(self) -> NDArray:
        """All parameters and whatever else is saved, and the optimizer's memory, but not how
        many steps it has taken.

        Under L1 a weight that is nearly 0 is pulled to and fro between both sides of 0, and which
        side its velocity is on is up to the last digits; what counts there is how far it would
        carry the weight.
        """
        scale = self.optimizer.learning_rate if self.optimizer.penalty.l1 else 1.0
        saved = [array.ravel() for array in self.network.arrays.values()]
        memory = [array for name, array in self.optimizer.state.items() if name != "steps"]
        return np.concatenate([*saved, *(scale * array for array in memory)])


def make_model(
    engine: MakeEngine,
    network: str = "relu",
    optimizer: str = "sgd",
    penalty: str = "",
    *,
    dtype: DTypeLike = np.float32,
    loss: str = LOSS.name,
    smoothing: float = 0.0,
) -> Model:
    """Return a model with first weights that depend on nothing but the network's name."""
    rng = np.random.default_rng(1)
    built = build_network(
        NETWORKS[network], input_shape=(5, 5), classes=3, initializer=he, rng=rng, dtype=dtype
    )
    made = OPTIMIZERS[optimizer](built.parameters, Penalty(*PENALTIES[penalty]))
    return Model(engine, built, made, type(LOSSES[loss])(smoothing))


def beside_textbook(
    engine: MakeEngine, network: str = "relu", optimizer: str = "sgd", penalty: str = ""
) -> tuple[Model, Model]:
    """Return the same model twice, to be trained by an engine and by the textbook."""
    kind = network, optimizer, penalty
    return make_model(engine, *kind), make_model(TextbookEngine, *kind)


def assert_same(ours: Model, expected: Model, start: Model) -> None:
    way = np.abs(expected.numbers - start.numbers).max()
    assert way > 0.01
    np.testing.assert_allclose(ours.numbers, expected.numbers, rtol=0, atol=1e-3 * way)
