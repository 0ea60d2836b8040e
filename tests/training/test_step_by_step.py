"""Steps one at a time are the steps of the engine behind, at rates of their own."""

import numpy as np

from nn.engines.textbook import TextbookEngine
from nn.optimizers import SGD
from nn.training.history import EpochSoFar
from nn.training.step_by_step import StepByStep
from tests.training.scripted import LOSS, Dealer, make_network, record, step


def test_every_step_has_the_rate_of_its_moment() -> None:
    network, textbook = make_network(), make_network()
    by_hand = SGD(textbook.parameters, learning_rate=0.1)
    asked, so_far = [], EpochSoFar()
    so_far.examples = 3

    def schedule(moment: float) -> float:
        asked.append(moment)
        return moment - 2

    optimizer = SGD(network.parameters, learning_rate=0.1)
    engine = StepByStep(
        TextbookEngine(network, LOSS, optimizer),
        optimizer,
        schedule=schedule,
        history=[record(1)],
        so_far=so_far,
        examples=12,
    )
    some = next(Dealer(chunk=7).epoch())
    logits = engine.take_steps(some.inputs, some.labels, 3)

    # Three of twelve examples of the second epoch are done, then six, then nine.
    assert asked == [2.25, 2.5, 2.75]
    expected = []
    for start, rate in zip((0, 3, 6), (0.025, 0.05, 0.075), strict=True):
        batch = type(some)(some.inputs[start : start + 3], some.labels[start : start + 3])
        expected.append(textbook.forward(batch.inputs))
        by_hand.learning_rate = rate
        step(textbook, by_hand, batch)
    np.testing.assert_allclose(logits, np.concatenate(expected), rtol=1e-5)
    np.testing.assert_allclose(network.parameters.values, textbook.parameters.values, rtol=1e-5)


def test_the_average_follows_every_step_and_knows_how_many_were_before() -> None:
    class Average:
        def __init__(self) -> None:
            self.told: list[tuple[int, float]] = []

        def follow(self, steps: int) -> None:
            self.told.append((steps, network.parameters.values[0]))

    network, average, so_far = make_network(), Average(), EpochSoFar()
    so_far.examples = 6
    optimizer = SGD(network.parameters, learning_rate=0.1)
    engine = StepByStep(
        TextbookEngine(network, LOSS, optimizer),
        optimizer,
        average=average,
        history=[record(1), record(2)],
        so_far=so_far,
        examples=10,
    )
    some = next(Dealer(chunk=4).epoch())
    engine.take_steps(some.inputs, some.labels, 3)
    # An epoch of ten examples has four steps, the last of one example; two epochs and two steps.
    assert [steps for steps, _ in average.told] == [10, 11]
    values = [value for _, value in average.told]
    assert values[0] != values[1] == network.parameters.values[0]
    assert optimizer.learning_rate == 0.1
