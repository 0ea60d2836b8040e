"""The layer that keeps the numbers inside a network in scale.

While the first layers learn, the numbers they pass on drift, and the layers behind must learn on
shifting ground. Batch normalization gives every unit mean 0 and deviation 1 over the batch, and
then a scale and a shift that are learned. Outside training there may be no batch to speak of, so
averages over the training's batches stand in for its mean and variance.
"""

import math

import numpy as np
from numpy.typing import DTypeLike

from nn.layers.layer import Array, Layer, Shape
from nn.layers.parameter import Parameter


class BatchNorm(Layer):
    """outputs = gamma * (inputs - mean) / sqrt(variance + epsilon) + beta.

    In training, mean and variance are the batch's, for each feature of rows (N, D) and for each
    channel of images (N, C, H, W), and the running ones follow them:

        running <- 0.9 * running + 0.1 * the batch's

    where the variance that is followed is the unbiased one. Outside training the running ones are
    used.

    Args:
        input_shape: (D,) or (C, H, W), which does not change.
        dtype: float32, or float64 for gradient checks.

    Reference: Ioffe and Szegedy (2015), Batch Normalization: Accelerating Deep Network Training
    by Reducing Internal Covariate Shift, algorithms 1 and 2.
    """

    name = "batch_norm"
    epsilon = 1e-5
    running_share = 0.1

    def __init__(self, input_shape: Shape, *, dtype: DTypeLike = np.float32) -> None:
        super().__init__(input_shape, input_shape)
        features, *pixels = input_shape
        self.smallest_batch = 2 if math.prod(pixels) == 1 else 1
        self.gamma = Parameter(np.ones(features, dtype))
        self.beta = Parameter(np.zeros(features, dtype))
        self.running_mean = np.zeros(features, dtype)
        self.running_variance = np.ones(features, dtype)
        # One number for each feature, shaped so that it meets all examples and pixels of its own.
        self._each = (features, *(1 for _ in pixels))
        self._axes = (0, *range(2, 2 + len(pixels)))
        self._outputs: Array = np.empty((0, *input_shape), dtype)

    def _allocate(self, inputs: Array) -> None:
        """Make the arrays that one training step writes to, for batches shaped like `inputs`."""
        self._outputs = np.empty_like(inputs)
        self._normalized = np.empty_like(inputs)
        self._d_inputs = np.empty_like(inputs)
        self._products = np.empty_like(inputs)
        self._count = inputs.size // len(self.running_mean)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The scale gamma (D,) or (C,) and the shift beta, of the same shape."""
        return self.gamma, self.beta

    @property
    def arrays(self) -> dict[str, Array]:
        """The scale gamma, the shift beta and the running mean and variance, all (D,) or (C,)."""
        return {
            "gamma": self.gamma.value,
            "beta": self.beta.value,
            "running_mean": self.running_mean,
            "running_variance": self.running_variance,
        }

    @property
    def constants(self) -> dict[str, float | tuple[int, ...]]:
        """The number that keeps the division from one by 0."""
        return {"epsilon": self.epsilon}

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Normalize rows (N, D) or images (N, C, H, W).

        Raises:
            ValueError: in training, a feature has one number only in the whole batch.
        """
        gamma, beta = self._spread(self.gamma.value), self._spread(self.beta.value)
        if not training:
            scale = gamma / np.sqrt(self._spread(self.running_variance) + self.epsilon)
            outputs: Array = inputs * scale
            outputs += beta - scale * self._spread(self.running_mean)
            return outputs
        if len(inputs) < self.smallest_batch:
            raise ValueError(
                "batch normalization cannot learn from a batch of one: a single number has no "
                "variance; make batches of two or more"
            )
        if inputs.shape != self._outputs.shape:
            self._allocate(inputs)

        normalized = self._normalized
        mean = self._mean(inputs)
        np.subtract(inputs, self._spread(mean), out=normalized)
        np.square(normalized, out=self._products)
        variance = self._mean(self._products)
        self._deviation = np.sqrt(variance + self.epsilon)
        normalized /= self._spread(self._deviation)
        self._follow(self.running_mean, mean)
        self._follow(self.running_variance, variance * (self._count / (self._count - 1)))

        np.multiply(normalized, gamma, out=self._outputs)
        self._outputs += beta
        return self._outputs

    def backward(self, d_outputs: Array) -> Array:
        """Return the gradient with respect to the inputs; hand on gamma's and beta's.

        With n = (x - mean) / deviation, M numbers a feature, and sums over these M:

        - d_beta = sum of d_outputs,
        - d_gamma = sum of d_outputs * n,
        - d_x = gamma / deviation * (d_outputs - d_beta / M - n * d_gamma / M).

        The last two terms are there because x moves the mean and the deviation, too: they take
        out of d_outputs what a shift or a scaling of all x would change, for neither changes n.
        """
        np.multiply(d_outputs, self._normalized, out=self._products)
        d_gamma = self._products.sum(axis=self._axes)
        d_beta = d_outputs.sum(axis=self._axes)
        if self.needs_input_gradient:
            # First of all, because handing on a gradient may already change gamma.
            d_inputs = self._d_inputs
            np.multiply(self._normalized, self._spread(d_gamma / -self._count), out=d_inputs)
            d_inputs += d_outputs
            d_inputs -= self._spread(d_beta / self._count)
            d_inputs *= self._spread(self.gamma.value / self._deviation)
        self.gamma.add(d_gamma)
        self.beta.add(d_beta)
        return self._d_inputs

    def _spread(self, numbers: Array) -> Array:
        """Return one number for each feature, shaped to meet a batch."""
        return numbers.reshape(self._each)

    def _mean(self, batch: Array) -> Array:
        """Return the mean over the batch (and the pixels) of each feature."""
        mean: Array = batch.sum(axis=self._axes)
        mean /= self._count
        return mean

    def _follow(self, running: Array, latest: Array) -> None:
        running *= 1 - self.running_share
        running += self.running_share * latest

    def __repr__(self) -> str:
        return f"{self.name} {self.input_shape[0]}"
