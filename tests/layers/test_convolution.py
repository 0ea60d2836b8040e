"""Convolution: by hand, by differences, against loops and against PyTorch."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from nn.gradients import check_gradients
from nn.layers import convolution
from nn.layers.convolution import Convolution
from tests.built_layers import built

# All that can be asked of a convolution: what enters, and its options.
CASES = [
    pytest.param((1, 6, 6), {"kernel_size": 3}, id="plain"),
    pytest.param((1, 7, 7), {"kernel_size": 3, "dilation": 2}, id="dilation"),
    pytest.param((2, 5, 6), {"kernel_size": (2, 3)}, id="not square"),
    pytest.param((3, 5, 5), {"kernel_size": 1}, id="one pixel"),
    pytest.param((2, 7, 6), {"kernel_size": 3, "stride": 2}, id="stride with pixels left over"),
    pytest.param((2, 5, 5), {"kernel_size": 2, "stride": 3}, id="stride that skips pixels"),
    pytest.param((2, 4, 5), {"kernel_size": 3, "padding": 1}, id="padding"),
    pytest.param((1, 3, 3), {"kernel_size": 5, "padding": (1, 2)}, id="kernel larger than image"),
    pytest.param((2, 5, 4), {"kernel_size": 3, "padding": "same"}, id="same"),
    pytest.param((1, 5, 4), {"kernel_size": (2, 4), "padding": "same"}, id="same, even kernel"),
    pytest.param((1, 6, 6), {"kernel_size": 3, "padding": "same", "dilation": 2}, id="same, holes"),
    pytest.param(
        (2, 9, 8),
        {"kernel_size": (3, 2), "stride": (2, 1), "padding": (2, 1), "dilation": (1, 3)},
        id="everything",
    ),
]


def convolve(
    input_shape: tuple[int, ...],
    options: dict[str, Any],
    filters: int = 3,
    dtype: DTypeLike = np.float64,
) -> Convolution:
    rng = np.random.default_rng(0)
    layer = built(Convolution(filters, **options), *input_shape, dtype=dtype, seed=rng)
    layer.biases.value[:] = rng.standard_normal(filters)
    return layer


def numbers(*shape: int, seed: int = 1) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal(shape)


def test_by_hand() -> None:
    layer = convolve((1, 3, 3), {"kernel_size": 2}, filters=2)
    # Filter 1 is [[1, 2], [3, 4]] with bias 10, filter 2 [[0, 0], [0, -1]] with bias 0.
    layer.weights.value[:] = [[1, 0], [2, 0], [3, 0], [4, -1]]
    layer.biases.value[:] = [10, 0]
    inputs = np.array([[[[1.0, 0, 2], [0, 1, 0], [3, 0, 1]]]])

    # Filter 1, upper left:  1*1 + 2*0 + 3*0 + 4*1 + 10 = 15; upper right: 0 + 4 + 3 + 0 + 10 = 17
    #           lower left:  0 + 2 + 9 + 0 + 10 = 21;         lower right: 1 + 0 + 0 + 4 + 10 = 15
    # Filter 2 is minus the window's lower right pixel.
    outputs = layer.forward(inputs, training=True)
    assert outputs.tolist() == [[[[15, 17], [21, 15]], [[-1, 0], [0, -1]]]]

    # Filter 1's outputs matter 1, 0, 0 and 2, filter 2's only at the upper left, by 5.
    d_inputs = layer.backward(np.array([[[[1.0, 0], [0, 2]], [[5, 0], [0, 0]]]]))
    # 1 * [[1, 2], [3, 4]] in the upper left corner, 2 * the same in the lower right one, and
    # 5 * -1 in the middle: 4 + 2*1 - 5 = 1.
    assert d_inputs.tolist() == [[[[1, 2, 0], [3, 1, 4], [0, 6, 8]]]]
    # Filter 1: 1 * the upper left window [1, 0, 0, 1] + 2 * the lower right one [1, 0, 0, 1];
    # filter 2: 5 * the upper left one.
    assert layer.weights.gradient.tolist() == [[3, 5], [0, 0], [0, 0], [3, 5]]
    assert layer.biases.gradient.tolist() == [3, 5]


@pytest.mark.parametrize(("input_shape", "options"), CASES)
def test_the_gradients_agree_with_differences(input_shape, options) -> None:
    layer = convolve(input_shape, options, filters=2)
    check_gradients(layer, numbers(2, *input_shape))


@pytest.mark.parametrize(("input_shape", "options"), CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_agrees_with_loops(input_shape, options, dtype) -> None:
    layer = convolve(input_shape, options, dtype=dtype)
    inputs = numbers(4, *input_shape).astype(dtype)
    tolerance = {"rtol": 1e-4, "atol": 1e-5} if dtype == np.float32 else {"rtol": 1e-12}
    expected = convolve_in_loops(layer, inputs, **options)
    for training in (False, True):
        outputs = layer.forward(inputs, training)
        assert outputs.dtype == dtype
        assert outputs.shape == (4, *layer.output_shape)
        np.testing.assert_allclose(outputs, expected, **tolerance)


def convolve_in_loops(
    layer: Convolution,
    inputs: NDArray,
    *,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
) -> NDArray:
    """Return the outputs as the definition says, one number after the other, in float64."""
    (kh, kw), (sh, sw), (dh, dw) = (
        (v, v) if isinstance(v, int) else v for v in (kernel_size, stride, dilation)
    )
    examples, channels, height, width = inputs.shape
    filters = layer.output_shape[0]
    kernels = layer.weights.value.reshape(channels, kh, kw, filters)
    if padding == "same":
        top, left = dh * (kh - 1) // 2, dw * (kw - 1) // 2
        rows, columns = height, width
    else:
        top, left = (padding, padding) if isinstance(padding, int) else padding
        rows = (height + 2 * top - dh * (kh - 1) - 1) // sh + 1
        columns = (width + 2 * left - dw * (kw - 1) - 1) // sw + 1
    outputs = np.zeros((examples, filters, rows, columns))
    for n, f, y, x in np.ndindex(outputs.shape):
        total = float(layer.biases.value[f])
        for c, i, j in np.ndindex(channels, kh, kw):
            row, column = y * sh + i * dh - top, x * sw + j * dw - left
            if 0 <= row < height and 0 <= column < width:
                total += float(inputs[n, c, row, column]) * float(kernels[c, i, j, f])
        outputs[n, f, y, x] = total
    return outputs


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
@pytest.mark.parametrize(("input_shape", "options"), CASES)
def test_it_agrees_with_pytorch(input_shape, options) -> None:
    torch = pytest.importorskip("torch")
    layer = convolve(input_shape, options)
    theirs = torch.nn.Conv2d(input_shape[0], 3, **options, dtype=torch.float64)
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(layer.weights.value.T.reshape(theirs.weight.shape)))
        theirs.bias.copy_(torch.tensor(layer.biases.value))
    inputs, d_outputs = numbers(4, *input_shape), numbers(4, *layer.output_shape, seed=2)
    their_inputs = torch.tensor(inputs, requires_grad=True)
    outputs = theirs(their_inputs)
    outputs.backward(torch.tensor(d_outputs))

    close = {"rtol": 1e-11, "atol": 1e-12}
    ours = layer.forward(inputs, training=True)
    np.testing.assert_allclose(ours, outputs.detach().numpy(), **close)
    np.testing.assert_allclose(layer.backward(d_outputs), their_inputs.grad.numpy(), **close)
    d_kernels = theirs.weight.grad.numpy().reshape(3, -1).T
    np.testing.assert_allclose(layer.weights.gradient, d_kernels, **close)
    np.testing.assert_allclose(layer.biases.gradient, theirs.bias.grad.numpy(), **close)


@pytest.mark.parametrize(("input_shape", "options"), CASES)
def test_windows_that_do_not_fit_in_memory_at_once_make_no_difference(
    input_shape, options, monkeypatch
) -> None:
    inputs = numbers(2, *input_shape)
    expected = convolve(input_shape, options).forward(inputs)
    row_of_stops = 2 * expected.shape[-1] * len(convolve(input_shape, options).weights.value)
    # Room for two rows of stops at a time, so that the last block is a smaller one if they are
    # odd in number; then for less than one.
    for room in (2 * row_of_stops, 1):
        monkeypatch.setattr(convolution, "_LARGEST_MATRIX", room)
        layer = convolve(input_shape, options)
        for training in (False, True):
            np.testing.assert_allclose(layer.forward(inputs, training), expected, rtol=1e-12)
    check_gradients(layer, inputs)


def test_the_order_of_the_images_in_memory_makes_no_difference() -> None:
    layer = convolve((2, 5, 5), {"kernel_size": 3, "padding": 1})
    inputs, d_outputs = numbers(3, 2, 5, 5), numbers(3, 3, 5, 5, seed=2)
    outputs = layer.forward(inputs, training=True).copy()
    d_inputs = layer.backward(d_outputs).copy()
    batch_last_inputs = np.ascontiguousarray(inputs.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
    batch_last = np.ascontiguousarray(d_outputs.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
    assert (layer.forward(batch_last_inputs, training=True) == outputs).all()
    np.testing.assert_allclose(layer.backward(batch_last), d_inputs, rtol=1e-12)


def test_batches_of_other_sizes_leave_nothing_behind() -> None:
    layer = convolve((2, 5, 5), {"kernel_size": 3, "padding": 1, "stride": 2})
    for examples in (3, 3, 1, 4, 3):
        inputs = numbers(examples, 2, 5, 5, seed=examples)
        d_outputs = numbers(examples, *layer.output_shape, seed=9)
        fresh = convolve((2, 5, 5), {"kernel_size": 3, "padding": 1, "stride": 2})
        for one in (layer, fresh):
            one.forward(inputs, training=True)
        assert (layer.backward(d_outputs) == fresh.backward(d_outputs)).all()
        assert (layer.weights.gradient == fresh.weights.gradient).all()
        assert (layer.biases.gradient == fresh.biases.gradient).all()


def test_training_reuses_its_memory_and_evaluation_does_not() -> None:
    layer = convolve((1, 5, 5), {"kernel_size": 3})
    inputs = numbers(2, 1, 5, 5)
    first, second = (layer.forward(inputs, training=True) for _ in range(2))
    assert np.shares_memory(first, second)
    before = first.copy()
    assert not np.shares_memory(layer.forward(2 * inputs), first)
    assert (first == before).all()


def test_the_gradient_of_the_inputs_can_be_left_out() -> None:
    one, other = (convolve((1, 5, 5), {"kernel_size": 3}) for _ in range(2))
    other.needs_input_gradient = False
    inputs, d_outputs = numbers(2, 1, 5, 5), numbers(2, 3, 3, 3)
    for layer in (one, other):
        layer.forward(inputs, training=True)
        layer.backward(d_outputs)
    assert (one.weights.gradient == other.weights.gradient).all()


def test_memory_stays_bounded_however_many_examples_come() -> None:
    layer = convolve((1, 28, 28), {"kernel_size": 5}, dtype=np.float32)
    inputs = np.zeros((1000, 1, 28, 28), np.float32)
    tracemalloc.start()
    layer.forward(inputs)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Padded images 3.1 MB, outputs 6.9 MB, at most 16.8 MB of windows. All windows: 57.6 MB.
    assert peak < 30e6


def test_fan_in_counts_channels_and_kernel() -> None:
    seen = []

    def initializer(shape, *, fan_in, rng):
        seen.append((shape, fan_in))
        return np.zeros(shape)

    built(Convolution(8, (5, 2), dilation=2), 3, 9, 9, initializer=initializer)
    assert seen == [((30, 8), 30)]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"3 x 3 \(with dilation 7 x 7\).*6 x 6 here, padding"):
        convolve((1, 4, 4), {"kernel_size": 3, "dilation": 3, "padding": 1})
    with pytest.raises(ValueError, match="padding same"):
        convolve((1, 4, 4), {"kernel_size": 3, "stride": 2, "padding": "same"})


def test_it_says_what_it_is() -> None:
    assert repr(convolve((1, 9, 9), {"kernel_size": 3})) == "conv2d 1 -> 3, kernel 3"
    everything = {"kernel_size": (3, 2), "stride": 2, "padding": 1, "dilation": (1, 3)}
    assert repr(convolve((2, 9, 8), everything)) == (
        "conv2d 2 -> 3, kernel 3 x 2, stride 2, padded to 11 x 10, dilation 1 x 3"
    )
    assert set(convolve((1, 9, 9), {"kernel_size": 3}).arrays) == {"weights", "biases"}
