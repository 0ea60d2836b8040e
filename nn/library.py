"""What a notebook imports: networks, trained on plain NumPy arrays in ten lines.

::

    from nn import Dense, Network, ReLU, load_mnist, train

    (images, labels), (test_images, test_labels) = load_mnist()
    network = Network([Dense(64), ReLU(), Dense(10)], input_shape=(28, 28))
    history = train(network, images, labels, epochs=3)
    print((network.predict(test_images) == test_labels).mean())
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.console.notebook_progress import NotebookProgress
from nn.datasets.batches import Chunk, rows_at_once
from nn.datasets.sources import load_images
from nn.errors import DataError
from nn.gradients import check_gradients
from nn.initializers import gauss, he, xavier
from nn.layers.activations import ReLU, Sigmoid
from nn.layers.batch_norm import BatchNorm
from nn.layers.convolution import Convolution
from nn.layers.dense import Dense
from nn.layers.dropout import Dropout
from nn.layers.flatten import Flatten
from nn.layers.layer import Array, Layer
from nn.layers.parameter import Parameter
from nn.layers.pooling import GlobalAveragePooling, MaxPooling
from nn.losses import BinaryCrossEntropy, Loss, SoftmaxCrossEntropy, SquaredError, softmax
from nn.network import Network
from nn.optimizers import SGD, Adam, Momentum, Optimizer
from nn.regularizers import Penalty
from nn.runs.find_run import find_run
from nn.runs.run_folder import RunFolder
from nn.runs.saved_run import SavedRun
from nn.runs.saved_run import load_run as load_folder
from nn.schedules import Schedule, constant, cosine, exponential, step
from nn.training.history import History
from nn.training.trainer import Observer
from nn.training.trainer import train as run_trainer

__all__ = [
    "SGD",
    "Adam",
    "BatchNorm",
    "BinaryCrossEntropy",
    "Convolution",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling",
    "Layer",
    "Loss",
    "MaxPooling",
    "Momentum",
    "Network",
    "Observer",
    "Optimizer",
    "Parameter",
    "Penalty",
    "ReLU",
    "Sigmoid",
    "SoftmaxCrossEntropy",
    "SquaredError",
    "check_gradients",
    "constant",
    "cosine",
    "exponential",
    "gauss",
    "he",
    "load_mnist",
    "load_run",
    "softmax",
    "step",
    "train",
    "xavier",
]

_LARGE = 30  # more than standardized pixels reach; raw ones go to 255


@dataclass
class Shuffled:
    """Examples in plain arrays, in a new order every epoch.

    Attributes:
        inputs: Rows (N, D).
        labels: Classes (N,).
        batch_size: Examples per step.
        rng: Draws the orders.
    """

    inputs: NDArray[np.float32]
    labels: NDArray[np.int64]
    batch_size: int
    rng: np.random.Generator

    @property
    def examples(self) -> int:
        """Examples per epoch."""
        return len(self.labels)

    def epoch(self, skip: int = 0) -> Iterator[Chunk]:
        """Yield every example once, many batches at a time."""
        order = self.rng.permutation(self.examples)
        at_once = rows_at_once(self.inputs.shape[1])
        rows = max(1, at_once // self.batch_size) * self.batch_size
        for start in range(skip, self.examples, rows):
            chosen = order[start : start + rows]
            yield Chunk(self.inputs[chosen], self.labels[chosen])


def train(
    network: Network,
    images: ArrayLike,
    labels: ArrayLike,
    *,
    epochs: int = 10,
    batch_size: int = 4,
    optimizer: Optimizer | None = None,
    loss: Loss | None = None,
    schedule: Schedule | None = None,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    seed: int = 0,
    progress: bool = True,
    observers: Sequence[Observer] = (),
) -> History:
    """Train a network in place on plain arrays.

    Args:
        network: Ends in one unit per class.
        images: Any type of number, (N, H, W) or rows (N, D); scaled to about -1 to 1. Larger ones
            get a warning, since `Network.predict` needs the same scale.
        labels: Whole numbers from 0 to K - 1, (N,).
        epochs: Passes over all examples.
        batch_size: Examples per step.
        optimizer: Made with `network.parameters`; momentum with a learning rate of 0.001 if None.
        loss: What training minimizes; softmax with cross-entropy if None.
        schedule: The factor on the learning rate in each epoch; 1 if None.
        validation: Images and labels to measure the network on after every epoch; if None, a random
            tenth of the examples, which is held out.
        seed: Seed of the order and of that tenth.
        progress: Whether to show a bar, in Jupyter or a terminal.
        observers: Told of every epoch's start, progress and end.

    Returns:
        A record of every epoch: losses, accuracies, learning rate, seconds.

    Raises:
        DataError: The arrays do not fit each other or the network.
        DivergedError: The loss is not finite, or hopeless.
        SmallBatchError: Batch normalization cannot learn from batches this small.
    """
    rng = np.random.default_rng(seed)
    inputs, classes = _checked(network, images, labels, "images", "labels")
    if validation is None:
        order = rng.permutation(len(inputs))
        held_out, learned = np.split(order, [max(1, len(order) // 10)])
        judged = Chunk(inputs[held_out], classes[held_out])
        inputs, classes = inputs[learned], classes[learned]
    else:
        judged = Chunk(*_checked(network, *validation, "validation images", "validation labels"))
    bar = NotebookProgress()
    history: History = []
    with closing(bar):
        run_trainer(
            network,
            loss or SoftmaxCrossEntropy(),
            optimizer or Momentum(network.parameters, learning_rate=0.001),
            schedule=schedule or constant(),
            training=Shuffled(inputs, classes, batch_size, rng),
            validation=lambda: [judged],
            epochs=epochs,
            history=history,
            observers=[*([bar] if progress else []), *observers],
        )
    return history


def _checked(
    network: Network, images: ArrayLike, labels: ArrayLike, of_images: str, of_labels: str
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return images as rows and labels as whole numbers.

    Raises:
        DataError: They do not fit each other or the network.
    """
    pixels, classes = np.asarray(images), np.asarray(labels)
    (features,), (units,) = network.input_shape, network.output_shape
    if not len(pixels) or pixels[0].size != features:
        raise DataError(
            f"{of_images} have shape {pixels.shape}; expected {features} numbers for each "
            f"image, as in (N, {features})"
        )
    if classes.shape != (len(pixels),):
        raise DataError(
            f"{of_labels} have shape {classes.shape}, and there are {len(pixels):,} images; give "
            "one whole number for each image"
        )
    if not np.issubdtype(classes.dtype, np.integer):
        raise DataError(f"{of_labels} are {classes.dtype}; expected whole numbers from 0 to K - 1")
    if classes.min() < 0 or classes.max() >= units:
        raise DataError(
            f"{of_labels} range from {classes.min()} to {classes.max()}, but the network ends in "
            f"{units} units, for 0 to {units - 1}; make its last layer "
            f"Dense({max(int(classes.max()) + 1, 2)})"
        )
    rows = np.ascontiguousarray(pixels.reshape(len(pixels), features), np.float32)
    lowest, highest = float(rows.min()), float(rows.max())
    if max(-lowest, highest) > _LARGE:
        warnings.warn(
            f"{of_images} range from {lowest:g} to {highest:g}; networks learn badly from numbers "
            "beyond about -1 to 1. Divide pixels by 255, here and before predicting.",
            stacklevel=3,
        )
    return rows, classes.astype(np.int64)


Pairs = tuple[tuple[Array, NDArray[np.int64]], tuple[Array, NDArray[np.int64]]]


def load_mnist(data_dir: str | Path = "data") -> Pairs:
    """Return MNIST's training and test images with their labels.

    As in train.py, the files are looked for in `data_dir`, else downloaded; without an internet
    connection, built-in digits replace them, and a line says so.

    Returns:
        (images, labels) for training and for testing: images (N, 28, 28), float32 from 0 to 1,
        and labels (N,).

    Raises:
        DataError: A file is damaged, or there are no test images.
    """
    data = load_images("auto", Path(data_dir), report=print)
    if data.test is None:
        raise DataError(f"{data.source}: there are training images, but no test images.")
    return (
        (data.training.images / np.float32(255), data.training.labels),
        (data.test.images / np.float32(255), data.test.labels),
    )


def load_run(path: str | Path) -> SavedRun:
    """Return a saved run: its `network`, and `predict`, which scales images as in its training.

    Args:
        path: The run's folder, or its name if the folder is in `saved_files`.

    Raises:
        RunFolderError: There is no finished run, or one of its files is damaged.
        SettingError: `settings.yaml` is missing or damaged.
    """
    return load_folder(RunFolder(find_run(str(path), Path("saved_files"))))
