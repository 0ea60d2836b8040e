"""Dense: by hand, by differences, against einsum and against PyTorch."""

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from nn.gradients import check_gradients
from nn.layers.dense import Dense
from tests.built_layers import built

BOTH_TYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def dense(inputs: int, units: int, dtype: DTypeLike = np.float32, seed: int = 0) -> Dense:
    return built(Dense(units), inputs, dtype=dtype, seed=seed)


def dense_with(weights: list[list[float]], biases: list[float], dtype: DTypeLike) -> Dense:
    layer = dense(len(weights), len(biases), dtype)
    layer.weights.value[:] = weights
    layer.biases.value[:] = biases
    return layer


@BOTH_TYPES
def test_by_hand(dtype: DTypeLike) -> None:
    layer = dense_with([[1, 2], [3, 4], [5, 6]], [10, 20], dtype)
    inputs = np.array([[1, 0, -1], [2, 1, 0]], dtype)

    # Example 1: 1*1 + 0*3 - 1*5 + 10 = 6;  1*2 + 0*4 - 1*6 + 20 = 16
    # Example 2: 2*1 + 1*3 + 0*5 + 10 = 15; 2*2 + 1*4 + 0*6 + 20 = 28
    outputs = layer.forward(inputs, training=True)
    assert outputs.tolist() == [[6, 16], [15, 28]]
    assert outputs.dtype == dtype

    # d_inputs[n, d] = sum over u of d_outputs[n, u] weights[d, u]
    # Example 1: [1*1 - 1*2, 1*3 - 1*4, 1*5 - 1*6]; example 2: [2*1 + 3*2, 2*3 + 3*4, 2*5 + 3*6]
    d_inputs = layer.backward(np.array([[1, -1], [2, 3]], dtype))
    assert d_inputs.tolist() == [[-1, -1, -1], [8, 18, 28]]
    assert d_inputs.dtype == dtype

    # d_weights[d, u] = sum over n of inputs[n, d] d_outputs[n, u]
    # [[1*1 + 2*2, 1*-1 + 2*3], [0*1 + 1*2, 0*-1 + 1*3], [-1*1 + 0*2, -1*-1 + 0*3]]
    assert layer.weights.gradient.tolist() == [[5, 5], [2, 3], [-1, 1]]
    assert layer.biases.gradient.tolist() == [3, 2]  # [1 + 2, -1 + 3]


def test_the_gradients_agree_with_differences() -> None:
    rng = np.random.default_rng(0)
    for examples, inputs, units in ((5, 4, 3), (1, 3, 1), (3, 1, 2)):
        check_gradients(dense(inputs, units, np.float64), rng.standard_normal((examples, inputs)))


@BOTH_TYPES
def test_it_agrees_with_einsum(dtype: DTypeLike) -> None:
    rng = np.random.default_rng(1)
    layer = dense(31, 17, dtype)
    layer.biases.value[:] = rng.standard_normal(17)
    inputs = rng.standard_normal((9, 31)).astype(dtype)
    d_outputs = rng.standard_normal((9, 17)).astype(dtype)
    tolerance = {"rtol": 1e-4, "atol": 1e-5} if dtype == np.float32 else {"rtol": 1e-12}

    expected = np.einsum("nd,du->nu", inputs, layer.weights.value) + layer.biases.value
    np.testing.assert_allclose(layer.forward(inputs, training=True), expected, **tolerance)
    np.testing.assert_allclose(layer.forward(inputs), expected, **tolerance)
    d_inputs = layer.backward(d_outputs)
    np.testing.assert_allclose(
        d_inputs, np.einsum("nu,du->nd", d_outputs, layer.weights.value), **tolerance
    )
    np.testing.assert_allclose(
        layer.weights.gradient, np.einsum("nd,nu->du", inputs, d_outputs), **tolerance
    )
    np.testing.assert_allclose(layer.biases.gradient, d_outputs.sum(axis=0), **tolerance)


def test_it_agrees_with_pytorch() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(2)
    layer = dense(12, 5, np.float64)
    layer.biases.value[:] = rng.standard_normal(5)
    inputs, d_outputs = rng.standard_normal((7, 12)), rng.standard_normal((7, 5))

    theirs = torch.nn.Linear(12, 5, dtype=torch.float64)
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(layer.weights.value.T.copy()))
        theirs.bias.copy_(torch.tensor(layer.biases.value))
    their_inputs = torch.tensor(inputs, requires_grad=True)
    outputs = theirs(their_inputs)
    outputs.backward(torch.tensor(d_outputs))

    close = {"rtol": 1e-12, "atol": 1e-12}
    np.testing.assert_allclose(
        layer.forward(inputs, training=True), outputs.detach().numpy(), **close
    )
    np.testing.assert_allclose(layer.backward(d_outputs), their_inputs.grad.numpy(), **close)
    np.testing.assert_allclose(layer.weights.gradient, theirs.weight.grad.numpy().T, **close)
    np.testing.assert_allclose(layer.biases.gradient, theirs.bias.grad.numpy(), **close)


