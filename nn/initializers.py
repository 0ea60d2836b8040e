"""How a network's weights begin.

All weights alike would keep all units alike for ever, so they begin at random. How large matters:
each layer sums over its fan-in, so weights that do not shrink with the fan-in make the signal
grow or fade from layer to layer.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Initializer(Protocol):
    """Draws the first weights of a layer."""

    def __call__(
        self, shape: tuple[int, ...], *, fan_in: int, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Return an array of `shape`, for units that sum over `fan_in` inputs each."""


def _normal(standard_deviation: Callable[[int], float]) -> Initializer:
    def draw(
        shape: tuple[int, ...], *, fan_in: int, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        return standard_deviation(fan_in) * rng.standard_normal(shape)

    return draw


INITIALIZERS: dict[str, Initializer] = {
    # 0.01 N(0, 1) whatever the fan-in: small enough to break the symmetry and no more. Behind
    # two ReLU layers the signal has faded so far that training hardly moves.
    "gauss": _normal(lambda fan_in: 0.01),
    # N(0, 1 / fan_in) keeps the variance of the signal from layer to layer. Glorot and Bengio
    # (2010), Understanding the difficulty of training deep feedforward neural networks; the form
    # with the fan-in alone, which LeCun et al. (1998), Efficient BackProp, eq. 16, give as well.
    "xavier": _normal(lambda fan_in: fan_in**-0.5),
    # N(0, 2 / fan_in): twice the variance, since ReLU silences half of the units. He et al.
    # (2015), Delving Deep into Rectifiers, eq. 10.
    "he": _normal(lambda fan_in: (2 / fan_in) ** 0.5),
}
