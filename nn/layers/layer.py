"""What every layer promises, so that a network can be a plain list of them.

A layer is two functions that belong together. `forward` turns the outputs of the layer before it
into its own. `backward` receives how the loss changes with those outputs (`d_outputs`) and returns
how it changes with the inputs (`d_inputs`); on the way, a layer that learns writes the gradients
of its parameters. That is the chain rule, one link at a time.
"""

import math
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nn.initializers import InitialValues
from nn.layers.parameter import Parameter

Array = NDArray[np.floating]
Shape = tuple[int, ...]


class Layer:
    """One step of a network; the base class of all layers.

    A layer is made with what people choose (`Dense(64)`), and `build` gives it the shape of its
    inputs, which only its network knows.

    Arrays that `forward` and `backward` return in training may belong to the layer and be
    overwritten by its next step. Outside training `forward` returns a new array.

    Attributes:
        accepts: What the layer works on: "rows" (D,), "images" (C, H, W) or "any" of them.
        smallest_batch: The smallest batch it can learn from.
        input_shape: Shape of one input example, without the batch axis.
        output_shape: Shape of one output example.
        needs_input_gradient: False for the first layer that learns: no layer before it uses
            `d_inputs`, so `backward` may leave it out.
    """

    name: ClassVar[str]
    accepts: ClassVar[Literal["rows", "images", "any"]] = "any"
    smallest_batch = 1
    input_shape: Shape = ()
    output_shape: Shape = ()
    needs_input_gradient = True

    def __init__(self) -> None:
        self._kept: dict[str, Array] = {}

    def build(self, input_shape: Shape, initial: InitialValues) -> None:
        """Adopt the shape of the inputs, and draw the first parameters.

        Args:
            input_shape: Shape of one input example.
            initial: Draws the first weights, and makes all other first values.

        Raises:
            ValueError: inputs of this shape do not fit.
        """
        self.input_shape = self.output_shape = input_shape

    def weights_for(self, input_shape: Shape) -> int:
        """Return how many weights `build` would draw, so that too many can be rejected."""
        return 0

    @property
    def largest_array(self) -> int:
        """The size of the largest array that the layer makes for one example."""
        return math.prod(self.output_shape)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the layer learns; nothing, for most."""
        return ()

    @property
    def arrays(self) -> Mapping[str, Array]:
        """What must be saved to rebuild the layer, by file stem: weights, biases, ..."""
        return {}

    @property
    def constants(self) -> Mapping[str, float | tuple[int, ...]]:
        """Fixed numbers that its shapes do not show, such as a stride.

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
            Gradient of the loss with respect to the inputs, their shape; meaningless if
            `needs_input_gradient` is False.
        """
        raise NotImplementedError

    def _scratch(self, name: str, like: Array, shape: Shape | None = None) -> Array:
        """Return an array to write to, the same one in every step of training.

        Allocating a large array costs more than most of the arithmetic on it. A new one holds
        zeros, a reused one what the last step left.

        Args:
            name: Tells one array of the layer from another.
            like: Of the same type; and, without `shape`, of the same shape and order in memory.
            shape: Shape of the array, in C's order.
        """
        array = self._kept.get(name)
        if array is None or array.shape != (shape or like.shape) or array.dtype != like.dtype:
            array = np.zeros(shape, like.dtype) if shape else np.zeros_like(like)
            self._kept[name] = array
        return array

    def __repr__(self) -> str:
        return self.name
