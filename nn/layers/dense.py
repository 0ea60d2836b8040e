"""The layer in which every unit looks at every input.

A unit weighs all inputs, sums them up and adds a bias. Everything a network without convolutions
knows is in these weights.
"""

from collections.abc import Mapping

from nn.initializers import InitialValues
from nn.layers.layer import Array, Layer, Shape
from nn.layers.parameter import Parameter


class Dense(Layer):
    """outputs = inputs @ weights + biases.

    Args:
        units: U, the number of output features.
    """

    name = "dense"
    accepts = "rows"

    def __init__(self, units: int) -> None:
        super().__init__()
        self.units = units

    def build(self, input_shape: Shape, initial: InitialValues) -> None:
        """Draw the weights (D, U) for rows (D,); biases (U,) start at 0."""
        (inputs,) = input_shape
        self.input_shape, self.output_shape = input_shape, (self.units,)
        weights = initial.weights((inputs, self.units), fan_in=inputs)
        self.weights = Parameter(weights, penalized=True)
        self.biases = Parameter(initial.constants(self.units, 0))

    def weights_for(self, input_shape: Shape) -> int:
        """Return D * U."""
        return input_shape[0] * self.units

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The weights (D, U) and the biases (U,)."""
        return self.weights, self.biases

    @property
    def arrays(self) -> Mapping[str, Array]:
        """The weights (D, U) and the biases (U,)."""
        return {"weights": self.weights.value, "biases": self.biases.value}

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return inputs (N, D) @ weights (D, U) + biases (U,), shape (N, U)."""
        if training:
            self._inputs = inputs
        return inputs @ self.weights.value + self.biases.value

    def backward(self, d_outputs: Array) -> Array:
        """Write the gradients of weights and biases; return d_inputs (N, D).

        From outputs[n, u] = sum_d inputs[n, d] weights[d, u] + biases[u] follow

        - d_weights = inputs.T @ d_outputs,
        - d_biases = the sum of d_outputs over the batch,
        - d_inputs = d_outputs @ weights.T.
        """
        self.weights.gradient[:] = self._inputs.T @ d_outputs
        self.biases.gradient[:] = d_outputs.sum(axis=0)
        d_inputs: Array = d_outputs @ self.weights.value.T
        return d_inputs

    def __repr__(self) -> str:
        return f"dense {self.input_shape[0]} -> {self.units}" if self.input_shape else "dense"
