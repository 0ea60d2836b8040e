"""Compiled convolution comes to the same as the layer, whatever its kernel, stride and padding."""

from typing import Any

import numpy as np
import pytest

from nn.initializers import InitialValues, he
from nn.layers.convolution import Convolution

pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")

from nn.engines.compiled_convolution import CompiledConvolution

CASES: dict[str, tuple[int, tuple[int, int], int, dict[str, Any]]] = {
    # Channels, image, examples, and what the layer is made with.
    "as in LeNet-5": (1, (28, 28), 128, {"filters": 6, "kernel_size": 5}),
    "many channels": (6, (12, 12), 7, {"filters": 16, "kernel_size": 5}),
    "same": (2, (9, 7), 3, {"filters": 3, "kernel_size": 3, "padding": "same"}),
    "same, uneven": (3, (6, 6), 2, {"filters": 4, "kernel_size": 4, "padding": "same"}),
    "one by one": (3, (5, 5), 4, {"filters": 1, "kernel_size": 1}),
    "pixels left out": (1, (5, 5), 4, {"filters": 1, "kernel_size": 1, "stride": 3}),
    "stride": (2, (10, 9), 16, {"filters": 5, "kernel_size": 3, "stride": 2, "padding": 1}),
    "stride, dilation": (
        *(2, (9, 19), 33),
        {"filters": 13, "kernel_size": 5, "stride": 4, "padding": 2, "dilation": 2},
    ),
    "all different": (
        *(3, (11, 13), 5),
        {
            **{"filters": 7, "kernel_size": (3, 2), "stride": (2, 3)},
            **{"padding": (1, 2), "dilation": (2, 1)},
        },
    ),
    "more padding than kernel": (
        *(2, (4, 4), 1),
        {"filters": 2, "kernel_size": 3, "stride": 2, "padding": 3, "dilation": 3},
    ),
}


@pytest.mark.parametrize("batch_comes_first", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_outputs_and_gradients_are_those_of_the_layer(case: str, batch_comes_first: bool) -> None:
    channels, image, examples, options = CASES[case]
    layer, rng = Convolution(**options), np.random.default_rng(0)
    layer.build((channels, *image), InitialValues(he, rng, np.float32))
    layer.biases.value[:] = rng.standard_normal(layer.biases.value.shape)
    compiled = CompiledConvolution(layer)
    for count in (examples, 1 + examples // 2):  # the last batch of an epoch is smaller
        inputs = rng.standard_normal((count, channels, *image)).astype(np.float32)
        d_outputs = rng.standard_normal((count, *layer.output_shape)).astype(np.float32)
        if not batch_comes_first:
            last = np.ascontiguousarray(inputs.transpose(1, 2, 3, 0))
            inputs = last.transpose(3, 0, 1, 2)
        pairs = [(compiled.forward(inputs), layer.forward(inputs, training=True))]
        d_inputs = compiled.backward(d_outputs)
        gradients = [parameter.gradient.copy() for parameter in layer.parameters]
        pairs += [(d_inputs, layer.backward(d_outputs))]
        pairs += [(g, p.gradient) for g, p in zip(gradients, layer.parameters, strict=True)]
        for ours, expected in pairs:
            most = 1e-5 * np.abs(expected).max()
            np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=most)


def test_the_first_layer_that_learns_returns_no_gradient_of_its_inputs() -> None:
    layer = Convolution(2, 3)
    layer.build((1, 4, 4), InitialValues(he, np.random.default_rng(0), np.float32))
    layer.needs_input_gradient = False
    compiled = CompiledConvolution(layer)
    outputs = compiled.forward(np.ones((2, 1, 4, 4), np.float32))
    assert not compiled.backward(np.ones_like(outputs)).any()
