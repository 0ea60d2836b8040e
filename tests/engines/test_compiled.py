"""What is special about compiled steps; that they agree with the textbook, test_agreement says."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from nn.engines.textbook import TextbookEngine
from nn.errors import DivergedError
from nn.optimizers import Momentum
from nn.training.trainer import train
from tests.engines.models import LOSS, Model, Some, make_examples, make_model

pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")

from nn.engines import compiled_loops
from nn.engines.compiled import CompiledEngine

EACH_OPTIMIZER = pytest.mark.parametrize("optimizer", ["sgd", "momentum", "averaged"])


def both(network: str = "relu", optimizer: str = "sgd", penalty: str = "") -> tuple[Model, Model]:
    """Return the same model twice, to be trained by compiled loops and by the textbook."""
    kind = network, optimizer, penalty
    return make_model(CompiledEngine, *kind), make_model(TextbookEngine, *kind)


def assert_same(ours: Model, expected: Model, start: Model) -> None:
    way = np.abs(expected.numbers - start.numbers).max()
    assert way > 0.01
    np.testing.assert_allclose(ours.numbers, expected.numbers, rtol=0, atol=1e-3 * way)


def test_a_lit_pixel_in_the_corner_changes_nothing() -> None:
    examples = make_examples()
    examples.inputs[0, 0] = 0.7
    ours, textbook = both()
    ours.take(examples)
    textbook.take(examples)
    assert_same(ours, textbook, both()[0])


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
def test_they_repeat_to_the_last_bit_wherever_memory_lies(optimizer: str) -> None:
    examples, results = make_examples(), []
    for offset in range(0, 17, 4):
        memory = np.empty(examples.inputs.size + 16, np.float32)
        inputs = memory[offset : offset + examples.inputs.size].reshape(examples.inputs.shape)
        inputs[:] = examples.inputs
        model = make_model(CompiledEngine, "three, mixed", optimizer, "L1 and L2")
        logits = model.take(Some(inputs, examples.labels), 4)
        results.append((logits.tobytes(), model.numbers.tobytes()))
    assert len(set(results)) == 1


@pytest.mark.parametrize("momentum", [0.0, 1e-30, 1e-3, 0.999])
def test_whatever_is_kept_of_the_velocity_they_do(momentum: float) -> None:
    ours, textbook = (
        Model(
            engine,
            network := make_model(engine).network,
            Momentum(network.parameters, learning_rate=0.003, momentum=momentum),
        )
        for engine in (CompiledEngine, TextbookEngine)
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
    model = make_model(CompiledEngine, "relu", optimizer)
    with pytest.raises(DivergedError):
        run(model, 1e25, epochs=5)
    assert np.isfinite(model.network.parameters.values).all()


def test_what_is_no_number_is_not_mended_on_its_way() -> None:
    """A unit of inf - inf must not become 0, which would hide that training has diverged."""
    model = make_model(CompiledEngine, "two, relu")
    arrays = model.network.arrays
    model.network.parameters.values[:] = 0
    arrays["biases_1"][:] = 2
    arrays["weights_2"][::2] = 3e38
    arrays["weights_2"][1::2] = -3e38
    assert np.isnan(model.take(make_examples())).all()


def test_where_nothing_can_be_kept_they_are_compiled_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = compiled_loops.njit

    def without_a_place(function, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available for file")
        return real(function, **options)

    monkeypatch.setattr(compiled_loops, "njit", without_a_place)
    assert compiled_loops._compiled_once(lambda number: number + 1)(2) == 3
