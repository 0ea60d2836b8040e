"""Penalties are added by bits; they must be the same as by the formula, at every size."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from numpy.typing import DTypeLike

from nn.engines.fused_updates import TRACE, fuse_update
from nn.layers.parameter import Parameter, ParameterBuffer
from nn.optimizers import SGD, Adam, Momentum, Optimizer
from nn.regularizers import Penalty


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("l1", "l2"), [(0.125, 0), (0, 0.5), (0.125, 0.5)])
@pytest.mark.parametrize("optimizer", [SGD, Momentum, partial(Momentum, dampening=0.5), Adam])
def test_a_penalty_pulls_as_the_formula_says(
    optimizer: Callable[..., Optimizer], l1: float, l2: float, dtype: DTypeLike
) -> None:
    tiny = np.finfo(dtype).smallest_subnormal
    first = np.array([[1, -2, 0.25, -1e-30, 1e-30, tiny, -tiny, 1e10]], dtype)
    values = []
    for fused in (True, False):
        weights = Parameter(first.copy(), penalized=True)
        biases = Parameter(np.array([3], dtype))
        buffer = ParameterBuffer([biases, weights])
        made = optimizer(buffer, learning_rate=0.5, penalty=Penalty(l1, l2))
        accumulators, step = fuse_update(made) if fused else ({}, made.step)
        for gradient in (1.0, -0.5):
            for parameter in (weights, biases):
                if fused:
                    accumulators[parameter].add(np.full(parameter.value.shape, gradient, dtype))
                else:
                    parameter.gradient[:] = gradient
            step()
        values.append(buffer.values.copy())
    np.testing.assert_allclose(values[0], values[1], rtol=1e-5 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("optimizer", [SGD, Momentum, Adam])
def test_a_network_without_parameters_can_be_stepped(optimizer: type) -> None:
    accumulators, step = fuse_update(optimizer(ParameterBuffer([]), learning_rate=0.1))
    assert accumulators == {}
    step()


@pytest.mark.parametrize("optimizer", [Momentum, Adam])
def test_an_average_that_has_faded_away_does_not_become_subnormal(optimizer: type) -> None:
    ours = optimizer(ParameterBuffer([Parameter(np.ones(4, np.float32))]), learning_rate=0.1)
    average = next(iter(ours.state.values()))
    average[:] = [TRACE / 2, -TRACE / 2, 2 * TRACE, 1.0]
    fuse_update(ours)
    np.testing.assert_array_equal(average != 0, [False, False, True, True])
