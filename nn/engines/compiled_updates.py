"""Adam's step as a compiled loop: one pass over memory, where NumPy takes nine."""

import numpy as np

from nn.engines.compiling import compiled_once
from nn.engines.fused_updates import Accumulators, Step, fuse_update
from nn.layers.layer import Array
from nn.optimizers import Adam, Optimizer


@compiled_once
def move(
    values: Array,
    gradients: Array,
    mean: Array,
    square: Array,
    penalized: int,
    l1: np.float32,
    l2: np.float32,
    mean_decay: np.float32,
    square_decay: np.float32,
    rate: np.float32,
    epsilon: np.float32,
) -> None:
    """Update both averages of the gradient and its square, and move; see `nn.optimizers.Adam`.

    Args:
        values: Shape (P,).
        gradients: Shape (P,), without the penalty's, which is added to the first `penalized`.
        mean: Shape (P,).
        square: Shape (P,).
        penalized: How many values L1 and L2 act on.
        l1: Strength of L1.
        l2: Strength of L2.
        mean_decay: Share of the mean that is kept.
        square_decay: Share of the mean square that is kept.
        rate: The learning rate, with the corrections of both averages.
        epsilon: With the correction of the mean square.
    """
    one = np.float32(1)
    if l1 > 0 or l2 > 0:
        for i in range(penalized):
            gradients[i] += (-l1 if values[i] < 0 else l1) + l2 * values[i]
    for i in range(len(values)):
        gradient = gradients[i]
        mean[i] = mean_decay * mean[i] + (one - mean_decay) * gradient
        square[i] = square_decay * square[i] + (one - square_decay) * gradient * gradient
        values[i] -= rate * mean[i] / (np.sqrt(square[i]) + epsilon)


ADAM_LOOPS = (move,)


def compile_update(optimizer: Optimizer) -> tuple[Accumulators, Step]:
    """Return where gradients are added and what finishes a step; see `fuse_update`."""
    accumulators, fused_step = fuse_update(optimizer)
    if type(optimizer) is not Adam:
        return accumulators, fused_step
    parameters = optimizer.parameters

    def step() -> None:
        optimizer.steps += 1
        steps = float(optimizer.steps[0])
        correction = (1 - optimizer.square_decay**steps) ** 0.5
        rate = optimizer.learning_rate * correction / (1 - optimizer.mean_decay**steps)
        move(
            parameters.values,
            parameters.gradients,
            optimizer.mean,
            optimizer.square,
            parameters.penalized.size,
            *map(
                np.float32,
                (
                    optimizer.penalty.l1,
                    optimizer.penalty.l2,
                    optimizer.mean_decay,
                    optimizer.square_decay,
                    rate,
                    optimizer.epsilon * correction,
                ),
            ),
        )

    return accumulators, step
