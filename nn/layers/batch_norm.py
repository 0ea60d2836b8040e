"""The layer that keeps the numbers inside a network in scale.

While the first layers learn, the numbers they pass on drift, and later layers must learn on
shifting ground. Batch normalization gives every unit mean 0 and deviation 1 over the batch, and
then a scale and a shift that are learned. Outside training there may be no batch to speak of, so
averages over the training's batches stand in for its mean and variance.
"""

import math
from collections.abc import Mapping

import numpy as np

from nn.initializers import InitialValues
from nn.layers.layer import Array, Layer, Shape
from nn.layers.parameter import Parameter


class BatchNorm(Layer):
    """outputs = gamma * (inputs - mean) / sqrt(variance + epsilon) + beta.

    In training, mean and variance are those of the batch, for each feature of rows (N, D) and for
    each channel of images (N, C, H, W), and the running mean and variance follow them:

        running <- 0.9 * running + 0.1 * the batch's

    where the variance is the unbiased one. Outside training the running ones are used.

    Reference: Ioffe and Szegedy (2015), Batch Normalization: Accelerating Deep Network Training
    by Reducing Internal Covariate Shift, algorithms 1 and 2.
    """

    name = "batch_norm"
    epsilon = 1e-5
    running_share = 0.1

    def build(self, input_shape: Shape, initial: InitialValues) -> None:
        """Start with gamma 1 and beta 0, for rows (D,) or images (C, H, W)."""
        self.input_shape = self.output_shape = input_shape
        features, *pixels = input_shape
        self.smallest_batch = 2 if math.prod(pixels) == 1 else 1
        self.gamma = Parameter(initial.constants(features, 1))
        self.beta = Parameter(initial.constants(features, 0))
        self.running_mean = initial.constants(features, 0)
        self.running_variance = initial.constants(features, 1)
        # One number for each feature, shaped to broadcast over examples and pixels.
        self._each = (features, *(1 for _ in pixels))
        self._axes = (0, *range(2, 2 + len(pixels)))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The scale gamma (D,) or (C,) and the shift beta, of the same shape."""
        return self.gamma, self.beta

    @property
    def arrays(self) -> Mapping[str, Array]:
        """The scale gamma, the shift beta and the running mean and variance, all (D,) or (C,)."""
        return {
            "gamma": self.gamma.value,
            "beta": self.beta.value,
            "running_mean": self.running_mean,
            "running_variance": self.running_variance,
        }

    @property
    def constants(self) -> Mapping[str, float | tuple[int, ...]]:
        """Epsilon, which prevents a division by 0."""
        return {"epsilon": self.epsilon}

    def forward(self, inputs: Array, training: bool = False) -> Array:
        """Normalize rows (N, D) or images (N, C, H, W).

        Raises:
            ValueError: in training, a feature has only one number in the whole batch.
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
                "variance; use batches of two or more"
            )
        self._count = inputs.size // len(self.running_mean)
        self._normalized = normalized = self._scratch("normalized", inputs)
        mean = self._mean(inputs)
        np.subtract(inputs, self._spread(mean), out=normalized)
        squares = np.square(normalized, out=self._scratch("products", inputs))
        variance = self._mean(squares)
        self._deviation = np.sqrt(variance + self.epsilon)
        normalized /= self._spread(self._deviation)
        self.follow(mean, variance, self._count)

        outputs = np.multiply(normalized, gamma, out=self._scratch("outputs", inputs))
        outputs += beta
        return outputs

    def backward(self, d_outputs: Array) -> Array:
        """Write the gradients of gamma and beta; return d_inputs.

        With n = (x - mean) / deviation, M numbers per feature, and sums over these M:

        - d_beta = sum of d_outputs,
        - d_gamma = sum of d_outputs * n,
        - d_x = gamma / deviation * (d_outputs - d_beta / M - n * d_gamma / M).

        The last two terms are there because x moves the mean and the deviation, too: they remove
        from d_outputs what shifting or scaling all x would change, since neither changes n.
        """
        normalized = self._normalized
        products = np.multiply(d_outputs, normalized, out=self._scratch("products", normalized))
        d_gamma = products.sum(axis=self._axes)
        d_beta = d_outputs.sum(axis=self._axes)
        self.gamma.gradient[:], self.beta.gradient[:] = d_gamma, d_beta

        d_inputs = self._scratch("d_inputs", normalized)
        if self.needs_input_gradient:
            np.multiply(normalized, self._spread(d_gamma / -self._count), out=d_inputs)
            d_inputs += d_outputs
            d_inputs -= self._spread(d_beta / self._count)
            d_inputs *= self._spread(self.gamma.value / self._deviation)
        return d_inputs

    def _spread(self, numbers: Array) -> Array:
        """Return one number for each feature, shaped to broadcast over a batch."""
        return numbers.reshape(self._each)

    def _mean(self, batch: Array) -> Array:
        """Return the mean over the batch (and the pixels) of each feature."""
        mean: Array = batch.sum(axis=self._axes)
        mean /= self._count
        return mean

    def follow(self, mean: Array, variance: Array, count: int) -> None:
        """Let the running mean and variance follow those of a batch.

        Args:
            mean: Shape (D,) or (C,).
            variance: The same, of `count` numbers for each feature.
            count: M, from 2.
        """
        unbiased = variance * (count / (count - 1))
        for running, latest in ((self.running_mean, mean), (self.running_variance, unbiased)):
            running[:] = (1 - self.running_share) * running + self.running_share * latest

    def __repr__(self) -> str:
        return f"{self.name} {self.input_shape[0]}" if self.input_shape else self.name
