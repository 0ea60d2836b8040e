"""Optimizer steps: what is done while gradients are added, and what is left to do."""

from collections.abc import Callable
from functools import partial

import numpy as np

from nn.engines.accumulator import BLAS, Accumulator
from nn.layers.layer import Array
from nn.layers.parameter import Parameter
from nn.optimizers import SGD, Adam, Momentum, Optimizer
from nn.regularizers import Penalty

Accumulators = dict[Parameter, Accumulator]
Step = Callable[[], None]

TRACE = 1e-14
"""An average of gradients that is closer to 0 than this hardly moves a weight."""

# By the number's size in bytes.
_SIGN_BITS = {4: np.uint32(1 << 31), 8: np.uint64(1 << 63)}


def fuse_update(optimizer: Optimizer) -> tuple[Accumulators, Step]:
    """Return where each parameter's gradient is added, and what finishes a step after that.

    Both are for the optimizer's current learning rate.
    """
    if type(optimizer) is SGD:
        return _fuse_sgd(optimizer)
    if type(optimizer) is Momentum:
        return _fuse_momentum(optimizer)
    if type(optimizer) is Adam:
        return _fuse_adam(optimizer)
    return _gradients(optimizer), optimizer.step


def _gradients(optimizer: Optimizer) -> Accumulators:
    """Add every gradient to the array that the textbook's step reads it from."""
    return {
        parameter: Accumulator(gradient, keep=0.0, scale=1.0)
        for parameter, gradient in optimizer.parameters.views(optimizer.parameters.gradients)
    }


def _fuse_sgd(optimizer: SGD) -> tuple[Accumulators, Step]:
    """Add -learning_rate * gradient to the values, and the penalty's just before: that is all."""
    scale = -optimizer.learning_rate
    accumulators = {}
    for parameter, values in optimizer.parameters.views(optimizer.parameters.values):
        penalize = None
        if parameter.penalized and optimizer.penalty:
            penalize = _Pull(optimizer.penalty, values, values, scale)
        accumulators[parameter] = Accumulator(values, keep=1.0, scale=scale, before=penalize)
    return accumulators, lambda: None


def _fuse_momentum(optimizer: Momentum) -> tuple[Accumulators, Step]:
    """Add the gradient to the velocity; add the penalty's, and move along the velocity."""
    values, velocity = optimizer.parameters.values, optimizer.velocity
    scale = 1.0 - optimizer.dampening
    clear_traces(velocity)
    accumulators = {
        parameter: Accumulator(part, keep=optimizer.momentum, scale=scale)
        for parameter, part in optimizer.parameters.views(velocity)
    }
    move = _move_along(velocity, values, -optimizer.learning_rate)
    if not optimizer.penalty:
        return accumulators, move
    weights = optimizer.parameters.penalized
    pull = _Pull(optimizer.penalty, weights, velocity[: weights.size], scale)

    def step() -> None:
        pull()
        move()

    return accumulators, step


def _fuse_adam(optimizer: Adam) -> tuple[Accumulators, Step]:
    """Write the gradient; update both averages and move, a pass over memory for each line.

    BLAS's y <- y + a * x does in one pass what takes NumPy two and an array for a * x in between.
    The corrections of both averages are factors on the rate and on epsilon: the order that the
    last paragraph of section 2 of Kingma and Ba (2015) gives.
    """
    values, gradient = optimizer.parameters.values, optimizer.parameters.gradients
    mean, square = optimizer.mean, optimizer.square
    mean_decay, square_decay = optimizer.mean_decay, optimizer.square_decay
    weights = optimizer.parameters.penalized
    pull = _Pull(optimizer.penalty, weights, gradient[: weights.size], 1.0)
    clear_traces(mean)
    add_scaled = BLAS[values.dtype].axpy

    def step() -> None:
        if not values.size:
            return
        if optimizer.penalty:
            pull()
        optimizer.steps += 1
        steps = float(optimizer.steps[0])
        correction = (1 - square_decay**steps) ** 0.5
        rate = optimizer.learning_rate * correction / (1 - mean_decay**steps)

        np.multiply(mean, mean_decay, out=mean)
        add_scaled(gradient, mean, a=1 - mean_decay)
        np.square(gradient, out=gradient)
        np.multiply(square, square_decay, out=square)
        add_scaled(gradient, square, a=1 - square_decay)

        # The gradient has been used; its array takes the step.
        root = np.sqrt(square, out=gradient)
        root += optimizer.epsilon * correction
        np.divide(mean, root, out=root)
        add_scaled(root, values, a=-rate)

    return _gradients(optimizer), step


def clear_traces(averages: Array) -> None:
    """Set numbers to 0 that have all but faded away; called once in many steps.

    The velocity of a weight whose pixel stays dark shrinks at every step, until it is subnormal,
    below 1e-38, and rounding keeps it there for ever. Intel's processors multiply such numbers a
    hundred times more slowly: steps with momentum took five times as long.
    """
    averages[np.abs(averages) < TRACE] = 0


def _move_along(direction: Array, values: Array, factor: float) -> Step:
    """Return a step: values <- values + factor * direction, in one pass over memory."""
    if not values.size:  # BLAS rejects an empty array
        return lambda: None
    return partial(BLAS[values.dtype].axpy, direction, values, a=factor)


class _Pull:
    """Does target <- target + scale * (l1 * sign(w) + l2 * w), the penalty's gradient.

    Args:
        penalty: L1 and L2.
        weights: The weights.
        target: Of the same shape; may be the weights themselves.
        scale: Factor on the gradient.
    """

    def __init__(self, penalty: Penalty, weights: Array, target: Array, scale: float) -> None:
        self._weights = weights.reshape(-1)
        self._target = target.reshape(-1)
        self._l1 = weights.dtype.type(penalty.l1 * scale)
        self._l2 = penalty.l2 * scale
        self._gradient = np.empty_like(self._weights)

    def __call__(self) -> None:
        weights, gradient = self._weights, self._gradient
        if self._l1:
            self._write_with_signs()
            if self._l2:
                gradient += self._l2 * weights
        else:
            np.multiply(weights, self._l2, out=gradient)
        self._target += gradient

    def _write_with_signs(self) -> None:
        """Write l1 with each weight's sign to the gradient.

        The highest bit of a float is its sign, so two operations on bits do it: a third of the
        time of np.sign alone, five times less than np.copysign. The second, exclusive or, flips the
        sign where l1 * scale is negative.
        """
        sign_bit = _SIGN_BITS[self._weights.itemsize]
        bits = self._gradient.view(sign_bit.dtype)
        np.bitwise_and(self._weights.view(sign_bit.dtype), sign_bit, out=bits)
        np.bitwise_xor(bits, self._l1.view(sign_bit.dtype), out=bits)
