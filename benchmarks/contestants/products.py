"""The floor: the matrix products that no dense network gets around, and nothing else.

The two large ones are those of the first layer: images times weights, and images transposed times
the gradient. They are NumPy's own products, written into arrays made beforehand.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks.work import Array, Work


class Contestant:
    """Does images @ weights and images.T @ gradient for every batch."""

    def __init__(self, work: Work, images: Array, labels: NDArray[np.int64]) -> None:
        self.images = images
        self.batch_size = work.batch_size
        self.weights = work.first_parameters()[0]
        self.outputs = np.empty((work.batch_size, self.weights.shape[1]), np.float32)
        self.gradient = np.empty_like(self.weights)

    def run(self) -> None:
        """Do both products for every whole batch."""
        size = self.batch_size
        for start in range(0, len(self.images) - size + 1, size):
            batch = self.images[start : start + size]
            np.dot(batch, self.weights, self.outputs)
            np.dot(batch.T, self.outputs, self.gradient)

    def parameters(self) -> None:
        """Nothing is learned."""
