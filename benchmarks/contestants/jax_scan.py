"""JAX at its best: the whole epoch compiled into one program by `jit` and `scan`."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from benchmarks.work import MOMENTUM, Array, Work


class Contestant:
    """One compiled program that takes all steps of an epoch."""

    def __init__(self, work: Work, images: Array, labels: NDArray[np.int64]) -> None:
        steps = len(labels) // work.batch_size
        rows = steps * work.batch_size
        self.images = jnp.asarray(images[:rows].reshape(steps, work.batch_size, -1))
        self.labels = jnp.asarray(labels[:rows].reshape(steps, work.batch_size))
        self.state = [jnp.asarray(array) for array in work.first_parameters()]
        self.velocity = [jnp.zeros_like(array) for array in self.state]
        self._epoch = jax.jit(partial(_epoch, work), donate_argnums=(0, 1))
        # Compiled beforehand: nobody waits for that more than once.
        self._epoch = self._epoch.lower(
            self.state, self.velocity, self.images, self.labels
        ).compile()

    def run(self) -> None:
        """Train for one epoch."""
        result = self._epoch(self.state, self.velocity, self.images, self.labels)
        self.state, self.velocity, _ = jax.block_until_ready(result)

    def parameters(self) -> list[Array]:
        """Return weights and biases, alternating."""
        return [np.asarray(array) for array in self.state]


def _epoch(work, parameters, velocity, images, labels):  # type: ignore[no-untyped-def]
    activation = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}[work.activation]

    def loss(parameters, images, labels):  # type: ignore[no-untyped-def]
        outputs = images
        for index in range(0, len(parameters), 2):
            outputs = activation(outputs) if index else outputs
            outputs = outputs @ parameters[index] + parameters[index + 1]
        logs = jax.nn.log_softmax(outputs)
        return -jnp.take_along_axis(logs, labels[:, None], axis=1).mean()

    def step(state, batch):  # type: ignore[no-untyped-def]
        parameters, velocity = state
        value, gradients = jax.value_and_grad(loss)(parameters, *batch)
        if work.optimizer == "momentum":
            velocity = [
                MOMENTUM * v + gradient for v, gradient in zip(velocity, gradients, strict=True)
            ]
            gradients = velocity
        parameters = [
            parameter - work.learning_rate * gradient
            for parameter, gradient in zip(parameters, gradients, strict=True)
        ]
        return (parameters, velocity), value

    (parameters, velocity), losses = jax.lax.scan(step, (parameters, velocity), (images, labels))
    return parameters, velocity, losses.mean()
