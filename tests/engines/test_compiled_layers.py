"""Compiled layers take arrays in whatever order of memory the layer before them leaves."""

import numpy as np
import pytest

from nn.initializers import InitialValues, he
from nn.layers.activations import ReLU, Sigmoid
from nn.layers.batch_norm import BatchNorm
from nn.layers.convolution import Convolution
from nn.layers.dense import Dense
from nn.layers.dropout import Dropout
from nn.layers.flatten import Flatten
from nn.layers.layer import Layer
from nn.layers.pooling import GlobalAveragePooling, MaxPooling

pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")

from nn.engines.compiled_layers import (
    CompiledMaxPooling,
    CompiledReLU,
    compile_layers,
)
from nn.engines.fused_layers import FusedLayer, FusedSigmoid

LAYERS = {
    "relu": ReLU,
    "max_pool": lambda: MaxPooling(2),
    "overlapping": lambda: MaxPooling((3, 2), stride=(1, 2)),
    "batch_norm": BatchNorm,
    "flatten": Flatten,
    "conv2d": lambda: Convolution(3, 3, padding=1),
}


def built(name: str, shape: tuple[int, ...]) -> Layer:
    layer: Layer = LAYERS[name]()
    layer.build(shape, InitialValues(he, np.random.default_rng(0), np.float32))
    return layer


def compiled(layer: Layer) -> FusedLayer:
    ours = compile_layers([layer])[0]
    ours.add_gradients_to({})  # they stay with the parameters
    return ours


def ordered(array: np.ndarray, last: bool) -> np.ndarray:
    """Return images with their batch axis last in memory, or first."""
    if array.ndim == 2 or not last:
        return np.ascontiguousarray(array)
    return np.ascontiguousarray(array.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)


@pytest.mark.parametrize("d_outputs_last", [True, False])
@pytest.mark.parametrize("inputs_last", [True, False])
@pytest.mark.parametrize("examples", [1, 4, 50])
@pytest.mark.parametrize("name", LAYERS)
def test_outputs_and_gradients_are_those_of_the_layer(
    name: str, examples: int, inputs_last: bool, d_outputs_last: bool
) -> None:
    theirs, rng = built(name, (3, 6, 8)), np.random.default_rng(1)
    own = built(name, (3, 6, 8))
    ours = compiled(own)
    for count in (examples, 2 * examples):
        inputs = ordered(rng.standard_normal((count, 3, 6, 8)).astype(np.float32), inputs_last)
        expected = theirs.forward(inputs, training=True).copy()
        d_outputs = rng.standard_normal(expected.shape).astype(np.float32)
        d_outputs = ordered(d_outputs, d_outputs_last)
        np.testing.assert_allclose(ours.forward(inputs), expected, rtol=1e-4, atol=1e-5)
        d_expected = theirs.backward(d_outputs)
        np.testing.assert_allclose(ours.backward(d_outputs), d_expected, rtol=1e-3, atol=1e-4)
        for our, their in zip(own.parameters, theirs.parameters, strict=True):
            np.testing.assert_allclose(our.gradient, their.gradient, rtol=1e-4, atol=1e-4)
        for stem, array in theirs.arrays.items():
            np.testing.assert_allclose(own.arrays[stem], array, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("name", ["relu", "batch_norm"])
def test_the_order_in_memory_stays_so_that_dropout_draws_the_same_numbers(
    name: str, last: bool
) -> None:
    inputs = ordered(np.ones((4, 3, 6, 8), np.float32), last)
    assert compiled(built(name, (3, 6, 8))).forward(inputs).strides == inputs.strides


@pytest.mark.parametrize("name", ["relu", "batch_norm", "flatten"])
def test_rows_are_no_trouble(name: str) -> None:
    theirs, rng = built(name, (7,)), np.random.default_rng(1)
    ours = compiled(built(name, (7,)))
    inputs, d_outputs = rng.standard_normal((2, 4, 7)).astype(np.float32)
    np.testing.assert_array_equal(ours.forward(inputs), theirs.forward(inputs, training=True))
    np.testing.assert_array_equal(ours.backward(d_outputs), theirs.backward(d_outputs))


def test_a_nan_stays_a_nan_so_that_divergence_is_noticed() -> None:
    inputs = np.full((2, 3, 6, 8), np.nan, np.float32)
    for name in ("relu", "max_pool", "batch_norm", "conv2d"):
        assert np.isnan(compiled(built(name, (3, 6, 8))).forward(inputs)).all()


@pytest.mark.parametrize("examples", [1, 5])
@pytest.mark.parametrize("needs_input_gradient", [True, False])
def test_a_dense_layer_takes_flattened_images_as_they_lie_in_memory(
    examples: int, needs_input_gradient: bool
) -> None:
    rng, flatten, dense = np.random.default_rng(1), built("flatten", (3, 6, 8)), Dense(4)
    dense.build((144,), InitialValues(he, rng, np.float32))
    dense.needs_input_gradient = needs_input_gradient
    layers = compile_layers([flatten, dense])
    inputs = ordered(rng.standard_normal((examples, 3, 6, 8)).astype(np.float32), last=True)
    d_outputs = rng.standard_normal((examples, 4)).astype(np.float32)
    rows = layers[0].forward(inputs)
    assert np.shares_memory(rows, inputs)
    outputs = layers[1].forward(rows)
    d_inputs = layers[0].backward(layers[1].backward(d_outputs))
    gradients = [parameter.gradient.copy() for parameter in dense.parameters]
    expected = dense.forward(flatten.forward(inputs, training=True), training=True)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-5)
    d_expected = flatten.backward(dense.backward(d_outputs))
    if needs_input_gradient:
        np.testing.assert_allclose(d_inputs, d_expected, rtol=1e-5, atol=1e-5)
    for parameter, gradient in zip(dense.parameters, gradients, strict=True):
        np.testing.assert_allclose(gradient, parameter.gradient, rtol=1e-5, atol=1e-5)


def test_relu_comes_after_the_pooling_that_follows_it_with_the_same_result() -> None:
    relu, pooling, rng = (
        built("relu", (3, 6, 8)),
        built("max_pool", (3, 6, 8)),
        np.random.default_rng(1),
    )
    layers = compile_layers([relu, pooling])
    assert [type(layer) for layer in layers] == [CompiledMaxPooling, CompiledReLU]
    inputs = rng.integers(-3, 3, (5, 3, 6, 8)).astype(np.float32)
    d_outputs = rng.standard_normal((5, 3, 3, 4)).astype(np.float32)
    outputs = layers[1].forward(layers[0].forward(inputs))
    d_inputs = layers[0].backward(layers[1].backward(d_outputs))
    expected = pooling.forward(relu.forward(inputs, training=True), training=True)
    np.testing.assert_array_equal(outputs, expected)
    np.testing.assert_array_equal(d_inputs, relu.backward(pooling.backward(d_outputs)))


def test_layers_without_a_compiled_form_are_left_to_the_fused_engine() -> None:
    layers = compile_layers([Flatten(), Dropout(0.5), GlobalAveragePooling(), Sigmoid()])
    assert [type(layer) for layer in layers] == [*[FusedLayer] * 3, FusedSigmoid]
