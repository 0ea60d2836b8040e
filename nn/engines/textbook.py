"""The steps of training exactly as the formulas: the reference for all other engines."""

import numpy as np
from numpy.typing import NDArray

from nn.layers.layer import Array
from nn.losses import Loss
from nn.network import Network
from nn.optimizers import Optimizer


class TextbookEngine:
    """Takes the steps of any network and optimizer."""

    def __init__(self, network: Network, loss: Loss, optimizer: Optimizer) -> None:
        self._network = network
        self._loss = loss
        self._optimizer = optimizer

    def take_steps(self, inputs: Array, labels: NDArray[np.int64], batch_size: int) -> Array:
        """Take one step for each batch; see `Engine.take_steps`."""
        all_logits = np.empty((len(labels), *self._network.output_shape), inputs.dtype)
        # A network that diverges overflows; the trainer reports it.
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(labels), batch_size):
                batch = slice(start, start + batch_size)
                logits = self._network.forward(inputs[batch], training=True)
                d_logits = self._loss.gradient(logits, labels[batch])
                self._network.backward(d_logits)
                self._optimizer.step()
                all_logits[batch] = logits
        return all_logits
