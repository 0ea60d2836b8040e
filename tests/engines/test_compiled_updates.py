"""The compiled step of Adam is that of the formula; other optimizers keep their fused steps."""

import numpy as np
import pytest

from nn.layers.parameter import Parameter, ParameterBuffer
from nn.optimizers import SGD, Adam, Optimizer
from nn.regularizers import Penalty

pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")

from nn.engines.compiled_updates import compile_update


def make_parameters() -> ParameterBuffer:
    weights = np.array([[0.5, -0.25, 0.0], [1.5, -2.0, 0.125]], np.float32)
    return ParameterBuffer(
        [Parameter(np.array([1.0, -1.0, 0.5], np.float32)), Parameter(weights, penalized=True)]
    )


@pytest.mark.parametrize("penalty", [Penalty(), Penalty(l1=0.1), Penalty(l1=0.1, l2=0.2)])
@pytest.mark.parametrize("kind", [Adam, SGD])
def test_steps_are_those_of_the_formula(kind: type[Optimizer], penalty: Penalty) -> None:
    ours, theirs = (kind(make_parameters(), learning_rate=0.3, penalty=penalty) for _ in range(2))
    for number in range(3):
        ours.learning_rate = theirs.learning_rate = 0.3 / (1 + number)
        accumulators, step = compile_update(ours)
        for parameter, gradient in theirs.parameters.views(theirs.parameters.gradients):
            gradient[:] = np.arange(1, 1 + gradient.size).reshape(gradient.shape) - number
            assert parameter.gradient is gradient or np.shares_memory(parameter.gradient, gradient)
        pairs = zip(
            accumulators.values(), theirs.parameters.views(theirs.parameters.gradients), strict=True
        )
        for accumulator, (_, gradient) in pairs:
            accumulator.add(gradient)
        step()
        theirs.step()
        np.testing.assert_allclose(
            ours.parameters.values, theirs.parameters.values, rtol=1e-4, atol=1e-6
        )
        for name, array in theirs.state.items():
            np.testing.assert_allclose(ours.state[name], array, rtol=1e-4, atol=1e-6)


def test_a_network_without_parameters_has_nothing_to_update() -> None:
    optimizer = Adam(ParameterBuffer([]), learning_rate=0.1)
    compile_update(optimizer)[1]()
    assert optimizer.parameters.values.size == 0
