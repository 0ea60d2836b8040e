"""ReLU and sigmoid: by hand, by differences, against another formula and against PyTorch."""

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from nn.gradients import check_gradients
from nn.layers.activations import ReLU, Sigmoid
from nn.layers.layer import Layer
from tests.built_layers import built

BOTH_TYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
EACH = pytest.mark.parametrize("activation", [ReLU, Sigmoid])


def forward_and_back(layer: Layer, inputs: NDArray, d_outputs: NDArray) -> tuple[NDArray, NDArray]:
    outputs = layer.forward(inputs, training=True).copy()
    return outputs, layer.backward(d_outputs).copy()


@BOTH_TYPES
def test_relu_by_hand(dtype: DTypeLike) -> None:
    inputs = np.array([[-2, 3, 0], [0.5, -0.5, 7]], dtype)
    d_outputs = np.array([[1, 2, 3], [4, 5, -6]], dtype)
    outputs, d_inputs = forward_and_back(ReLU(), inputs, d_outputs)
    assert outputs.tolist() == [[0, 3, 0], [0.5, 0, 7]]
    assert d_inputs.tolist() == [[0, 2, 0], [4, 0, -6]]  # 0 at the kink.
    assert outputs.dtype == d_inputs.dtype == dtype
    assert ReLU().forward(inputs).tolist() == outputs.tolist()


@BOTH_TYPES
def test_sigmoid_by_hand(dtype: DTypeLike) -> None:
    # exp(-ln 3) = 1/3, so sigmoid(ln 3) = 1 / (1 + 1/3) = 3/4, and sigmoid(-ln 3) = 1 - 3/4.
    # The derivative s (1 - s) is 1/4 at 0 and 3/4 * 1/4 = 3/16 at both others.
    inputs = np.array([[0, np.log(3), -np.log(3)]], dtype)
    outputs, d_inputs = forward_and_back(Sigmoid(), inputs, np.array([[4, 16, -32]], dtype))
    close = 1e-6 if dtype == np.float32 else 1e-15
    np.testing.assert_allclose(outputs, [[1 / 2, 3 / 4, 1 / 4]], rtol=close)
    np.testing.assert_allclose(d_inputs, [[1, 3, -6]], rtol=close)
    assert outputs.dtype == d_inputs.dtype == dtype
    np.testing.assert_array_equal(Sigmoid().forward(inputs), outputs)


@EACH
def test_the_gradients_agree_with_differences(activation) -> None:
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((4, 5))
    inputs += np.copysign(0.1, inputs)  # Away from the kink of ReLU.
    check_gradients(activation(), inputs)
    check_gradients(activation(), inputs.reshape(4, 1, 5)[:1])


