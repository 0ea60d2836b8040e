"""The layer in which every unit looks at every input.

A unit weighs all inputs, sums them up and adds a bias. Everything a network without convolutions
knows is in these weights.
"""

import numpy as np
from numpy.typing import DTypeLike

from nn.initializers import Initializer
from nn.layers.layer import Array, Layer
from nn.layers.parameter import Parameter


class Dense(Layer):
    """outputs = inputs @ weights + biases.

    Args:
        inputs: D, the number of features of an example on entering.
        units: U, the number of features on leaving.
        initializer: Draws the first weights; biases start at 0.
        rng: Where the initializer takes its random numbers from.
        dtype: float32, or float64 for gradient checks.
    """

    name = "dense"

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        initializer: Initializer,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__((inputs,), (units,))
        weights = initializer((inputs, units), fan_in=inputs, rng=rng)
        self.weights = Parameter(weights.astype(dtype), penalized=True)
        self.biases = Parameter(np.zeros(units, dtype))
        self._allocate(0)

    def _allocate(self, examples: int) -> None:
        dtype = self.weights.value.dtype
        self._outputs = np.empty((examples, *self.output_shape), dtype)
        self._d_inputs = np.empty((examples, *self.input_shape), dtype)
        self._ones = np.ones((examples, 1), dtype)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The weights (D, U) and the biases (U,)."""
        return self.weights, self.biases

    @property
    def arrays(self) -> dict[str, Array]:
        """The weights (D, U) and the biases (U,)."""
        return {"weights": self.weights.value, "biases": self.biases.value}

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Return inputs (N, D) @ weights (D, U) + biases (U,), shape (N, U)."""
        if not training:
            return inputs @ self.weights.value + self.biases.value
        if len(inputs) != len(self._outputs):
            self._allocate(len(inputs))
        self._inputs = inputs
        outputs = np.dot(inputs, self.weights.value, self._outputs)
        outputs += self.biases.value
        return outputs

    def backward(self, d_outputs: Array) -> Array:
        """Return d_outputs (N, U) @ weights.T, shape (N, D); hand on the parameters' gradients.

        From outputs[n, u] = sum_d inputs[n, d] weights[d, u] + biases[u] follow

        - d_weights = inputs.T @ d_outputs,
        - d_biases = the sum of d_outputs over the batch, written as ones.T @ d_outputs,
        - d_inputs = d_outputs @ weights.T.
        """
        if self.needs_input_gradient:
            # First of all, because the products below may already change the weights.
            np.dot(d_outputs, self.weights.value.T, self._d_inputs)
        self.weights.add_product(self._inputs, d_outputs)
        self.biases.add_product(self._ones, d_outputs)
        return self._d_inputs

    def __repr__(self) -> str:
        return f"dense {self.input_shape[0]} -> {self.output_shape[0]}"
