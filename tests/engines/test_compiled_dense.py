"""What is special about compiled steps of dense networks, beside what `test_textbook` holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from nn.engines.textbook import TextbookEngine
from nn.errors import DivergedError
from nn.training.trainer import train
from tests.engines.models import (
    LOSS,
    Model,
    Some,
    assert_same,
    beside_textbook,
    make_examples,
    make_model,
)

pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")

from nn.engines import compiled_loops
from nn.engines.compiled_dense import CompiledDenseEngine

both = partial(beside_textbook, CompiledDenseEngine)
EACH_OPTIMIZER = pytest.mark.parametrize("optimizer", ["sgd", "momentum", "averaged"])


@EACH_OPTIMIZER
def test_either_can_continue_where_the_other_was(optimizer: str) -> None:
    kind, examples = ("relu", optimizer, "L2"), make_examples()
    mixed, textbook = both(*kind)
    other = TextbookEngine(mixed.network, LOSS, mixed.optimizer)
    turns = [(mixed.engine, 0, 210), (other, 210, 420), (mixed.engine, 420, 641)]
    for number, (engine, start, stop) in enumerate(turns):
        for model in (mixed, textbook):
            model.optimizer.learning_rate = 0.05 / (1 + number)
        mixed.engine = engine
        mixed.take(examples.part(start, stop))
        textbook.take(examples.part(start, stop))
    assert_same(mixed, textbook, both(*kind)[0])


@EACH_OPTIMIZER
def test_compiled_steps_repeat_to_the_last_bit_wherever_memory_lies(optimizer: str) -> None:
    examples, results = make_examples(), []
    for offset in range(0, 17, 4):
        memory = np.empty(examples.inputs.size + 16, np.float32)
        inputs = memory[offset : offset + examples.inputs.size].reshape(examples.inputs.shape)
        inputs[:] = examples.inputs
        model = make_model(CompiledDenseEngine, "three, mixed", optimizer, "L1 and L2")
        logits = model.take(Some(inputs, examples.labels), 4)
        results.append((logits.tobytes(), model.numbers.tobytes()))
    assert len(set(results)) == 1


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_compiling_before_the_first_step_changes_nothing_and_is_all_that_steps_need(
    optimizer: str,
) -> None:
    model = make_model(CompiledDenseEngine, "relu", optimizer, "L2")
    before = model.numbers.copy()
    model.engine.compile()
    np.testing.assert_array_equal(model.numbers, before)
    compiled = len(compiled_loops.run_steps.signatures)
    model.take(make_examples(), 4)
    assert len(compiled_loops.run_steps.signatures) == compiled


def test_a_learning_rate_of_0_changes_nothing() -> None:
    model, before = both(penalty="L1")
    model.optimizer.learning_rate = 0.0
    logits = model.take(make_examples())
    np.testing.assert_array_equal(model.numbers, before.numbers)
    expected = before.network.forward(make_examples().inputs)
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


@dataclass
class Dealer:
    """Deals out the same examples in every epoch, 30 at a time."""

    some: Some
    batch_size: int = 4

    @property
    def examples(self) -> int:
        return len(self.some.labels)

    def epoch(self, skip: int = 0) -> Iterator[Some]:
        for start in range(skip, self.examples, 30):
            yield self.some.part(start, start + 30)


def run(model: Model, rate: float, epochs: int = 2) -> list:
    history: list = []
    dealer = Dealer(make_examples())
    factor = rate / model.optimizer.learning_rate
    train(
        model.network,
        LOSS,
        model.optimizer,
        schedule=lambda epoch: factor,
        training=dealer,
        validation=lambda: [dealer.some],
        epochs=epochs,
        history=history,
        engine=model.engine,
    )
    return history


def test_histories_mean_the_same() -> None:
    ours, textbook = (run(model, 0.1) for model in both())
    assert ours[-1].training_accuracy > 0.7
    for one, other in zip(ours, textbook, strict=True):
        for name in ("training_loss", "validation_loss", "learning_rate"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-4)
        for name in ("training_accuracy", "validation_accuracy"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), abs=2 / 641)


@EACH_OPTIMIZER
def test_divergence_is_noticed_and_the_last_finite_network_kept(optimizer: str) -> None:
    model = make_model(CompiledDenseEngine, "relu", optimizer)
    with pytest.raises(DivergedError):
        run(model, 1e25, epochs=5)
    assert np.isfinite(model.network.parameters.values).all()
