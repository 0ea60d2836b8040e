"""Every engine takes the textbook's steps, for every network, optimizer and loss.

In float64 the fused engine's parameters differ from the textbook's by nothing but rounding. The
compiled engines add in float32, in an order of their own: no number may differ by more than a
thousandth of the longest way that any has come; nearly always it is less than a hundred thousandth.
After 200 steps two orders of adding may be farther apart with batches of three: batch normalization
and Adam enlarge what is tiny, and under L1 a weight near 0 changes sides. So they take 40.
"""

import itertools
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from numpy.typing import DTypeLike

from nn.engines.choice import compiled_engine
from nn.engines.fused import FusedEngine
from nn.engines.textbook import TextbookEngine
from nn.losses import LOSSES
from tests.engines.models import (
    NETWORKS,
    OPTIMIZERS,
    PENALTIES,
    MakeEngine,
    Model,
    make_examples,
    make_model,
)

TOLERANCES: dict[DTypeLike, float] = {np.float64: 1e-9, np.float32: 1e-3}


ENGINES: dict[str, MakeEngine] = {"fused": FusedEngine, "compiled": compiled_engine}


def accepted() -> list[Any]:
    """Return every case; the fast tests meet each network with each optimizer and loss once."""
    cases = []
    for numbers in itertools.product(*map(enumerate, (NETWORKS, OPTIMIZERS, PENALTIES, LOSSES))):
        (network, optimizer, penalty, loss), kind = zip(*numbers, strict=True)
        turn = network + optimizer + (0 if loss == 0 else 1 + loss)
        is_fast = penalty == turn % len(PENALTIES) and (loss == 0 or optimizer == network % 2)
        marks = () if is_fast else pytest.mark.long
        cases.append(pytest.param("fused", *kind, marks=marks))
        if find_spec("numba"):
            cases.append(pytest.param("compiled", *kind, marks=marks))
    return cases


def assert_same(ours: Model, textbook: Model, start: Model, tolerance: float) -> None:
    way = np.abs(textbook.numbers - start.numbers).max()
    assert way > 0.01
    np.testing.assert_allclose(ours.numbers, textbook.numbers, rtol=0, atol=tolerance * way)


@pytest.mark.parametrize(("engine", "network", "optimizer", "penalty", "loss"), accepted())
def test_many_steps_come_to_the_same_as_the_textbooks(
    engine: str, network: str, optimizer: str, penalty: str, loss: str
) -> None:
    dtype = np.dtype(np.float64 if engine == "fused" else np.float32)
    examples = make_examples(dtype=dtype)
    if engine == "compiled":
        examples = examples.part(len(examples.labels) - 119, len(examples.labels))

    def made(engine: MakeEngine) -> Model:
        return make_model(engine, network, optimizer, penalty, dtype=dtype, loss=loss)

    ours, textbook = made(ENGINES[engine]), made(TextbookEngine)
    logits, expected = ours.take(examples), textbook.take(examples)
    start, tolerance = made(TextbookEngine), TOLERANCES[dtype.type]
    assert_same(ours, textbook, start, tolerance)
    np.testing.assert_allclose(logits, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("engine", ["fused", "compiled"])
def test_engines_aim_at_smoothed_labels_as_the_textbook_does(engine: str, loss: str) -> None:
    if engine == "compiled":
        pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")
    examples = make_examples()
    ours, textbook = (
        make_model(kind, "two, relu", "momentum", loss=loss, smoothing=0.3)
        for kind in (ENGINES[engine], TextbookEngine)
    )
    start, sharp = textbook.numbers, make_model(TextbookEngine, "two, relu", "momentum", loss=loss)
    for model in (ours, textbook, sharp):
        model.take(examples)
    way = np.abs(textbook.numbers - start).max()
    np.testing.assert_allclose(ours.numbers, textbook.numbers, rtol=0, atol=1e-3 * way)
    assert np.abs(textbook.numbers - sharp.numbers).max() > 0.05 * way


@pytest.mark.parametrize("dark", [-0.42, 0.5])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "averaged"])
@pytest.mark.parametrize("batch_size", [1, 4, 64, 5000])
@pytest.mark.parametrize("engine", ["fused", "compiled"])
def test_engines_agree_at_any_batch_size_and_whatever_pixel_is_dark(
    engine: str, batch_size: int, optimizer: str, dark: float
) -> None:
    if engine == "compiled":
        pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")
    kind = ("three, mixed", optimizer, "L1 and L2")
    examples = make_examples(dark=dark)
    ours, textbook = make_model(ENGINES[engine], *kind), make_model(TextbookEngine, *kind)
    for _ in range(200 * batch_size // 641 + 1 if batch_size < 641 else 50):
        ours.take(examples, batch_size)
        textbook.take(examples, batch_size)
    assert_same(ours, textbook, make_model(TextbookEngine, *kind), 1e-3)
