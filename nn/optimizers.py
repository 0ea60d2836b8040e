"""How gradients become better weights.

All optimizers walk downhill; they differ in how they use the memory of earlier steps. One step of
training is always the same four lines::

    logits = network.forward(inputs, training=True)
    d_logits = loss.gradient(logits, targets)
    network.backward(d_logits)
    optimizer.step()

An optimizer decides where `backward` adds the gradients (see `nn.layers.parameter`), and `step`
does what is left to do.
"""

from typing import ClassVar

import numpy as np
from scipy.linalg import blas

from nn.layers.layer import Array
from nn.layers.parameter import ParameterBuffer, aligned
from nn.regularizers import Penalty


class Optimizer:
    """Changes the parameters of one network.

    Args:
        parameters: The network's parameters.
        learning_rate: Length of a step; a schedule may change it between epochs.
        penalty: L1 and L2 on the penalized parameters.
    """

    name: ClassVar[str]

    def __init__(
        self, parameters: ParameterBuffer, *, learning_rate: float, penalty: Penalty | None = None
    ) -> None:
        self.parameters = parameters
        self.penalty = penalty or Penalty()
        self._learning_rate = learning_rate
        self._axpy = blas.saxpy if parameters.values.dtype == np.float32 else blas.daxpy

    @property
    def learning_rate(self) -> float:
        """The length of the next steps."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: float) -> None:
        self._learning_rate = learning_rate
        self._direct_gradients()

    @property
    def state(self) -> dict[str, Array]:
        """What the optimizer remembers between steps, by name; writing into it restores it."""
        return {}

    def step(self) -> None:
        """Finish the update that `backward` began."""
        raise NotImplementedError

    def _direct_gradients(self) -> None:
        """Tell the parameters where their gradients go, again after a change of the rate."""

    def _add_penalty_gradient(self, accumulator: Array, scale: float = 1.0) -> None:
        self.penalty.add_gradient(
            self.parameters.penalized, self.parameters.penalized_part(accumulator), scale
        )

    def _move_along(self, direction: Array) -> None:
        """Do values <- values - learning_rate * direction, in one pass over memory."""
        if direction.size:
            self._axpy(direction, self.parameters.values, a=-self._learning_rate)


class SGD(Optimizer):
    """values <- values - learning_rate * gradient: straight downhill, no memory.

    `backward` adds the scaled gradient to the parameters themselves. The penalty's gradient is
    taken from each weight just before, while the weight is still the old one, so nothing is left
    for `step` to do.
    """

    name = "sgd"

    def __init__(
        self, parameters: ParameterBuffer, *, learning_rate: float, penalty: Penalty | None = None
    ) -> None:
        super().__init__(parameters, learning_rate=learning_rate, penalty=penalty)
        self._direct_gradients()

    def _direct_gradients(self) -> None:
        self.parameters.accumulate_into(
            self.parameters.values,
            keep=1.0,
            scale=-self._learning_rate,
            before_penalized=self._penalize if self.penalty else None,
        )

    def _penalize(self, weights: Array) -> None:
        self.penalty.add_gradient(weights, weights, -self._learning_rate)

    def step(self) -> None:
        """Do nothing: `backward` has done it all."""


class Momentum(Optimizer):
    """velocity <- momentum * velocity + (1 - dampening) * gradient; values <- values - rate * it.

    A ball rolling downhill: steps in a constant direction add up, to 1 / (1 - momentum) times the
    gradient, and those that go to and fro cancel. `backward` adds the gradient to the velocity
    itself. Dampening equal to momentum makes the velocity an average of the gradients instead of
    a sum.

    Args:
        parameters: The network's parameters.
        learning_rate: Length of a step.
        momentum: Share of the velocity that is kept, from 0 and below 1.
        dampening: Share of the gradient that is left out, from 0 and below 1.
        penalty: L1 and L2 on the penalized parameters.

    Reference: Polyak (1964), Some methods of speeding up the convergence of iteration methods.
    """

    name = "momentum"

    def __init__(
        self,
        parameters: ParameterBuffer,
        *,
        learning_rate: float,
        momentum: float = 0.9,
        dampening: float = 0.0,
        penalty: Penalty | None = None,
    ) -> None:
        super().__init__(parameters, learning_rate=learning_rate, penalty=penalty)
        self.momentum = momentum
        self.dampening = dampening
        self._velocity = aligned(np.zeros_like(parameters.values))
        parameters.accumulate_into(self._velocity, keep=momentum, scale=1.0 - dampening)

    @property
    def state(self) -> dict[str, Array]:
        """The velocity, shape (P,)."""
        return {"velocity": self._velocity}

    def step(self) -> None:
        """Add the penalty's gradient to the velocity and move along it."""
        if self.penalty:
            self._add_penalty_gradient(self._velocity, 1.0 - self.dampening)
        self._move_along(self._velocity)


class Adam(Optimizer):
    """A step of its own length for every parameter, from the size its gradients usually have.

    mean <- b1 * mean + (1 - b1) * gradient; square <- b2 * square + (1 - b2) * gradient^2;
    values <- values - rate * mean' / (sqrt(square') + epsilon), where mean' and square' are
    divided by 1 - b^t because both start at 0.

    Args:
        parameters: The network's parameters.
        learning_rate: Length of a step.
        penalty: L1 and L2, whose gradients join the loss's.

    Reference: Kingma and Ba (2015), Adam: A Method for Stochastic Optimization, algorithm 1 and,
    for the order of the operations, the last paragraph of section 2.
    """

    name = "adam"
    mean_decay = 0.9
    square_decay = 0.999
    epsilon = 1e-8

    def __init__(
        self, parameters: ParameterBuffer, *, learning_rate: float, penalty: Penalty | None = None
    ) -> None:
        super().__init__(parameters, learning_rate=learning_rate, penalty=penalty)
        self._gradient = aligned(np.zeros_like(parameters.values))
        self._mean = aligned(np.zeros_like(parameters.values))
        self._square = aligned(np.zeros_like(parameters.values))
        self._steps = np.zeros(1)
        parameters.accumulate_into(self._gradient, keep=0.0, scale=1.0)

    @property
    def state(self) -> dict[str, Array]:
        """The two averages, shape (P,), and the number of steps, shape (1,)."""
        return {"mean": self._mean, "square": self._square, "steps": self._steps}

    def step(self) -> None:
        """Update both averages and move.

        Each line is one pass over memory. BLAS's y <- y + a * x does in one what takes NumPy two
        and an array for a * x in between.
        """
        if not self._gradient.size:
            return
        gradient, mean, square = self._gradient, self._mean, self._square
        if self.penalty:
            self._add_penalty_gradient(gradient)
        self._steps += 1
        steps = float(self._steps[0])
        correction = (1 - self.square_decay**steps) ** 0.5
        rate = self._learning_rate * correction / (1 - self.mean_decay**steps)

        mean *= self.mean_decay
        self._axpy(gradient, mean, a=1 - self.mean_decay)
        np.square(gradient, out=gradient)
        square *= self.square_decay
        self._axpy(gradient, square, a=1 - self.square_decay)

        # The gradient has been used; its array takes the step.
        root = np.sqrt(square, out=gradient)
        root += self.epsilon * correction
        step = np.divide(mean, root, out=root)
        self._axpy(step, self.parameters.values, a=-rate)


OPTIMIZERS: dict[str, type[Optimizer]] = {
    optimizer.name: optimizer for optimizer in (SGD, Momentum, Adam)
}
