"""Optimizer steps as compiled loops: one pass over memory, where NumPy takes up to nine.

The loops take the parameters from `first` up to `last`, so that threads can share them. They cut
them out first: an index from 0 is never negative, so LLVM works on many at once.
"""

from collections.abc import Callable

import numpy as np

from nn.engines.compiling import compiled_once
from nn.engines.fused_updates import TRACE, Accumulators, Step
from nn.engines.threads import share
from nn.layers.layer import Array
from nn.optimizers import SGD, Adam, Momentum, Optimizer

_TRACE = np.float32(TRACE)  # see `nn.engines.fused_updates.clear_traces`
# A parameter costs about as much as so many multiplications of a convolution.
_MULTIPLICATIONS = 20


@compiled_once
def penalize(
    first: int, last: int, gradients: Array, weights: Array, l1: np.float32, l2: np.float32
) -> None:
    """Add the penalty's gradient; see `nn.regularizers.Penalty`."""
    gradients, weights = gradients[first:last], weights[first:last]
    for i in range(len(weights)):
        gradients[i] += (-l1 if weights[i] < 0 else l1) + l2 * weights[i]


@compiled_once
def move_down(first: int, last: int, values: Array, gradients: Array, rate: np.float32) -> None:
    """Move against the gradient; see `nn.optimizers.SGD`."""
    values, gradients = values[first:last], gradients[first:last]
    for i in range(len(values)):
        values[i] -= rate * gradients[i]


@compiled_once
def roll(
    first: int,
    last: int,
    values: Array,
    gradients: Array,
    velocity: Array,
    momentum: np.float32,
    scale: np.float32,
    rate: np.float32,
) -> None:
    """Add scale * gradient to the velocity, and move; see `nn.optimizers.Momentum`."""
    values, gradients, velocity = values[first:last], gradients[first:last], velocity[first:last]
    for i in range(len(values)):
        speed = momentum * velocity[i] + scale * gradients[i]
        velocity[i] = speed if abs(speed) >= _TRACE else np.float32(0)
        values[i] -= rate * velocity[i]


@compiled_once
def adapt(
    first: int,
    last: int,
    values: Array,
    gradients: Array,
    mean: Array,
    square: Array,
    mean_decay: np.float32,
    square_decay: np.float32,
    rate: np.float32,
    epsilon: np.float32,
) -> None:
    """Update both averages, and move; see `nn.optimizers.Adam`.

    The corrections of both averages are factors on `rate` and `epsilon`.
    """
    one = np.float32(1)
    values, gradients = values[first:last], gradients[first:last]
    mean, square = mean[first:last], square[first:last]
    for i in range(len(values)):
        gradient = gradients[i]
        average = mean_decay * mean[i] + (one - mean_decay) * gradient
        mean[i] = average if abs(average) >= _TRACE else np.float32(0)
        square[i] = square_decay * square[i] + (one - square_decay) * gradient * gradient
        values[i] -= rate * mean[i] / (np.sqrt(square[i]) + epsilon)


Loop = Callable[..., None]
_LOOPS: dict[type[Optimizer], Loop] = {SGD: move_down, Momentum: roll, Adam: adapt}


def loops_of(optimizer: Optimizer) -> list[Loop]:
    """Return the loops that an optimizer's steps need compiled."""
    loops = [loop for kind, loop in _LOOPS.items() if type(optimizer) is kind]
    return [penalize, *loops] if loops and optimizer.penalty else loops


def compile_update(optimizer: Optimizer) -> tuple[Accumulators, Step]:
    """Return what finishes a step, and no accumulators: layers write to the gradients' own place.

    It is for the optimizer's current learning rate.
    """
    if type(optimizer) not in _LOOPS:
        return {}, optimizer.step
    values, gradients = optimizer.parameters.values, optimizer.parameters.gradients
    weights, penalty = optimizer.parameters.penalized, optimizer.penalty

    def step() -> None:
        if penalty:
            _run(penalize, weights.size, gradients, weights, penalty.l1, penalty.l2)
        _run(_LOOPS[type(optimizer)], values.size, values, gradients, *_begin(optimizer))

    return {}, step


def _begin(optimizer: Optimizer) -> list[Array | float]:
    """Count the step, and return the optimizer's arrays and factors in the order of its loop."""
    rate = optimizer.learning_rate
    if isinstance(optimizer, Momentum):
        return [optimizer.velocity, optimizer.momentum, 1 - optimizer.dampening, rate]
    if isinstance(optimizer, Adam):
        optimizer.steps += 1
        mean_decay, square_decay = optimizer.mean_decay, optimizer.square_decay
        steps = float(optimizer.steps[0])
        correction = (1 - square_decay**steps) ** 0.5
        rate *= correction / (1 - mean_decay**steps)
        averages = [optimizer.mean, optimizer.square, mean_decay, square_decay]
        return [*averages, rate, optimizer.epsilon * correction]
    return [rate]


def _run(loop: Loop, size: int, *arguments: Array | float) -> None:
    """Let threads share the numbers from 0 up to `size`."""
    numbers = (a if isinstance(a, np.ndarray) else np.float32(a) for a in arguments)
    share(loop, size, *numbers, multiplications=_MULTIPLICATIONS * size)
