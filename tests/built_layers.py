"""Layers built by hand, as a network would build them."""

from typing import TypeVar

import numpy as np
from numpy.typing import DTypeLike

from nn.initializers import Initializer, InitialValues, xavier
from nn.layers.layer import Layer

AnyLayer = TypeVar("AnyLayer", bound=Layer)


def built(
    layer: AnyLayer,
    *shape: int,
    dtype: DTypeLike = np.float32,
    initializer: Initializer = xavier,
    seed: int | np.random.Generator = 0,
) -> AnyLayer:
    """Return the layer, built for inputs of this shape."""
    layer.build(shape, InitialValues(initializer, np.random.default_rng(seed), dtype))
    return layer
