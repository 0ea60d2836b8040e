"""What everyone who is timed to an accuracy trains: the same networks on the same batches.

A recipe is trained to its end: Adam, and a learning rate that rises and falls once, a little with
every step. So the last steps are the smallest and every network ends at its best.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.work import Array
from nn.datasets.distortion import Distortion
from nn.datasets.idx import read_idx, read_idx_labels
from nn.schedules import one_cycle

SIDE, CLASSES = 28, 10
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Recipe:
    """A network and how it is trained.

    Attributes:
        hidden: Units of the hidden dense layers, each with ReLU.
        filters: Filters of the convolutions before them, 5 x 5, each followed by 2 x 2 max pooling
            and ReLU.
        batch_size: Examples per step.
        epochs: Passes over all 60,000 images.
        learning_rate: The highest of the cycle.
        batch_norm: Whether there is batch normalization after every pooling and hidden layer.
        distorted: Whether every image is distorted elastically, differently in every epoch.
    """

    hidden: tuple[int, ...]
    filters: tuple[int, ...] = ()
    batch_size: int = 64
    epochs: int = 1
    learning_rate: float = 0.003
    batch_norm: bool = False
    distorted: bool = False

    @property
    def flattened(self) -> int:
        """Features after the last convolution."""
        side = SIDE
        for _ in self.filters:
            side = (side - 4) // 2
        return side * side * (self.filters[-1] if self.filters else 1)


@dataclass(frozen=True)
class Images:
    """MNIST, from 0 to 1: 60,000 images to learn from and 10,000 to be judged by.

    Attributes:
        pixels: The images to learn from, from 0 to 255, (60000, 28, 28).
        inputs: Rows (60000, 784).
        labels: (60000,).
        test_inputs: Rows (10000, 784).
        test_labels: (10000,).
    """

    pixels: NDArray[np.uint8]
    inputs: Array
    labels: Labels
    test_inputs: Array
    test_labels: Labels


def load(folder: Path) -> Images:
    """Return the images, from their gzipped files."""

    def part(name: str) -> tuple[NDArray[np.uint8], Array, Labels]:
        pixels = read_idx(folder / f"{name}-images-idx3-ubyte.gz", 3)
        labels = read_idx_labels(folder / f"{name}-labels-idx1-ubyte.gz")
        return pixels, _as_inputs(pixels), labels

    return Images(*part("train"), *part("t10k")[1:])


def epochs(images: Images, recipe: Recipe, seed: int) -> Iterator[tuple[Array, Labels, Array]]:
    """Yield the whole batches of each epoch, in a new order, with the learning rates.

    Yields:
        Inputs (S, N, 784), labels (S, N), and a rate for each of the S steps.
    """
    rng = np.random.default_rng(seed)
    schedule, distortion = one_cycle(recipe.epochs), Distortion("elastic", (SIDE, SIDE), rng=rng)
    steps, size = len(images.labels) // recipe.batch_size, recipe.batch_size
    for epoch in range(1, recipe.epochs + 1):
        rows = rng.permutation(len(images.labels))[: steps * size]
        inputs = images.inputs[rows]
        if recipe.distorted:
            inputs = _as_inputs(distortion.apply(images.pixels[rows]))
        rates = [recipe.learning_rate * schedule(epoch + step / steps) for step in range(steps)]
        yield (
            inputs.reshape(steps, size, -1),
            images.labels[rows].reshape(steps, size),
            np.array(rates, np.float32),
        )


def _as_inputs(pixels: NDArray[np.uint8]) -> Array:
    """Return images as rows of numbers from 0 to 1."""
    return pixels.reshape(len(pixels), -1).astype(np.float32) / np.float32(255)
