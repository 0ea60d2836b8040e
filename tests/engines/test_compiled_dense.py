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

from nn.engines import compiled_dense, compiled_loops
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


@pytest.mark.parametrize(
    ("network", "batch_size", "lit", "loops"),
    [
        ("no hidden layer", 15, 25, True),
        ("no hidden layer", 16, 25, False),
        ("no hidden layer", 128, 6, True),  # of 25 pixels
        ("no hidden layer", 128, 7, False),
        # 25 * 20 weights and 20 * 3: 560 / 4 - 60 = 80 multiplications, 4 pixels' worth.
        ("relu", 128, 4, True),
        ("relu", 128, 5, False),
    ],
)
def test_large_batches_are_left_to_numpy_unless_most_of_the_work_is_in_dark_pixels(
    network: str, batch_size: int, lit: int, loops: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model(CompiledDenseEngine, network)
    called: list[int] = []
    run_steps = compiled_dense.run_steps

    def watched(images, *arguments):
        called.append(len(images))
        return run_steps(images, *arguments)

    monkeypatch.setattr(compiled_dense, "run_steps", watched)
    inputs = np.zeros((256, 25), np.float32)
    inputs[:, 25 - lit :] = 0.5
    inputs[0, 0] = 0  # what counts as dark
    if lit == 25:
        inputs[1:, 0] = 0.5
    model.take(Some(inputs, np.zeros(256, np.int64)), batch_size)
    assert called == ([256] if loops else [])


def test_dark_and_light_batches_in_turn_come_to_the_same_as_the_textbooks_in_any_calls() -> None:
    examples, kind = make_examples(640), ("relu", "momentum", "L2")
    examples.inputs *= np.random.default_rng(1).random(examples.inputs.shape) < 0.4
    examples.inputs[160:320] += 0.5
    examples.inputs[480:560] += 0.5
    ours, textbook = both(*kind)
    assert set(ours.engine._loops_pay(examples.inputs, 40)) == {False, True}
    logits, expected = ours.take(examples, 40), textbook.take(examples, 40)
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-4)
    assert_same(ours, textbook, both(*kind)[0])
    again = both(*kind)[0]
    for start, stop in ((0, 200), (200, 240), (240, 640)):
        again.take(examples.part(start, stop), 40)
    np.testing.assert_allclose(again.numbers, ours.numbers, rtol=1e-4, atol=1e-6)


def test_a_velocity_that_has_faded_away_does_not_become_subnormal() -> None:
    model = make_model(CompiledDenseEngine, "relu", "momentum")
    model.optimizer.state["velocity"][:] = 1e-20
    model.take(make_examples(3))  # Some pixels are dark in all of them.
    velocity = model.optimizer.state["velocity"]
    assert np.count_nonzero(velocity == 0) >= 20
    assert not np.any((velocity > 0) & (velocity < 1e-19))
