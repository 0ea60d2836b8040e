"""What every engine promises."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nn.layers.layer import Array


class Engine(Protocol):
    """Takes the steps of a training; made for one network, loss and optimizer.

    Between two calls, the network's parameters and the optimizer's state are in those objects, and
    may be changed there.
    """

    def take_steps(self, inputs: Array, labels: NDArray[np.int64], batch_size: int) -> Array:
        """Take one step for each batch of the examples, in their order.

        Args:
            inputs: Shape (M, D).
            labels: Shape (M,).
            batch_size: N, examples per step; the last step may have fewer.

        Returns:
            The logits that each step started from, (M, K). Measuring loss and accuracy on all of
            them at once saves two small calls per step, a fifth of its time.
        """


class CompilableEngine(Engine, Protocol):
    """An engine whose steps are compiled."""

    def expected_compilation(self) -> float:
        """Return how many seconds `compile` will take; 0 if the code is kept from earlier runs."""

    def compile(self) -> float:
        """Compile the loops or load them, before the first step; return the seconds it took."""
