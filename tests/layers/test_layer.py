"""What a layer inherits: the shape of its inputs, and arrays that are used again."""

import numpy as np
import pytest

from nn.layers.layer import Layer
from tests.built_layers import built


class Unchanged(Layer):
    """Returns its inputs, and says nothing else about itself."""

    name = "unchanged"


def test_a_layer_keeps_the_shape_of_its_inputs_and_learns_nothing_unless_it_says_so() -> None:
    layer = built(Unchanged(), 2, 3, 4)
    assert (layer.input_shape, layer.output_shape) == ((2, 3, 4), (2, 3, 4))
    assert layer.largest_array == 2 * 3 * 4
    assert layer.weights_for((2, 3, 4)) == 0
    assert (layer.parameters, layer.arrays, layer.constants) == ((), {}, {})
    assert (layer.accepts, layer.smallest_batch, repr(layer)) == ("any", 1, "unchanged")


def test_a_layer_must_say_what_it_computes() -> None:
    with pytest.raises(NotImplementedError):
        Unchanged().forward(np.zeros((1, 2)))
    with pytest.raises(NotImplementedError):
        Unchanged().backward(np.zeros((1, 2)))


def test_a_scratch_array_is_used_again_while_its_shape_and_type_stay() -> None:
    layer, like = Unchanged(), np.ones((2, 3), np.float32)
    first = layer._scratch("outputs", like)
    assert (first.shape, first.dtype) == (like.shape, like.dtype)
    assert not first.any()
    first[:] = 7
    assert layer._scratch("outputs", like) is first
    assert layer._scratch("outputs", like, (2, 3)) is first
    assert layer._scratch("d_inputs", like) is not first
    assert layer._scratch("outputs", like, (4, 1)).shape == (4, 1)
    assert layer._scratch("outputs", like[:1]).shape == (1, 3)
    assert layer._scratch("outputs", like[:1].astype(np.float64)).dtype == np.float64


def test_a_scratch_array_has_the_order_in_memory_of_the_array_it_is_like() -> None:
    columns = np.ones((2, 3), np.float32, order="F")
    assert Unchanged()._scratch("outputs", columns).flags.f_contiguous
    assert Unchanged()._scratch("outputs", columns, (2, 3)).flags.c_contiguous
