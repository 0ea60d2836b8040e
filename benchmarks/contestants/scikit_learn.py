"""scikit-learn's MLPClassifier.

`partial_fit` on all images is its own loop over mini-batches, once, without `fit`'s shuffling and
convergence test: exactly an epoch. Its first weights are its own choice, so it is given one image
to build itself, then ours are written into its arrays, and its optimizer starts anew.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from benchmarks.work import CLASSES, MOMENTUM, Array, Work


class Contestant:
    """`MLPClassifier.partial_fit`, one call an epoch."""

    def __init__(self, work: Work, images: Array, labels: NDArray[np.int64]) -> None:
        self.images, self.labels = images, labels
        self.network = MLPClassifier(
            work.hidden,
            activation={"relu": "relu", "sigmoid": "logistic"}[work.activation],
            solver="adam" if work.optimizer == "adam" else "sgd",
            alpha=0.0,
            batch_size=work.batch_size,
            learning_rate="constant",
            learning_rate_init=work.learning_rate,
            shuffle=False,
            momentum=MOMENTUM if work.optimizer == "momentum" else 0.0,
            nesterovs_momentum=False,
        )
        self.network.batch_size = 1
        self.network.partial_fit(images[:1], labels[:1], classes=np.arange(CLASSES))
        self.network.batch_size = work.batch_size
        for array, first in zip(self.parameters(), work.first_parameters(), strict=True):
            array[:] = first
        del self.network._optimizer  # the next call makes a new one, without a memory

    def run(self) -> None:
        """Train for one epoch."""
        self.network.partial_fit(self.images, self.labels)

    def parameters(self) -> list[Array]:
        """Return weights and biases, alternating."""
        pairs = zip(self.network.coefs_, self.network.intercepts_, strict=True)
        return [array for pair in pairs for array in pair]
