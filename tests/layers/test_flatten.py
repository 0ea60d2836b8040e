"""Between images and rows: no number changes, and each finds its place."""

import numpy as np
import pytest
from numpy.typing import NDArray

from nn.gradients import check_gradients
from nn.layers.flatten import Flatten, Images
from nn.layers.windows import batch_first, batch_last
from tests.built_layers import built

IMAGES = np.arange(2 * 3 * 2 * 2, dtype=np.float64).reshape(2, 3, 2, 2)
EACH_ORDER_IN_MEMORY = pytest.mark.parametrize(
    "images",
    [
        pytest.param(IMAGES, id="batch first"),
        pytest.param(batch_first(np.ascontiguousarray(batch_last(IMAGES))), id="batch last"),
    ],
)


@EACH_ORDER_IN_MEMORY
@pytest.mark.parametrize("training", [False, True])
def test_flatten_goes_channel_by_channel_and_row_by_row(images: NDArray, training: bool) -> None:
    layer = built(Flatten(), 3, 2, 2)
    assert layer.output_shape == (12,)
    rows = layer.forward(images, training)
    assert rows.tolist() == [list(range(12)), list(range(12, 24))]


@EACH_ORDER_IN_MEMORY
def test_flatten_brings_gradients_back(images: NDArray) -> None:
    layer = built(Flatten(), 3, 2, 2)
    rows = layer.forward(images, training=True)
    # The dense layer behind hands rows to BLAS, which takes them only in this order.
    assert rows.flags.c_contiguous
    assert layer.backward(rows.copy()).tolist() == IMAGES.tolist()


def test_flatten_leaves_rows_as_they_are() -> None:
    layer = built(Flatten(), 4)
    rows = np.ones((2, 4), np.float32)
    assert layer.output_shape == (4,)
    assert layer.forward(rows) is not None
    for training in (False, True):
        assert layer.forward(rows, training).tolist() == rows.tolist()
    assert layer.backward(rows).tolist() == rows.tolist()


def test_rows_become_images_and_their_gradients_rows_again() -> None:
    layer = built(Images(1, 2, 3), 6)
    assert (layer.input_shape, layer.output_shape) == ((6,), (1, 2, 3))
    rows = np.arange(12.0).reshape(2, 6)
    images = layer.forward(rows, training=True)
    assert images.tolist() == [[[[0, 1, 2], [3, 4, 5]]], [[[6, 7, 8], [9, 10, 11]]]]
    assert layer.backward(images).tolist() == rows.tolist()


def test_colours_come_one_after_the_other_in_a_row() -> None:
    layer = built(Images(3, 2, 2), 12)
    np.testing.assert_array_equal(layer.forward(IMAGES.reshape(2, 12)), IMAGES)


def test_the_gradients_agree_with_differences() -> None:
    check_gradients(built(Flatten(), 3, 2, 2), IMAGES.copy())
    check_gradients(built(Images(1, 2, 3), 6), np.arange(12.0).reshape(2, 6))


def test_batches_of_other_sizes_leave_nothing_behind() -> None:
    layer = built(Flatten(), 3, 2, 2)
    for examples in (2, 1, 2):
        rows = layer.forward(IMAGES[:examples], training=True)
        assert rows.shape == (examples, 12)
        assert layer.backward(rows).tolist() == IMAGES[:examples].tolist()
