"""The floor with the smaller layers' matrix products too: three for each layer but the first."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.work import Array, Work


class Contestant:
    """Does every layer's product forward, and those for its weights' and inputs' gradients."""

    def __init__(self, work: Work, images: Array, labels: NDArray[np.int64]) -> None:
        self.images = images
        self.batch_size = work.batch_size
        self.weights = work.first_parameters()[::2]
        units = work.units[1:]
        self.outputs = [np.empty((work.batch_size, count), np.float32) for count in units]
        self.d_outputs = [np.zeros_like(outputs) for outputs in self.outputs]
        self.gradients = [np.empty_like(weights) for weights in self.weights]

    def run(self) -> None:
        """Do all products for every whole batch."""
        size = self.batch_size
        layers = range(len(self.weights))
        for start in range(0, len(self.images) - size + 1, size):
            batch = self.images[start : start + size]
            inputs = [batch, *self.outputs]
            for layer in layers:
                np.dot(inputs[layer], self.weights[layer], self.outputs[layer])
            for layer in reversed(layers):
                if layer:
                    np.dot(self.d_outputs[layer], self.weights[layer].T, self.d_outputs[layer - 1])
                np.dot(inputs[layer].T, self.d_outputs[layer], self.gradients[layer])

    def parameters(self) -> None:
        """Nothing is learned."""
