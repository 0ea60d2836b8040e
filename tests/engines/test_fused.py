"""The fused engine between its calls, and with optimizers of one's own."""

import numpy as np
import pytest

from nn.engines.fused import FusedEngine
from nn.engines.textbook import TextbookEngine
from nn.optimizers import SGD
from tests.engines.models import OPTIMIZERS, Model, make_examples, make_model


def assert_same(ours: Model, textbook: Model) -> None:
    np.testing.assert_allclose(ours.numbers, textbook.numbers, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_changed_rate_holds_from_the_next_call_on(optimizer: str) -> None:
    ours, textbook = (make_model(e, optimizer=optimizer) for e in (FusedEngine, TextbookEngine))
    for rate in (0.05, 0.01, 0.0):
        for model in (ours, textbook):
            model.optimizer.learning_rate = rate
            model.take(make_examples())
    assert_same(ours, textbook)


def test_an_optimizer_of_ones_own_is_stepped_as_it_says() -> None:
    class Signs(SGD):
        """Takes steps of one length."""

        def step(self) -> None:
            self.parameters.values -= self.learning_rate * np.sign(self.gradient())

    models = []
    for engine in (FusedEngine, TextbookEngine):
        network = make_model(engine).network
        model = Model(engine, network, Signs(network.parameters, learning_rate=0.001))
        model.take(make_examples())
        models.append(model)
    assert_same(*models)
