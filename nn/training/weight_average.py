"""A network whose weights are the average of the last steps.

Steps are noisy: each follows the gradient of a few examples, so the weights circle around a minimum
without reaching it. Their average lies closer to it than any of them, as if the learning rate had
been smaller at the end, and costs one pass over the parameters in each step.
"""

import numpy as np

from nn.engines.accumulator import BLAS
from nn.network import Network


class WeightAverage:
    """average <- kept * average + (1 - kept) * weights, after every step.

    kept is the smaller of `decay` and s / (s + 9), s the number of steps before. The first weights
    are soon forgotten, and early averages are over the last tenth of the steps.

    The running mean and variance of batch normalization are averaged in the same way: they belong
    to the weights of their moment.

    Args:
        network: The network that is trained.
        averaged: Another one of the same layers, which gets the averages.
        decay: Share of the average that is kept in each step, above 0 and below 1.

    Reference: Polyak and Juditsky (1992), Acceleration of Stochastic Approximation by Averaging;
    with a moving average, Tarvainen and Valpola (2017), Mean Teachers, eq. 2.
    """

    def __init__(self, network: Network, averaged: Network, decay: float) -> None:
        self._decay = decay
        values = network.parameters.values
        self._pairs = [(values, averaged.parameters.values)] if values.size else []
        self._pairs += [
            (array, averaged.arrays[name])
            for name, array in network.arrays.items()
            if not np.may_share_memory(array, values)
        ]

    def follow(self, steps: int) -> None:
        """Follow the trained network after a step, before which there were so many others."""
        kept = min(self._decay, steps / (steps + 9))
        for latest, average in self._pairs:
            np.multiply(average, kept, out=average)
            BLAS[average.dtype].axpy(latest, average, a=1 - kept)
