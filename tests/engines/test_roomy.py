"""There is room behind arrays that say so, and never less."""

import numpy as np
import pytest

from nn.engines.roomy import ROOM, roomy, roomy_like, with_room


def room_behind(array: np.ndarray) -> int:
    whole = array
    while whole.base is not None:
        whole = whole.base
    return (whole.ctypes.data + whole.nbytes - array.ctypes.data - array.nbytes) // 4


@pytest.mark.parametrize("shape", [(0,), (3,), (2, 3, 4, 5)])
def test_behind_a_new_array_there_is_room(shape: tuple) -> None:
    array = roomy(shape)
    assert array.shape == shape
    assert array.flags.c_contiguous
    assert room_behind(array) >= ROOM


def test_an_array_like_another_has_its_order_in_memory() -> None:
    like = np.zeros((2, 3, 4, 5), np.float32).transpose(3, 0, 1, 2)
    array = roomy_like(like)
    assert array.shape == like.shape
    assert array.strides == like.strides


def test_an_array_is_copied_only_if_there_is_no_room_behind_it_or_its_order_is_another() -> None:
    array = roomy((4, 6))
    array[:] = np.arange(24).reshape(4, 6)
    assert with_room(array) is array
    assert np.shares_memory(with_room(array.reshape(2, 12)), array)
    without_room = np.arange(24, dtype=np.float32).reshape(4, 6)
    for other in (without_room, array.T, array[:, :3], without_room[:2]):
        copy = with_room(other)
        np.testing.assert_array_equal(copy, other)
        assert room_behind(copy) >= ROOM
