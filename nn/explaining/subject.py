"""What is explained: the network of a run and its test images, or one small enough to see whole."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.datasets.class_names import name_of
from nn.errors import SettingError
from nn.explaining.step import Step, take_step
from nn.layers.activations import ReLU
from nn.layers.dense import Dense
from nn.layers.layer import Array
from nn.losses import Loss, SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import SGD, Optimizer
from nn.runs.assembly import make_optimizer
from nn.runs.predictions import Predictions
from nn.runs.preparation import prepare_network
from nn.runs.saved_run import SavedRun


@dataclass(frozen=True)
class Subject:
    """A network and the examples on which it can take a step.

    Attributes:
        title: Names both.
        network: With dtype float64.
        loss: What the step minimizes.
        make_optimizer: Returns an optimizer that has taken no step yet.
        inputs: Returns examples by their indices, (N, D).
        labels: Of all examples, (M,).
        images: All examples as images, (M, H, W) or (M, 3, H, W); None if they are no images.
        class_names: The names of the classes; empty if they have none but their numbers.
    """

    title: str
    network: Network
    loss: Loss
    make_optimizer: Callable[[], Optimizer]
    inputs: Callable[[NDArray[np.integer]], Array]
    labels: NDArray[np.integer]
    images: NDArray[np.uint8] | None
    class_names: tuple[str, ...] = ()

    def describe(self, index: int) -> str:
        """Return an example and its class in words."""
        return f"example {index}, class {name_of(int(self.labels[index]), self.class_names)}"

    def step(self, index: int) -> Step:
        """Take a step on one example, and on the next ones where the network needs a batch."""
        batch = np.arange(index, index + self.network.smallest_batch) % len(self.labels)
        return take_step(
            self.network, self.loss, self.make_optimizer(), self.inputs(batch), self.labels[batch]
        )


def of_run(run: SavedRun, test: Predictions, *, untrained: bool = False) -> Subject:
    """Return a run's network and its test images.

    Args:
        run: The run.
        test: Its test images.
        untrained: Whether the network is taken as it was before training.

    Raises:
        SettingError: Before training, it was the network of another run.
    """
    if untrained and run.settings.start_from:
        raise SettingError(
            f"--untrained: {run.folder.name} started from the trained network of "
            f"{run.settings.start_from}; explain that run instead."
        )
    facts = run.facts
    network = prepare_network(run.settings, facts.image_shape, facts.classes, dtype=np.float64)
    if not untrained:
        network.restore(run.network.arrays)
    return Subject(
        title=f"{test.title}{', before training' if untrained else ''}",
        network=network,
        loss=run.loss,
        make_optimizer=lambda: make_optimizer(run.settings, network),
        inputs=lambda batch: run.normalization.apply(test.images[batch]).astype(np.float64),
        labels=test.true,
        images=test.images,
        class_names=test.class_names,
    )


def tiny() -> Subject:
    """Return a network of 2, 3 and 2 units, and the four points of exclusive or.

    The two classes are "the numbers are equal" and "they differ", which no straight line divides.
    """
    network = Network([Dense(3), ReLU(), Dense(2)], 2, dtype=np.float64)
    points = np.array([[0.1, 0.9], [0.9, 0.1], [0.1, 0.1], [0.9, 0.9]])
    return Subject(
        title="a tiny network, 2-3-2",
        network=network,
        loss=SoftmaxCrossEntropy(),
        make_optimizer=lambda: SGD(network.parameters, learning_rate=0.1),
        inputs=lambda batch: points[batch],
        labels=np.array([1, 1, 0, 0]),
        images=None,
    )
