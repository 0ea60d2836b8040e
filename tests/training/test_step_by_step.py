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
        schedule,
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
