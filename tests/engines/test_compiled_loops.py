"""What loops could get wrong: memory, dark pixels, and numbers that are very small or large."""

from functools import partial

import numpy as np
import pytest

from nn.engines.textbook import TextbookEngine
from nn.optimizers import Momentum
from tests.engines.models import Model, assert_same, beside_textbook, make_examples, make_model

pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")

from nn.engines.compiled_dense import CompiledDenseEngine

both = partial(beside_textbook, CompiledDenseEngine)


def test_a_lit_pixel_in_the_corner_changes_nothing() -> None:
    examples = make_examples()
    examples.inputs[0, 0] = 0.7
    ours, textbook = both()
    ours.take(examples)
    textbook.take(examples)
    assert_same(ours, textbook, both()[0])


@pytest.mark.parametrize("momentum", [0.0, 1e-30, 1e-3, 0.999])
def test_whatever_is_kept_of_the_velocity_they_do(momentum: float) -> None:
    ours, textbook = (
        Model(
            engine,
            network := make_model(engine).network,
            Momentum(network.parameters, learning_rate=0.003, momentum=momentum),
        )
        for engine in (CompiledDenseEngine, TextbookEngine)
    )
    start = ours.network.snapshot()
    ours.take(make_examples())
    textbook.take(make_examples())
    for name, array in textbook.network.arrays.items():
        way = np.abs(array - start[name]).max()
        np.testing.assert_allclose(ours.network.arrays[name], array, rtol=0, atol=1e-3 * way)


def test_a_batch_larger_than_all_examples_takes_no_memory_for_the_missing_ones() -> None:
    examples = make_examples().part(0, 6)
    ours, textbook = both()
    logits = ours.take(examples, batch_size=10**12)
    np.testing.assert_allclose(logits, textbook.take(examples, 6), rtol=1e-4, atol=1e-5)


def test_logits_too_large_to_exponentiate_are_no_trouble() -> None:
    (ours, textbook), start = both(), both()[0]
    for model in (ours, textbook, start):
        model.network.arrays["biases_2"][:] = [100, -100, 99]
    ours.take(make_examples())
    textbook.take(make_examples())
    assert_same(ours, textbook, start)


def test_relu_keeps_nan_so_that_divergence_is_noticed() -> None:
    """A unit of inf - inf must not become 0, which would hide that training has diverged."""
    model = make_model(CompiledDenseEngine, "two, relu")
    arrays = model.network.arrays
    model.network.parameters.values[:] = 0
    arrays["biases_1"][:] = 2
    arrays["weights_2"][::2] = 3e38
    arrays["weights_2"][1::2] = -3e38
    assert np.isnan(model.take(make_examples())).all()
