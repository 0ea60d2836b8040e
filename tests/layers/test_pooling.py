"""Pooling: by hand, by differences, against loops and against PyTorch."""

import numpy as np
import pytest
from numpy.typing import NDArray

from nn.gradients import check_gradients
from nn.layers.pooling import GlobalAveragePooling, MaxPooling
from tests.built_layers import built

CASES = [
    pytest.param((1, 4, 4), {"size": 2}, id="plain"),
    pytest.param((2, 5, 7), {"size": 2}, id="odd image"),
    pytest.param((2, 6, 5), {"size": (3, 2)}, id="not square"),
    pytest.param((2, 7, 7), {"size": 3, "stride": 2}, id="windows that overlap"),
    pytest.param((1, 8, 8), {"size": 2, "stride": (3, 2)}, id="windows with gaps"),
    pytest.param((3, 3, 3), {"size": 3}, id="one window"),
    pytest.param((3, 3, 2), {"size": 1}, id="one pixel"),
]


def shuffled(*shape: int, seed: int = 0) -> NDArray[np.float64]:
    """Return numbers that all differ by at least 1, so that no window has a tie."""
    return np.random.default_rng(seed).permutation(int(np.prod(shape))).reshape(shape) * 1.0


def test_by_hand() -> None:
    layer = built(MaxPooling(2), 1, 3, 4)
    inputs = np.array([[[[1, 5, 2, 2], [4, 3, 0, 2], [9, 9, 9, 9]]]], np.float32)
    # max(1, 5, 4, 3) = 5 and max(2, 2, 0, 2) = 2; the last row fills no window.
    assert layer.forward(inputs, training=True).tolist() == [[[[5, 2]]]]
    assert layer.forward(inputs).tolist() == [[[[5, 2]]]]
    # 7 goes to the 5; of the three 2s only the first gets the 8.
    d_inputs = layer.backward(np.array([[[[7, 8]]]], np.float32))
    assert d_inputs.tolist() == [[[[0, 7, 8, 0], [0, 0, 0, 0], [0, 0, 0, 0]]]]
    assert d_inputs.dtype == np.float32


def test_windows_that_overlap_add_up_their_gradients() -> None:
    layer = built(MaxPooling((1, 3), stride=(1, 1)), 1, 1, 5)
    layer.forward(np.array([[[[1.0, 2, 9, 3, 4]]]]), training=True)
    # All three windows have the 9.
    d_inputs = layer.backward(np.array([[[[1.0, 10, 100]]]]))
    assert d_inputs.tolist() == [[[[0, 0, 111, 0, 0]]]]


@pytest.mark.parametrize(("input_shape", "options"), CASES)
def test_the_gradients_agree_with_differences(input_shape, options) -> None:
    check_gradients(built(MaxPooling(**options), *input_shape), shuffled(2, *input_shape) / 100)


@pytest.mark.parametrize(("input_shape", "options"), CASES)
def test_it_agrees_with_loops(input_shape, options) -> None:
    layer = built(MaxPooling(**options), *input_shape)
    inputs = shuffled(3, *input_shape)
    size = options["size"]
    (height, width), (down, right) = (
        (v, v) if isinstance(v, int) else v for v in (size, options.get("stride", size))
    )
    rows = (input_shape[1] - height) // down + 1
    columns = (input_shape[2] - width) // right + 1
    expected = np.empty((3, input_shape[0], rows, columns))
    for n, c, y, x in np.ndindex(expected.shape):
        top, left = y * down, x * right
        expected[n, c, y, x] = inputs[n, c, top : top + height, left : left + width].max()
    assert (layer.forward(inputs) == expected).all()
    assert (layer.forward(inputs, training=True) == expected).all()


@pytest.mark.parametrize(("input_shape", "options"), CASES)
@pytest.mark.parametrize("ties", [False, True])
def test_it_agrees_with_pytorch(input_shape, options, ties) -> None:
    torch = pytest.importorskip("torch")
    layer = built(MaxPooling(**options), *input_shape)
    inputs = shuffled(3, *input_shape)
    if ties:
        inputs = np.floor(inputs / 20)
    d_outputs = shuffled(3, *layer.output_shape, seed=1)
    theirs = torch.nn.MaxPool2d(options["size"], stride=options.get("stride"))
    their_inputs = torch.tensor(inputs, requires_grad=True)
    outputs = theirs(their_inputs)
    outputs.backward(torch.tensor(d_outputs))
    assert (layer.forward(inputs, training=True) == outputs.detach().numpy()).all()
    assert (layer.backward(d_outputs) == their_inputs.grad.numpy()).all()


def test_batches_of_other_sizes_leave_nothing_behind() -> None:
    layer = built(MaxPooling(3, stride=1), 2, 5, 5)
    for examples in (3, 3, 1, 4, 3):
        inputs = shuffled(examples, 2, 5, 5, seed=examples)
        d_outputs = shuffled(examples, *layer.output_shape, seed=9)
        fresh = built(MaxPooling(3, stride=1), 2, 5, 5)
        for one in (layer, fresh):
            one.forward(inputs, training=True)
        assert (layer.backward(d_outputs) == fresh.backward(d_outputs)).all()


def test_a_window_larger_than_the_image_is_refused() -> None:
    with pytest.raises(ValueError, match=r"4 x 4 is larger than the images, which are 3 x 3"):
        built(MaxPooling(4), 1, 3, 3)


def test_it_says_what_it_is() -> None:
    assert repr(MaxPooling(2)) == "max_pool 2"
    assert repr(MaxPooling((2, 3), stride=1)) == "max_pool 2 x 3, stride 1"
    assert repr(GlobalAveragePooling()) == "global_average_pool"


def test_the_average_by_hand() -> None:
    layer = built(GlobalAveragePooling(), 2, 1, 3)
    inputs = np.array([[[[1, 2, 6]], [[0, 0, -3]]]], np.float32)
    for training in (True, False):
        assert layer.forward(inputs, training=training).tolist() == [[3, -1]]
    d_inputs = layer.backward(np.array([[6, 9]], np.float32))
    assert d_inputs.tolist() == [[[[2, 2, 2]], [[3, 3, 3]]]]
    assert d_inputs.dtype == np.float32
    layer.forward(inputs[[0, 0]], training=True)
    assert layer.backward(np.array([[6, 9], [0, 3]], np.float32))[1, 1].tolist() == [[1, 1, 1]]


def test_the_gradients_of_the_average_agree_with_differences() -> None:
    check_gradients(built(GlobalAveragePooling(), 3, 4, 2), shuffled(2, 3, 4, 2) / 100)


def test_the_averages_of_a_step_are_rows_in_memory_for_the_products_after_it() -> None:
    layer = built(GlobalAveragePooling(), 2, 3, 3)
    images = np.ones((2, 3, 3, 5), np.float32).transpose(3, 0, 1, 2)
    assert layer.forward(images, training=True).flags.c_contiguous
