"""Arrays with room behind them, where a vector of numbers may end that begins in the array."""

import math

import numpy as np

from nn.layers.layer import Array

ROOM = 64
"""Numbers that may be read behind the array; they are not used."""


def roomy(shape: tuple[int, ...]) -> Array:
    """Return float32 zeros with room behind them."""
    size = math.prod(shape)
    return np.zeros(size + ROOM, np.float32)[:size].reshape(shape)


def roomy_like(array: Array) -> Array:
    """Return zeros of the same shape and order in memory, with room behind them."""
    order = np.argsort([-stride for stride in array.strides], kind="stable")
    zeros: Array = roomy(tuple(array.shape[axis] for axis in order)).transpose(np.argsort(order))
    return zeros


def with_room(array: Array) -> Array:
    """Return the array itself if it is in C's order and has room behind it, else such a copy."""
    whole = array if array.base is None else array.base
    if array.flags.c_contiguous and isinstance(whole, np.ndarray):
        room = whole.ctypes.data + whole.nbytes - array.ctypes.data - array.nbytes
        if room >= ROOM * array.itemsize:
            return array
    copy = roomy(array.shape)
    copy[:] = array
    return copy
