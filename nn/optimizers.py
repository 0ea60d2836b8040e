"""How gradients become better weights.

All optimizers walk downhill; they differ in how they use the memory of earlier steps. One step of
training is always the same four lines::

    logits = network.forward(inputs, training=True)
    d_logits = loss.gradient(logits, labels)
    network.backward(d_logits)
    optimizer.step()

`backward` writes how the loss changes with each parameter, and `step` moves the parameters. The
code here follows the formulas; `nn.engines` has faster ways to take the same steps.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nn.layers.layer import Array
from nn.layers.parameter import ParameterBuffer
from nn.regularizers import Penalty


class Optimizer:
    """Changes the parameters of one network.

    Args:
        parameters: The network's parameters, `network.parameters`.
        learning_rate: Length of a step.
        penalty: L1 and L2 on the penalized parameters.

    Attributes:
        learning_rate: Length of the next steps.
    """

    name: ClassVar[str]

    def __init__(
        self, parameters: ParameterBuffer, *, learning_rate: float, penalty: Penalty | None = None
    ) -> None:
        self.parameters = parameters
        self.learning_rate = self._initial_learning_rate = learning_rate
        self.penalty = penalty or Penalty()

    @property
    def state(self) -> Mapping[str, Array]:
        """What the optimizer remembers between steps, by name; writing into it restores it."""
        return {}

    def scale_learning_rate(self, factor: float) -> None:
        """Set the learning rate to the initial one times a schedule's factor."""
        self.learning_rate = self._initial_learning_rate * factor

    def step(self) -> None:
        """Move the parameters, after `backward` has written their gradients."""
        raise NotImplementedError

    def gradient(self) -> Array:
        """Return the gradient of the loss and the penalty together, shape (P,)."""
        gradient: Array = self.parameters.gradients.copy()
        weights = self.parameters.penalized
        gradient[: weights.size] += self.penalty.gradient(weights)
        return gradient


class SGD(Optimizer):
    """weights <- weights - learning_rate * gradient: straight downhill, no memory."""

    name = "sgd"

    def step(self) -> None:
        """Take a step down the gradient."""
        self.parameters.values -= self.learning_rate * self.gradient()


class Momentum(Optimizer):
    """A ball rolling downhill: steps that agree add up, steps that go to and fro cancel.

    velocity <- momentum * velocity + (1 - dampening) * gradient;
    weights <- weights - learning_rate * velocity

    A constant gradient makes the velocity 1 / (1 - momentum) times as large. Dampening equal to
    momentum makes it an average of the gradients instead of a sum.

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
        self.velocity = parameters.zeros()

    @property
    def state(self) -> Mapping[str, Array]:
        """The velocity, shape (P,)."""
        return {"velocity": self.velocity}

    def step(self) -> None:
        """Speed up along the gradient, and move."""
        self.velocity *= self.momentum
        self.velocity += (1 - self.dampening) * self.gradient()
        self.parameters.values -= self.learning_rate * self.velocity


class Adam(Optimizer):
    """Adapts each parameter's step to the usual size of its gradients.

    mean <- b1 * mean + (1 - b1) * gradient; square <- b2 * square + (1 - b2) * gradient^2;
    weights <- weights - learning_rate * mean' / (sqrt(square') + epsilon), where mean' and square'
    are divided by 1 - b^t, t the number of steps, because both start at 0.

    Reference: Kingma and Ba (2015), Adam: A Method for Stochastic Optimization, algorithm 1.
    """

    name = "adam"
    mean_decay = 0.9
    square_decay = 0.999
    epsilon = 1e-8

    def __init__(
        self, parameters: ParameterBuffer, *, learning_rate: float, penalty: Penalty | None = None
    ) -> None:
        super().__init__(parameters, learning_rate=learning_rate, penalty=penalty)
        self.mean = parameters.zeros()
        self.square = parameters.zeros()
        self.steps = np.zeros(1)

    @property
    def state(self) -> Mapping[str, Array]:
        """The two averages, shape (P,), and the number of steps, shape (1,)."""
        return {"mean": self.mean, "square": self.square, "steps": self.steps}

    def step(self) -> None:
        """Update both averages, and move."""
        gradient = self.gradient()
        self.steps += 1
        self.mean *= self.mean_decay
        self.mean += (1 - self.mean_decay) * gradient
        self.square *= self.square_decay
        self.square += (1 - self.square_decay) * gradient**2

        steps = int(self.steps[0])
        mean = self.mean / (1 - self.mean_decay**steps)
        square = self.square / (1 - self.square_decay**steps)
        self.parameters.values -= self.learning_rate * mean / (np.sqrt(square) + self.epsilon)


OPTIMIZERS: dict[str, type[Optimizer]] = {
    optimizer.name: optimizer for optimizer in (SGD, Momentum, Adam)
}
