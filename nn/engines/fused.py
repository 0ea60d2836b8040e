"""The default engine: NumPy and BLAS with as few passes over memory as possible.

It takes the textbook's steps (see `nn.engines.engine`) for every network and optimizer. Three
things make it faster: gradients are added inside the matrix product that computes them
(`accumulator`, `fused_updates`), small steps make no new arrays (`fused_layers`, `fused_loss`), and
the labels of many steps are written one-hot at once.
"""

import numpy as np
from numpy.typing import NDArray

from nn.engines.fused_layers import fuse_layers
from nn.engines.fused_loss import fuse_loss
from nn.engines.fused_updates import fuse_update
from nn.layers.layer import Array
from nn.losses import Loss
from nn.network import Network
from nn.optimizers import Optimizer


class FusedEngine:
    """Takes the steps of any network and optimizer."""

    fuse_layers = staticmethod(fuse_layers)
    fuse_update = staticmethod(fuse_update)

    def __init__(self, network: Network, loss: Loss, optimizer: Optimizer) -> None:
        self._loss = loss
        self._classes = network.output_shape[0]
        self._optimizer = optimizer
        self._loss_gradient = fuse_loss(loss)
        self._layers = self.fuse_layers(network.layers)
        learning = len(network.learning_layers)
        self._backward_order = self._layers[::-1][:learning]

    def take_steps(self, inputs: Array, labels: NDArray[np.int64], batch_size: int) -> Array:
        """Take one step for each batch; see `Engine.take_steps`."""
        all_logits = np.empty((len(labels), self._classes), inputs.dtype)
        targets = self._loss.targets(all_logits, labels)
        # A network that diverges overflows on its way; the trainer notices and says so.
        with np.errstate(over="ignore", invalid="ignore"):
            accumulators, finish_step = self.fuse_update(self._optimizer)
            for layer in self._layers:
                layer.add_gradients_to(accumulators)
            for start in range(0, len(targets), batch_size):
                batch = slice(start, start + batch_size)
                outputs = inputs[batch]
                for layer in self._layers:
                    outputs = layer.forward(outputs)
                gradient = self._loss_gradient(outputs, targets[batch])
                for layer in self._backward_order:
                    gradient = layer.backward(gradient)
                finish_step()
                all_logits[batch] = outputs
        return all_logits
