"""Whether training learns, learns the same again, and ends well when it cannot go on."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from nn.errors import DivergedError
from nn.initializers import he
from nn.layers.activations import ReLU
from nn.layers.dense import Dense
from nn.network import Network
from nn.optimizers import OPTIMIZERS, SGD
from nn.training import trainer
from nn.training.evaluation import evaluate
from tests.training.scripted import LOSS, Dealer, Diary, Some, make_network, run, step


def test_divergence_goes_back_to_the_last_weights_that_are_known_to_be_finite() -> None:
    """The rate of epoch 3 is absurd; what epoch 2 left was validated, and comes back."""
    network, twin, history, diary = make_network(), make_network(), [], Diary()
    rates = {1: 0.05, 2: 0.05, 3: 1e30}
    with pytest.raises(DivergedError, match="diverged in epoch 3") as caught:
        run(
            network,
            Dealer(),
            epochs=9,
            learning_rate=1.0,
            schedule=rates.__getitem__,
            history=history,
            observers=(diary,),
        )
    run(twin, Dealer(), epochs=2)
    np.testing.assert_array_equal(network.parameters.values, twin.parameters.values)
    assert len(history) == 2
    assert diary.lines[-1][0] == "start"
    assert caught.value.exit_code == 5
    assert caught.value.learning_rate == 1e30


def test_divergence_late_in_an_epoch_keeps_its_finite_beginning() -> None:
    """Step by step: the fourth of five chunks is poisoned."""

    class Poisoned(Dealer):
        def epoch(self, skip: int = 0) -> Iterator[Some]:
            for number, some in enumerate(super().epoch(skip), start=1):
                if number == 4:
                    some.inputs[:] = np.nan
                yield some

    network, twin, dealer = make_network(), make_network(), Poisoned(chunk=2, batch_size=2)
    with pytest.raises(DivergedError):
        run(network, dealer)
    optimizer = SGD(twin.parameters, learning_rate=0.05)
    for batch in dealer.batches(1)[:2]:
        step(twin, optimizer, Some(dealer.inputs[batch], dealer.labels[batch]))
    # After three steps the weights have not been tried yet; those after two have.
    np.testing.assert_array_equal(network.parameters.values, twin.parameters.values)


def test_weights_that_overflow_only_at_the_last_step_are_found_by_the_validation() -> None:
    network, dealer = make_network(), Dealer(batch_size=10, chunk=10)
    before, history = network.parameters.values.copy(), []
    with pytest.raises(DivergedError):
        run(network, dealer, learning_rate=1e25, history=history)
    np.testing.assert_array_equal(network.parameters.values, before)
    assert math.isfinite(evaluate(network, LOSS, dealer.in_order()).loss)
    assert history == []


def test_weights_that_are_not_finite_stop_training_even_if_the_loss_was() -> None:
    network, dealer, diary = make_network(), Dealer(batch_size=10, chunk=10), Diary()
    with pytest.raises(DivergedError):
        run(network, dealer, learning_rate=1e39, observers=(diary,))
    assert np.isfinite(network.parameters.values).all()
    assert [line[0] for line in diary.lines] == ["start"]


def test_a_loss_that_is_not_finite_stops_training_even_if_the_weights_are() -> None:
    network, diary = make_network(), Diary()
    network.arrays["biases_2"][:] = [3e38, -3e38, 0]
    with pytest.raises(DivergedError):
        run(network, Dealer(), learning_rate=0.0, observers=(diary,))
    assert [line[0] for line in diary.lines] == ["start"]


def test_a_finite_loss_far_worse_than_guessing_stops_training_in_its_epoch() -> None:
    """Labels in the logits' place, so the loss is known: 0 for what is right, 30 for the rest."""
    network, history, diary = make_network(), [], Diary()
    network.arrays["weights_2"][:] = 0
    network.arrays["biases_2"][:] = [30, 0, 0]
    before = network.parameters.values.copy()
    with pytest.raises(
        DivergedError, match=r"its mean loss is \d+\.?\d*, while guessing gives 1.099"
    ):
        run(network, Dealer(), learning_rate=0.0, history=history, observers=(diary,))
    np.testing.assert_array_equal(network.parameters.values, before)
    assert "end" not in {line[0] for line in diary.lines}
    assert history == []


@pytest.mark.parametrize("judged_from", [1, 9])
def test_the_first_few_images_of_an_epoch_do_not_stop_training(judged_from, monkeypatch) -> None:
    """A chunk of large images has fewer than those that the limit was measured with."""
    monkeypatch.setattr(trainer, "_JUDGED_FROM", judged_from)
    network, diary = make_network(), Diary()
    network.arrays["weights_2"][:] = 0
    network.arrays["biases_2"][:] = [30, 0, 0]
    with pytest.raises(DivergedError):
        run(network, Dealer(chunk=2, batch_size=2), learning_rate=0.0, observers=(diary,))
    assert len(diary.lines) == 1 + (judged_from - 1) // 2


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_learning_rate_ends_in_anything_but_a_message(name: str) -> None:
    """From far too small to far beyond float32: no warning, no traceback, finite weights."""
    diverged = []
    for exponent in range(-40, 42, 3):
        network, dealer = make_network(), Dealer()
        optimizer = OPTIMIZERS[name](network.parameters, learning_rate=10.0**exponent)
        try:
            run(network, dealer, epochs=3, optimizer=optimizer)
        except DivergedError:
            diverged.append(exponent)
        assert math.isfinite(evaluate(network, LOSS, dealer.in_order()).loss)
    assert 0 < min(diverged) < max(diverged) == 41


def rings(examples: int, seed: int) -> tuple[NDArray, NDArray]:
    """Three classes on rings of radius 1, 2 and 3: no straight line divides them."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, examples)
    inputs = rng.standard_normal((examples, 4)).astype(np.float32)
    inputs /= np.linalg.norm(inputs[:, :2], axis=1, keepdims=True)
    inputs *= (1 + labels + 0.1 * rng.standard_normal(examples))[:, None]
    inputs[:, 2:] = 0
    return inputs, labels


@pytest.mark.parametrize(("name", "rate"), [("sgd", 0.1), ("momentum", 0.02), ("adam", 0.01)])
def test_a_network_learns_what_no_straight_line_divides(name: str, rate: float) -> None:
    network = Network([Dense(32), ReLU(), Dense(3)], 4, initializer=he)
    dealer = Dealer(600, 10, 200)
    dealer.inputs, dealer.labels = rings(600, 1)
    fresh = Some(*rings(300, 2))
    history = run(
        network,
        dealer,
        epochs=20,
        optimizer=OPTIMIZERS[name](network.parameters, learning_rate=rate),
        validation=lambda: [fresh],
    )
    assert history[-1].validation_accuracy > 0.95
    assert history[-1].training_loss < 0.2 < history[0].training_loss


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    trained = []
    for seed in (0, 0, 1):
        network = make_network(seed)
        optimizer = OPTIMIZERS[name](network.parameters, learning_rate=0.05)
        history = run(network, Dealer(), epochs=3, optimizer=optimizer)
        losses = [(each.training_loss, each.validation_loss) for each in history]
        trained.append((network.parameters.values.tobytes(), losses))
    assert trained[0] == trained[1] != trained[2]
