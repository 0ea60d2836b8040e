"""What every layer promises, so that a network can be a plain list of them.

A layer is two functions that belong together. `forward` turns the outputs of the layer before it
into its own; `backward` is told how the loss changes with those outputs (`d_outputs`) and answers
how it changes with the inputs (`d_inputs`). On the way back, a layer that learns also hands the
gradients of its parameters to `Parameter`. That is the chain rule, one link at a time.
"""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nn.layers.parameter import Parameter

Array = NDArray[np.floating]
Shape = tuple[int, ...]


class Layer:
    """One step of a network; the base of all of them.

    Arrays that `forward` and `backward` return in training belong to the layer and are
    overwritten by its next step: making a new array costs more than most of the arithmetic.
    Outside training `forward` returns a new array.

    Attributes:
        input_shape: Shape of one example on entering, without the batch axis.
        output_shape: Shape of one example on leaving.
        needs_input_gradient: False for the first layer that learns: nothing before it wants to
            know `d_inputs`, so `backward` may leave it out.
        smallest_batch: The fewest examples it can learn from at a time.
    """

    name: ClassVar[str]
    smallest_batch = 1

    def __init__(self, input_shape: Shape, output_shape: Shape) -> None:
        self.input_shape = input_shape
        self.output_shape = output_shape
        self.needs_input_gradient = True

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the layer learns; nothing, for most."""
        return ()

    @property
    def arrays(self) -> dict[str, Array]:
        """What must be saved to rebuild the layer, by file stem: weights, biases, ..."""
        return {}

    @property
    def constants(self) -> dict[str, float | tuple[int, ...]]:
        """The numbers, neither learned nor seen in the shapes, that decide what it computes.

        Name, shapes, constants and arrays are all that is needed to run the layer elsewhere: in
        a browser, or in another program.
        """
        return {}

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Compute the outputs.

        Args:
            inputs: Shape (N, *input_shape).
            training: Whether `backward` will follow.

        Returns:
            Shape (N, *output_shape).
        """
        raise NotImplementedError

    def backward(self, d_outputs: Array) -> Array:
        """Send the gradient back through the layer, after a `forward` with `training`.

        Args:
            d_outputs: Gradient of the loss with respect to the outputs, their shape.

        Returns:
            Gradient of the loss with respect to the inputs, their shape; without meaning where
            `needs_input_gradient` is False.
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.name
