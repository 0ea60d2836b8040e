"""Compiled steps are those of the formulas; an optimizer of other people's keeps its own."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from nn.layers.parameter import Parameter, ParameterBuffer
from nn.optimizers import SGD, Adam, Momentum, Optimizer
from nn.regularizers import Penalty

pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")

from nn.engines.compiled_updates import compile_update
from nn.engines.fused_updates import TRACE


def make_parameters() -> ParameterBuffer:
    weights = np.array([[0.5, -0.25, 0.0], [1.5, -2.0, 0.125]], np.float32)
    return ParameterBuffer(
        [Parameter(np.array([1.0, -1.0, 0.5], np.float32)), Parameter(weights, penalized=True)]
    )


class Halving(Optimizer):
    """Of a name that nobody has compiled."""

    name = "halving"

    def step(self) -> None:
        self.parameters.values -= self.gradient() / 2


@pytest.mark.parametrize("penalty", [Penalty(), Penalty(l1=0.1), Penalty(l1=0.1, l2=0.2)])
@pytest.mark.parametrize("kind", [SGD, Momentum, partial(Momentum, dampening=0.5), Adam, Halving])
def test_steps_are_those_of_the_formula(kind: Callable[..., Optimizer], penalty: Penalty) -> None:
    ours, theirs = (kind(make_parameters(), learning_rate=0.3, penalty=penalty) for _ in range(2))
    for number in range(3):
        ours.learning_rate = theirs.learning_rate = 0.3 / (1 + number)
        _, step = compile_update(ours)
        for optimizer in (ours, theirs):
            gradients = optimizer.parameters.gradients
            gradients[:] = np.arange(1, 1 + gradients.size) - number
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


@pytest.mark.parametrize("kind", [Momentum, Adam])
def test_an_average_that_has_faded_away_does_not_become_subnormal(kind: type) -> None:
    optimizer = kind(ParameterBuffer([Parameter(np.ones(4, np.float32))]), learning_rate=0.1)
    average = next(iter(optimizer.state.values()))
    average[:] = [TRACE, -TRACE, 2 * TRACE, 1.0]
    compile_update(optimizer)[1]()
    np.testing.assert_array_equal(average != 0, [False, False, True, True])
