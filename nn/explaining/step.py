"""One training step, with every number that came up on the way.

The layers, the loss and the optimizer are the program's own and do what they do in training; here
their inputs, outputs and gradients are kept.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.gradients import derivative_at
from nn.layers.dropout import Dropout
from nn.layers.layer import Array, Layer, Shape
from nn.layers.parameter import Parameter
from nn.losses import Loss
from nn.network import Network
from nn.optimizers import Optimizer


@dataclass(frozen=True)
class Step:
    """A training step that has been taken.

    Attributes:
        network: The network, as it was before the step.
        optimizer: Took the step.
        minimized: The loss function.
        labels: Of the examples, (N,).
        outputs: What entered the first layer, (N, D), then what each of the `layers` returned.
        d_outputs: The gradient of the loss with respect to each of `outputs`; None before the
            first layer that learns, where nothing needs it.
        after: All parameters after the step, (P,).
        loss: Before the step.
        new_loss: After the step.
    """

    network: Network
    optimizer: Optimizer
    minimized: Loss
    labels: NDArray[np.integer]
    outputs: list[Array]
    d_outputs: list[Array | None]
    after: Array
    loss: float
    new_loss: float

    @property
    def layers(self) -> list[Layer]:
        """The layers that take part."""
        return _layers(self.network)

    @property
    def gradient_of_logits(self) -> Array:
        """How the loss changes with the logits, (N, K)."""
        return self.minimized.gradient(self.outputs[-1], self.labels)

    def new_value(self, parameter: Parameter) -> Array:
        """Return a parameter's value after the step."""
        pairs = self.network.parameters.views(self.after)
        return next(new for one, new in pairs if one is parameter)

    def derivative(self, parameter: Parameter, index: Shape) -> float:
        """Return how the loss changes with one number of a parameter.

        By definition, (L(w + h) - L(w - h)) / 2h: slow, but it needs no backward step.
        """
        return derivative_at(self._loss, parameter.value, index)

    def _loss(self) -> float:
        return self.minimized.value(_forward(self.layers, self.outputs[0])[-1], self.labels)


def take_step(
    network: Network,
    minimized: Loss,
    optimizer: Optimizer,
    inputs: Array,
    labels: NDArray[np.integer],
) -> Step:
    """Take one training step and keep its numbers.

    Dropout is left out: its masks are random, so no two forward passes would agree.

    Args:
        network: With dtype float64, so that gradients and their definition agree to many digits.
        minimized: The loss function.
        optimizer: Of the network.
        inputs: The examples, (N, D).
        labels: Their classes, (N,).
    """
    layers = _layers(network)
    outputs = _forward(layers, inputs)
    loss = minimized.value(outputs[-1], labels)

    d_outputs: list[Array | None] = [None] * len(layers)
    gradient = minimized.gradient(outputs[-1], labels)
    d_outputs.append(gradient.copy())
    for number in reversed(range(len(layers))):
        if layers[number] not in network.learning_layers:
            break
        gradient = layers[number].backward(gradient)
        if layers[number].needs_input_gradient:
            d_outputs[number] = gradient.copy()

    values = network.parameters.values
    before = values.copy()
    optimizer.step()
    after, new_loss = values.copy(), minimized.value(_forward(layers, inputs)[-1], labels)
    values[:] = before
    return Step(network, optimizer, minimized, labels, outputs, d_outputs, after, loss, new_loss)


def _layers(network: Network) -> list[Layer]:
    return [layer for layer in network.layers if not isinstance(layer, Dropout)]


def _forward(layers: list[Layer], inputs: Array) -> list[Array]:
    """Return the inputs, then copies of what each layer returns."""
    outputs = [inputs]
    for layer in layers:
        outputs.append(layer.forward(outputs[-1], training=True).copy())
    return outputs
