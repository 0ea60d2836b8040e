"""What fused layers compute is what their layers compute; how they save time must not show."""

import numpy as np
import pytest

from nn.engines.accumulator import Accumulator
from nn.engines.fused_layers import FusedDense, FusedLayer, FusedReLU, FusedSigmoid, fuse_layer
from nn.layers.activations import ReLU, Sigmoid
from nn.layers.batch_norm import BatchNorm
from nn.layers.dense import Dense
from nn.layers.windows import batch_first, batch_last
from tests.built_layers import built


def numbers(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def fused(layer, *, into: str = "gradient", scale: float = 1.0) -> FusedLayer:
    """Return the faster form of a layer, its gradients added to its gradients or its values."""
    made = fuse_layer(layer)
    keep = 0.0 if into == "gradient" else 1.0
    made.add_gradients_to(
        {p: Accumulator(getattr(p, into), keep=keep, scale=scale) for p in layer.parameters}
    )
    return made


def test_only_the_layers_themselves_have_a_faster_form() -> None:
    class Doubled(ReLU):
        """Something else."""

    kinds = [type(fuse_layer(built(layer, 3))) for layer in (Dense(2), ReLU(), Sigmoid())]
    assert kinds == [FusedDense, FusedReLU, FusedSigmoid]
    assert type(fuse_layer(built(Doubled(), 3))) is FusedLayer


@pytest.mark.parametrize("layer", [lambda: Dense(3), ReLU, Sigmoid, BatchNorm])
def test_batches_of_any_size_give_what_the_layer_gives(layer) -> None:
    ours, plain = (built(layer(), 4, dtype=np.float64) for _ in range(2))
    faster = fused(ours)
    for examples in (4, 4, 2, 5):
        inputs, d_outputs = numbers(examples, 4), numbers(examples, *plain.output_shape, seed=2)
        outputs = plain.forward(inputs, training=True)
        d_inputs = plain.backward(d_outputs)
        np.testing.assert_allclose(faster.forward(inputs), outputs, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(faster.backward(d_outputs), d_inputs, rtol=1e-12, atol=1e-14)
        for one, other in zip(ours.parameters, plain.parameters, strict=True):
            np.testing.assert_allclose(one.gradient, other.gradient, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("activation", [ReLU, Sigmoid])
def test_images_keep_their_order_in_memory(activation) -> None:
    images = batch_first(np.ascontiguousarray(batch_last(numbers(5, 2, 3, 3))))
    outputs = fused(built(activation(), 2, 3, 3)).forward(images)
    assert outputs.strides == images.strides


def test_the_way_back_uses_the_weights_before_the_step() -> None:
    layer = built(Dense(2), 2)
    layer.weights.value[:] = [[1, 2], [3, 4]]
    faster = fused(layer, into="value", scale=-1.0)
    faster.forward(np.array([[5, 6]], np.float32))
    # [1*1 + 1*2, 1*3 + 1*4], while the weights become [[1 - 5, 2 - 5], [3 - 6, 4 - 6]].
    assert faster.backward(np.array([[1, 1]], np.float32)).tolist() == [[3, 7]]
    assert layer.weights.value.tolist() == [[-4, -3], [-3, -2]]


def test_a_layer_without_a_faster_form_adds_the_gradients_of_this_step() -> None:
    layer, plain = (built(BatchNorm(), 2, dtype=np.float64) for _ in range(2))
    faster = fused(layer, into="value", scale=-1.0)
    inputs, d_outputs = numbers(3, 2), np.array([[1, 2], [3, 4], [5, 6]], np.float64)
    plain.forward(inputs, training=True)
    faster.forward(inputs)
    np.testing.assert_array_equal(faster.backward(d_outputs), plain.backward(d_outputs))
    assert layer.beta.value.tolist() == [-9, -12]


def test_the_first_layer_spares_itself_the_gradient_of_its_inputs() -> None:
    layer = built(Dense(2), 2)
    layer.needs_input_gradient = False
    faster = fused(layer)
    faster.forward(np.array([[5, 6]], np.float32))
    before = faster.backward(np.array([[1, 1]], np.float32)).copy()
    stale = faster.backward(np.array([[2, 2]], np.float32))
    np.testing.assert_array_equal(stale, before)  # Nothing was computed, ...
    assert layer.weights.gradient.tolist() == [[10, 10], [12, 12]]  # ... but for what it learns.
    assert layer.biases.gradient.tolist() == [2, 2]


@pytest.mark.parametrize("activation", [ReLU, Sigmoid])
def test_what_is_not_a_number_stays_visible(activation) -> None:
    outputs = fused(built(activation(), 2)).forward(np.array([[np.nan, 1]], np.float32))
    assert np.isnan(outputs).tolist() == [[True, False]]