def test_they_agree_with_pytorch() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    for ours, theirs in ((ReLU(), torch.relu), (Sigmoid(), torch.sigmoid)):
        inputs, d_outputs = 5 * rng.standard_normal((3, 6)), rng.standard_normal((3, 6))
        their_inputs = torch.tensor(inputs, requires_grad=True)
        their_outputs = theirs(their_inputs)
        their_outputs.backward(torch.tensor(d_outputs))
        outputs, d_inputs = forward_and_back(ours, inputs, d_outputs)
        np.testing.assert_allclose(outputs, their_outputs.detach().numpy(), rtol=1e-10)
        np.testing.assert_allclose(d_inputs, their_inputs.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_sigmoid_agrees_with_its_definition() -> None:
    inputs = np.linspace(-30, 30, 601).reshape(1, -1)
    expected = 1 / (1 + np.exp(-inputs))
    np.testing.assert_allclose(Sigmoid().forward(inputs), expected, atol=2e-16)
    ours = Sigmoid().forward(inputs.astype(np.float32))
    np.testing.assert_allclose(ours, expected, atol=1e-6)


@BOTH_TYPES
@EACH
def test_huge_inputs_stay_finite(activation: type[Layer], dtype: DTypeLike) -> None:
    inputs = np.array([[-1e4, -500, -89, 89, 500, 1e4]], dtype)
    outputs, d_inputs = forward_and_back(activation(), inputs, np.ones((1, 6), dtype))
    assert np.isfinite(outputs).all()
    assert np.isfinite(d_inputs).all()
    assert outputs[0, 0] == 0
    assert outputs[0, -1] == (1 if activation is Sigmoid else 1e4)
    assert d_inputs[0].tolist() == ([0] * 6 if activation is Sigmoid else [0, 0, 0, 1, 1, 1])


@EACH
def test_what_is_not_a_number_stays_visible(activation: type[Layer]) -> None:
    inputs = np.array([[np.nan, 1]], np.float32)
    for training in (False, True):
        outputs = activation().forward(inputs, training=training)
        assert np.isnan(outputs).tolist() == [[True, False]]


@EACH
def test_batches_of_other_sizes_leave_nothing_behind(activation: type[Layer]) -> None:
    rng = np.random.default_rng(2)
    layer = activation()
    for examples in (4, 4, 2, 4, 1, 4):
        inputs = rng.standard_normal((examples, 3)).astype(np.float32)
        d_outputs = rng.standard_normal((examples, 3)).astype(np.float32)
        ours = forward_and_back(layer, inputs, d_outputs)
        fresh = forward_and_back(activation(), inputs, d_outputs)
        np.testing.assert_array_equal(ours, fresh)


@EACH
@pytest.mark.parametrize(
    "view",
    [np.asfortranarray, lambda array: np.repeat(array, 2, axis=1)[:, ::2]],
    ids=["column order", "columns"],
)
def test_arrays_with_gaps_give_the_same(activation, view) -> None:
    rng = np.random.default_rng(3)
    inputs, d_outputs = rng.standard_normal((2, 5, 3)).astype(np.float32)
    expected = forward_and_back(activation(), inputs, d_outputs)
    np.testing.assert_array_equal(
        forward_and_back(activation(), view(inputs), view(d_outputs)), expected
    )
    np.testing.assert_array_equal(activation().forward(view(inputs)), expected[0])


@EACH
def test_nothing_that_was_given_is_changed(activation: type[Layer]) -> None:
    rng = np.random.default_rng(4)
    inputs, d_outputs = rng.standard_normal((2, 5, 3)).astype(np.float32)
    copies = inputs.copy(), d_outputs.copy()
    layer = activation()
    layer.forward(inputs)
    forward_and_back(layer, inputs, d_outputs)
    np.testing.assert_array_equal((inputs, d_outputs), copies)


@EACH
def test_outside_training_outputs_are_fresh_and_training_is_undisturbed(
    activation: type[Layer],
) -> None:
    rng = np.random.default_rng(5)
    inputs, d_outputs = rng.standard_normal((2, 4, 3)).astype(np.float32)
    expected = forward_and_back(activation(), inputs, d_outputs)
    layer = activation()
    first, second = layer.forward(inputs), layer.forward(inputs)
    assert not np.shares_memory(first, second)
    assert not np.shares_memory(first, inputs)
    trained = layer.forward(inputs, training=True)
    layer.forward(-inputs)  # A prediction between forward and backward.
    d_inputs = layer.backward(d_outputs)
    np.testing.assert_array_equal((trained, d_inputs), expected)
    assert not np.shares_memory(first, trained)


@EACH
def test_they_learn_nothing_and_change_no_shape(activation: type[Layer]) -> None:
    layer = built(activation(), 2, 3, 4)
    assert layer.parameters == ()
    assert layer.arrays == {}
    assert layer.input_shape == layer.output_shape == (2, 3, 4)
    assert repr(layer) == layer.name == {ReLU: "relu", Sigmoid: "sigmoid"}[activation]
    assert layer.forward(np.zeros((5, 2, 3, 4), np.float32)).shape == (5, 2, 3, 4)
