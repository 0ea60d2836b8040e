"""Steps with something to do between them.

Engines take many steps in one call, since calls are expensive next to small steps. The learning
rate of a one-cycle schedule and the average of the weights change with every step, which needs one
call for each.
"""

import math

import numpy as np
from numpy.typing import NDArray

from nn.engines.engine import Engine
from nn.layers.layer import Array
from nn.optimizers import Optimizer
from nn.schedules import Schedule
from nn.training.history import EpochSoFar, History
from nn.training.weight_average import WeightAverage


class StepByStep:
    """An engine that has another one take its steps, and does something between them.

    Args:
        engine: Takes the steps.
        optimizer: Gets the learning rate of each step.
        schedule: Is asked at every step, at 1.5 in the middle of the first epoch; None for a rate
            that stays the same within an epoch.
        average: Follows every step, if given.
        history: The epochs so far.
        so_far: The epoch under way, up to the last call.
        examples: Examples per epoch.
    """

    def __init__(
        self,
        engine: Engine,
        optimizer: Optimizer,
        *,
        schedule: Schedule | None = None,
        average: WeightAverage | None = None,
        history: History,
        so_far: EpochSoFar,
        examples: int,
    ) -> None:
        self._engine = engine
        self._optimizer = optimizer
        self._schedule = schedule
        self._average = average
        self._history = history
        self._so_far = so_far
        self._examples = examples

    def take_steps(self, inputs: Array, labels: NDArray[np.int64], batch_size: int) -> Array:
        """Take one step for each batch; see `Engine.take_steps`."""
        logits, epochs = [], len(self._history)
        for start in range(0, len(labels), batch_size):
            done = self._so_far.examples + start
            if self._schedule:
                self._optimizer.scale_learning_rate(
                    self._schedule(epochs + 1 + done / self._examples)
                )
            batch = slice(start, start + batch_size)
            logits.append(self._engine.take_steps(inputs[batch], labels[batch], batch_size))
            if self._average:
                steps = epochs * math.ceil(self._examples / batch_size) + done // batch_size
                self._average.follow(steps)
        return np.concatenate(logits)