def gradients(layer: Dense, inputs: NDArray, d_outputs: NDArray) -> list[NDArray]:
    outputs = layer.forward(inputs, training=True)
    d_inputs = layer.backward(d_outputs)
    return [
        array.copy() for array in (outputs, d_inputs, layer.weights.gradient, layer.biases.gradient)
    ]


def test_batches_of_other_sizes_leave_nothing_behind() -> None:
    rng = np.random.default_rng(3)
    layer = dense(6, 3)
    for examples in (4, 4, 2, 4, 1, 4):
        inputs = rng.standard_normal((examples, 6)).astype(np.float32)
        d_outputs = rng.standard_normal((examples, 3)).astype(np.float32)
        for ours, fresh in zip(
            gradients(layer, inputs, d_outputs),
            gradients(dense(6, 3), inputs, d_outputs),
            strict=True,
        ):
            np.testing.assert_array_equal(ours, fresh)


@pytest.mark.parametrize(
    "view",
    [
        np.asfortranarray,
        lambda array: np.repeat(array, 2, axis=1)[:, ::2],
        lambda array: np.repeat(array, 3, axis=0)[::3],
        lambda array: np.ascontiguousarray(array.T).T,
    ],
    ids=["column order", "columns", "rows", "transposed"],
)
def test_arrays_with_gaps_give_the_same_gradients(view) -> None:
    rng = np.random.default_rng(4)
    inputs = rng.standard_normal((5, 6)).astype(np.float32)
    d_outputs = rng.standard_normal((5, 3)).astype(np.float32)
    for ours, expected in zip(
        gradients(dense(6, 3), view(inputs), view(d_outputs)),
        gradients(dense(6, 3), inputs, d_outputs),
        strict=True,
    ):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)


def test_outside_training_outputs_are_fresh_and_training_is_undisturbed() -> None:
    layer = dense(6, 3)
    rng = np.random.default_rng(5)
    inputs = rng.standard_normal((4, 6)).astype(np.float32)
    d_outputs = rng.standard_normal((4, 3)).astype(np.float32)
    expected = gradients(dense(6, 3), inputs, d_outputs)

    first, second = layer.forward(inputs), layer.forward(inputs)
    assert not np.shares_memory(first, second)
    trained = layer.forward(inputs, training=True)
    layer.forward(-inputs)  # A prediction between forward and backward.
    assert not np.shares_memory(first, trained)
    d_inputs = layer.backward(d_outputs)
    assert trained.tolist() == expected[0].tolist()
    assert d_inputs.tolist() == expected[1].tolist()
    assert layer.weights.gradient.tolist() == expected[2].tolist()


def test_weights_come_from_the_initializer_and_biases_begin_at_0() -> None:
    asked = []

    def sevens(shape, *, fan_in, rng):
        asked.append((shape, fan_in, rng))
        return np.full(shape, 7.0)

    rng = np.random.default_rng(0)
    layer = built(Dense(3), 4, initializer=sevens, seed=rng)
    assert asked == [((4, 3), 4, rng)]
    assert layer.weights.value.tolist() == [[7] * 3] * 4
    assert layer.biases.value.tolist() == [0] * 3
    assert layer.weights.value.dtype == layer.biases.value.dtype == np.float32


def test_only_the_weights_carry_a_penalty() -> None:
    layer = dense(4, 3)
    assert [parameter.penalized for parameter in layer.parameters] == [True, False]


def test_it_names_its_arrays_and_says_its_shape() -> None:
    layer = dense(4, 3)
    assert repr(layer) == "dense 4 -> 3"
    assert layer.input_shape == (4,)
    assert layer.output_shape == (3,)
    assert layer.arrays["weights"] is layer.weights.value
    assert layer.arrays["biases"] is layer.biases.value
    assert list(layer.arrays) == ["weights", "biases"]


def test_inputs_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="mismatch"):
        dense(4, 3).forward(np.ones((2, 5), np.float32), training=True)
