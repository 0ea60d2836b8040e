"""Each kind of layer is explained with the lines that compute it and the true numbers."""

import re

import numpy as np
import pytest

from nn.architecture.kinds import KINDS
from nn.explaining.code_lines import code_line
from nn.explaining.layers import (
    _LINES,
    LayerStep,
    backward_lines,
    choose_unit,
    forward_lines,
    named_parameters,
    strongest,
)
from nn.layers.activations import ReLU
from nn.layers.batch_norm import BatchNorm
from nn.layers.convolution import Convolution
from nn.layers.dense import Dense
from tests.built_layers import built

RNG = np.random.default_rng(0)


def explained(layer, inputs, unit=None):
    """Return the lines of a layer's forward and backward step."""
    outputs = layer.forward(inputs, training=True).copy()
    d_outputs = RNG.standard_normal(outputs.shape)
    d_inputs = layer.backward(d_outputs.copy()).copy()
    unit = choose_unit(outputs, 0) if unit is None else unit
    step = LayerStep(layer, inputs, outputs, d_outputs, d_inputs, unit)
    return forward_lines(step), backward_lines(step), step


def test_every_layer_but_dropout_is_explained():
    names = {kind.layer.split(".")[1] for kind in KINDS.values()}
    assert {kind.__name__ for kind in _LINES} == names - {"Dropout"} | {"Images"}
    for kind, (forward, backward) in _LINES.items():
        assert code_line(kind.forward, forward)
        assert all(code_line(kind.backward, part) for part in backward)


def last_number(line):
    return float(re.findall(r"-?\d[\d.e+-]*", line)[-1])


def test_the_terms_of_a_dense_unit_add_up_to_its_output():
    layer = built(Dense(4), 30)
    forward, _, step = explained(layer, RNG.standard_normal((1, 30)), (2,))
    start = forward.index("z[2] = sum over 30 inputs of x[i] * w[i, 2], plus b[2]:")
    *terms, output = (last_number(line) for line in forward[start + 1 : -2])
    assert output == pytest.approx(step.outputs[0, 2], rel=1e-3)
    assert sum(terms) == pytest.approx(output, abs=1e-3)
    assert len(terms) == 7  # five, the others, the bias


def test_the_gradients_of_a_dense_unit_are_the_layers():
    layer = built(Dense(4), 30)
    _, backward, step = explained(layer, RNG.standard_normal((1, 30)), (2,))
    shown = {
        int(line.split("[")[1].split(",")[0]): last_number(line)
        for line in backward
        if line.startswith("  dw[")
    }
    assert len(shown) == 5
    for row, gradient in shown.items():
        assert gradient == pytest.approx(layer.weights.gradient[row, 2], rel=1e-3)
    *terms, total = (last_number(line) for line in backward if re.match(r"  (dz\[|dx\[)", line))
    assert sum(terms) == pytest.approx(total, abs=1e-3)
    assert total == pytest.approx(step.d_inputs[0][np.abs(step.d_inputs[0]).argmax()], rel=1e-3)


@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"padding": "same"}, {"dilation": 2}])
def test_the_terms_of_a_filter_add_up_to_its_output_wherever_it_looks(options):
    layer = built(Convolution(2, 3, **options), 2, 7, 7)
    inputs = RNG.standard_normal((1, 2, 7, 7))
    _, rows, columns = layer.output_shape
    for unit in [(1, 0, 0), (0, rows - 1, columns - 1)]:
        forward, _, step = explained(layer, inputs, unit)
        start = next(k for k, line in enumerate(forward) if line.startswith("z["))
        *terms, output = (last_number(line) for line in forward[start + 1 : -2])
        assert output == pytest.approx(step.outputs[0][unit], rel=1e-3)
        assert sum(terms) == pytest.approx(output, abs=2e-3)
        for line in forward[start + 1 : start + 6]:
            c, y, x = map(int, re.match(r"  x\[(\d+), (-?\d+), (-?\d+)\]", line).groups())
            if 0 <= y < 7 and 0 <= x < 7:
                assert f"{inputs[0, c, y, x]:.4g}" in line


def test_a_silent_unit_hands_nothing_back():
    layer = built(ReLU(), 2)
    forward, backward, _ = explained(layer, np.array([[-1.5, 2.0]]), (0,))
    assert "a[0] = max(-1.5, 0) = 0" in forward
    assert any("50%" in line for line in forward)
    (gate,) = (line for line in backward if line.startswith("dz[0] = da[0] * slope"))
    assert last_number(gate) == 0


def test_parameters_have_the_names_of_their_files():
    assert [name for name, _ in named_parameters(built(BatchNorm(), 3))] == ["gamma", "beta"]


def test_units_come_in_the_order_of_their_outputs_and_around_again():
    outputs = np.array([[0.5, 3.0, -1.0]])
    assert [choose_unit(outputs, rank) for rank in range(4)] == [(1,), (0,), (2,), (1,)]


def test_one_term_is_never_left_over():
    assert strongest(np.arange(6.0)) == [0, 1, 2, 3, 4, 5]
    assert strongest(np.array([1, -9, 2, 3, 4, 5, 6])) == [1, 3, 4, 5, 6]
