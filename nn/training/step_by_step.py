"""Steps with something to do between them.

Engines take many steps in one call, since calls are expensive next to small steps. What changes
with every step, such as the learning rate of a one-cycle schedule, needs one call for each.
"""

import numpy as np
from numpy.typing import NDArray

from nn.engines.engine import Engine
from nn.layers.layer import Array
from nn.optimizers import Optimizer
from nn.schedules import Schedule
from nn.training.history import EpochSoFar, History


class StepByStep:
    """An engine that has another one take its steps, each at the learning rate of its moment.

    Args:
        engine: Takes the steps.
        optimizer: Gets the learning rate of each step.
        schedule: Is asked at every step: at 1.5 in the middle of the first epoch.
        history: The epochs so far.
        so_far: The epoch under way, up to the last call.
        examples: Examples per epoch.
    """

    def __init__(
        self,
        engine: Engine,
        optimizer: Optimizer,
        schedule: Schedule,
        *,
        history: History,
        so_far: EpochSoFar,
        examples: int,
    ) -> None:
        self._engine = engine
        self._optimizer = optimizer
        self._schedule = schedule
        self._history = history
        self._so_far = so_far
        self._examples = examples

    def take_steps(self, inputs: Array, labels: NDArray[np.int64], batch_size: int) -> Array:
        """Take one step for each batch; see `Engine.take_steps`."""
        logits = []
        for start in range(0, len(labels), batch_size):
            done = (self._so_far.examples + start) / self._examples
            self._optimizer.scale_learning_rate(self._schedule(len(self._history) + 1 + done))
            batch = slice(start, start + batch_size)
            logits.append(self._engine.take_steps(inputs[batch], labels[batch], batch_size))
        return np.concatenate(logits)
