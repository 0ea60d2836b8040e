"""The work that all contestants do, and the data they do it on.

A contestant is given the same numbers as all others: images as float32 rows already normalized
and in order, labels, and the first weights. It returns its weights, so that doing the same work
can be proved rather than promised.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.datasets.idx import read_idx
from nn.datasets.normalization import Normalization

Array = NDArray[np.float32]

PIXELS, CLASSES = 784, 10
MOMENTUM = 0.9
TRAINING_IMAGES = 58_000
_SHARE_OF_INK = 0.19  # of MNIST's pixels are not zero


@dataclass(frozen=True)
class Work:
    """A network and how it is trained.

    Attributes:
        hidden: Units of each hidden layer.
        activation: "relu" or "sigmoid".
        optimizer: "sgd", "momentum" (0.9) or "adam".
        l1: Strength of the L1 penalty.
        batch_size: Images a step.
        learning_rate: Length of a step.
    """

    hidden: tuple[int, ...] = (64,)
    activation: str = "relu"
    optimizer: str = "sgd"
    l1: float = 0.0
    batch_size: int = 4
    learning_rate: float = 0.01

    @property
    def units(self) -> tuple[int, ...]:
        """Pixels, hidden units and classes: 784, 64, 10."""
        return (PIXELS, *self.hidden, CLASSES)

    def first_parameters(self) -> list[Array]:
        """Draw weights and biases, alternating, from the first layer to the last."""
        rng = np.random.default_rng(0)
        parameters = []
        for inputs, units in zip(self.units, self.units[1:], strict=False):
            weights = rng.standard_normal((inputs, units)) * inputs**-0.5
            parameters.append(weights.astype(np.float32))
            parameters.append(np.zeros(units, np.float32))
        return parameters

    def as_dict(self) -> dict[str, object]:
        """Return the fields, to be sent to another process."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, object]) -> "Work":
        """Undo `as_dict`, after a journey through JSON that made lists of tuples."""
        return cls(**{**fields, "hidden": tuple(fields["hidden"])})  # type: ignore[arg-type]

    def __str__(self) -> str:
        words = ["-".join(map(str, self.units)), self.activation]
        words.append({"sgd": "SGD"}.get(self.optimizer, self.optimizer))
        words.extend(["L1"] if self.l1 else [])
        words.append(f"batch {self.batch_size}")
        return " ".join(words)


def load_data(data_dir: Path | None, images: int) -> tuple[Array, NDArray[np.int64]]:
    """Return MNIST's first training images, or random ones with as many dark pixels.

    Args:
        data_dir: Folder of the gzipped IDX files; None for random images.
        images: How many, from 1 to 60,000.

    Returns:
        Rows (images, 784), float32 from 0 to 1, and labels (images,).
    """
    if data_dir is None:
        rng = np.random.default_rng(1)
        rows = rng.random((images, PIXELS), dtype=np.float32)
        rows *= rng.random((images, PIXELS), dtype=np.float32) < _SHARE_OF_INK
        return rows, rng.integers(0, CLASSES, images)
    pixels = read_idx(data_dir / "train-images-idx3-ubyte.gz", 3)[:images]
    labels = read_idx(data_dir / "train-labels-idx1-ubyte.gz", 1)[:images]
    return Normalization(0.0, 255.0).apply(pixels), labels.astype(np.int64)
