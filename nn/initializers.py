"""How a network's weights are initialized.

Equal weights would keep all units equal for ever, so they start at random. Their size matters: each
layer sums over its fan-in, so weights that do not shrink with the fan-in make the signal grow or
fade from layer to layer.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Initializer(Protocol):
    """Draws the first weights of a layer."""

    def __call__(
        self, shape: tuple[int, ...], *, fan_in: int, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Return an array of `shape`, for units that sum over `fan_in` inputs each."""


def gauss(shape: tuple[int, ...], *, fan_in: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return 0.01 N(0, 1), for any fan-in: just large enough to break the symmetry.

    Behind two ReLU layers the signal has faded so far that training hardly moves.
    """
    return 0.01 * rng.standard_normal(shape)


def xavier(shape: tuple[int, ...], *, fan_in: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return N(0, 1 / fan_in), which keeps the variance of the signal from layer to layer.

    Reference: Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward
    neural networks; the form with the fan-in alone, which LeCun et al. (1998), Efficient BackProp,
    eq. 16, give as well.
    """
    deviation: float = fan_in**-0.5
    return deviation * rng.standard_normal(shape)


def he(shape: tuple[int, ...], *, fan_in: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return N(0, 2 / fan_in): twice Xavier's variance, since ReLU silences half of the units.

    Reference: He et al. (2015), Delving Deep into Rectifiers, eq. 10.
    """
    deviation: float = (2 / fan_in) ** 0.5
    return deviation * rng.standard_normal(shape)


def wide_gauss(
    shape: tuple[int, ...], *, fan_in: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return 0.1 N(0, 1), for any fan-in: right for a fan-in of 100, and too large for more."""
    return 0.1 * rng.standard_normal(shape)


INITIALIZERS: dict[str, Initializer] = {
    "gauss": gauss,
    "xavier": xavier,
    "he": he,
    "wide_gauss": wide_gauss,
}


@dataclass(frozen=True)
class InitialValues:
    """Where the layers of a network get their first values from.

    Attributes:
        initializer: Draws the first weights.
        rng: Source of its random numbers, and of streams for layers that draw some in training.
        dtype: float32, or float64 for gradient checks.
    """

    initializer: Initializer
    rng: np.random.Generator
    dtype: DTypeLike = np.float32

    def weights(self, shape: tuple[int, ...], *, fan_in: int) -> NDArray[np.floating]:
        """Return weights as the initializer draws them."""
        return self.initializer(shape, fan_in=fan_in, rng=self.rng).astype(self.dtype)

    def constants(self, size: int, value: float) -> NDArray[np.floating]:
        """Return an array of `size` numbers, all of them `value`."""
        return np.full(size, value, self.dtype)
