"""What is special about compiled layers; `test_textbook` holds their steps to the textbook."""

from functools import partial

import numpy as np
import pytest

from nn.engines import threads
from nn.engines.textbook import TextbookEngine
from nn.engines.threads import limited_threads
from tests.engines.models import (
    LOSS,
    OTHER_NETWORKS,
    Some,
    assert_same,
    beside_textbook,
    make_examples,
    make_model,
)

pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")

from nn.engines.compiled import CompiledEngine

both = partial(beside_textbook, CompiledEngine)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_either_can_continue_where_the_other_was(optimizer: str) -> None:
    kind, examples = ("convolutions", optimizer, "L2"), make_examples(120)
    mixed, textbook = both(*kind)
    other = TextbookEngine(mixed.network, LOSS, mixed.optimizer)
    for number, engine in enumerate((mixed.engine, other, mixed.engine)):
        mixed.engine = engine
        part = examples.part(40 * number, 40 * number + 40)
        mixed.take(part)
        textbook.take(part)
    assert_same(mixed, textbook, both(*kind)[0])


@pytest.mark.parametrize("network", OTHER_NETWORKS)
def test_compiled_layers_repeat_to_the_last_bit_wherever_memory_lies(network: str) -> None:
    examples, results = make_examples(101), []
    for offset in range(0, 17, 4):
        memory = np.empty(examples.inputs.size + 16, np.float32)
        inputs = memory[offset : offset + examples.inputs.size].reshape(examples.inputs.shape)
        inputs[:] = examples.inputs
        kept = [np.empty(1000 * offset, np.uint8)]  # so that new arrays lie elsewhere, too
        model = make_model(CompiledEngine, network, "adam", "L1 and L2")
        logits = model.take(Some(inputs, examples.labels), 9)
        results.append((logits.tobytes(), model.numbers.tobytes()))
        assert kept
    assert len(set(results)) == 1


@pytest.mark.parametrize("network", OTHER_NETWORKS)
def test_two_threads_come_to_the_same_bytes(network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "WORTH_SHARING", 1)
    examples, results = make_examples(101), set()
    for number in (1, 2):
        model = make_model(CompiledEngine, network, "momentum")
        with limited_threads(number):
            model.engine.take_steps(examples.inputs, examples.labels, 9)
        results.add(model.numbers.tobytes())
    assert len(results) == 1


@pytest.mark.parametrize("network", OTHER_NETWORKS)
def test_compiling_changes_nothing_and_is_all_that_steps_need(network: str) -> None:
    """Neither parameters nor running means nor the random numbers of dropout."""
    ours, other = both(network, "adam")
    ours.engine.compile()
    loops = ours.engine._loops
    before = [len(loop.signatures) for loop in loops]
    np.testing.assert_array_equal(ours.numbers, other.numbers)
    for model in (ours, other):
        model.take(make_examples(60))
    assert [len(loop.signatures) for loop in loops] == before
    assert_same(ours, other, both(network, "adam")[0])
    assert ours.engine.expected_compilation() == 0


def test_a_batch_of_one_follows_larger_ones() -> None:
    ours, textbook = both("dropout")
    for model in (ours, textbook):
        model.take(make_examples(61), batch_size=10)
    assert_same(ours, textbook, both("dropout")[0])
