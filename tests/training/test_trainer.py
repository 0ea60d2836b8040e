"""The loop, step by step: what is used, what is measured, what is told, and how it ends."""

import math
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pytest
from numpy.typing import NDArray

from nn.errors import DivergedError
from nn.initializers import INITIALIZERS
from nn.layers.activations import ReLU
from nn.layers.dense import Dense
from nn.layers.layer import Layer
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import OPTIMIZERS, SGD, Momentum, Optimizer
from nn.schedules import Schedule, constant, exponential
from nn.training import trainer
from nn.training.evaluation import accuracy, evaluate
from nn.training.history import EpochRecord, History
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer, train

LOSS = SoftmaxCrossEntropy(3)


@dataclass
class Some:
    inputs: NDArray
    labels: NDArray


class Dealer:
    """Ten examples (or others), in a new order every epoch, in arrays that are used again.

    The first feature of an example is its number.
    """

    def __init__(self, examples: int = 10, batch_size: int = 3, chunk: int = 6) -> None:
        self.batch_size, self.examples, self.chunk = batch_size, examples, chunk
        self.rng = np.random.default_rng(0)
        self.inputs = self.rng.standard_normal((examples, 4)).astype(np.float32)
        self.inputs[:, 0] = np.arange(examples)
        self.labels = self.rng.integers(0, 3, examples)
        self.orders: list[NDArray] = []

    def epoch(self) -> Iterator[Some]:
        order = self.rng.permutation(self.examples)
        self.orders.append(order)
        inputs = np.empty((self.chunk, 4), np.float32)
        for start in range(0, self.examples, self.chunk):
            chosen = order[start : start + self.chunk]
            inputs[:] = np.nan
            inputs[: len(chosen)] = self.inputs[chosen]
            yield Some(inputs[: len(chosen)], self.labels[chosen])

    def batches(self, epoch: int) -> list[NDArray]:
        """Return the numbers of the examples in each batch of an epoch that was dealt out."""
        order = self.orders[epoch - 1]
        return [order[i : i + self.batch_size] for i in range(0, self.examples, self.batch_size)]

    def in_order(self) -> list[Some]:
        return [Some(self.inputs, self.labels)]


class Eye(Layer):
    """Sees what is trained on, changes nothing."""

    def __init__(self) -> None:
        super().__init__((4,), (4,))
        self.trained: list[list[int]] = []
        self.predicted = 0

    def forward(self, inputs: NDArray, training: bool = False) -> NDArray:
        if training:
            self.trained.append(inputs[:, 0].astype(int).tolist())
        else:
            self.predicted += len(inputs)
        return inputs


class Diary(Observer):
    """Writes down everything it is told."""

    def __init__(self, lines: list[tuple] | None = None, name: str = "") -> None:
        self.lines = [] if lines is None else lines
        self.name = name

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        self.lines.append((f"{self.name}start", epoch, epochs, examples))

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        self.lines.append((f"{self.name}progress", examples_done, loss, accuracy))

    def on_epoch_end(self, record: EpochRecord) -> None:
        self.lines.append((f"{self.name}end", record))


def make_network(seed: int = 0) -> Network:
    rng, he = np.random.default_rng(seed), INITIALIZERS["he"]
    return Network(
        [
            Eye(),
            Dense(4, 5, initializer=he, rng=rng),
            ReLU((5,)),
            Dense(5, 3, initializer=he, rng=rng),
        ]
    )


def run(
    network: Network,
    dealer: Dealer,
    *,
    epochs: int = 1,
    optimizer: Optimizer | None = None,
    schedule: Schedule | None = None,
    history: History | None = None,
    observers: tuple[Observer, ...] = (),
    validation: Callable[[], list[Some]] | None = None,
) -> History:
    history = [] if history is None else history
    train(
        network,
        LOSS,
        optimizer or SGD(network.parameters, learning_rate=99),
        schedule=schedule or constant(0.05),
        training=dealer,
        validation=validation or dealer.in_order,
        epochs=epochs,
        history=history,
        observers=observers,
    )
    return history


def record(epoch: int) -> EpochRecord:
    return EpochRecord(epoch, 0.1, 1.0, 0.5, 1.0, 0.5, 1.0)


def step(network: Network, optimizer: Optimizer, some: Some) -> float:
    """Take one step as it is written in every book, and return the loss before it."""
    logits = network.forward(some.inputs, training=True)
    loss = LOSS.value(logits, some.labels)
    network.backward(LOSS.gradient(logits, LOSS.targets(some.labels)))
    optimizer.step()
    return loss


def test_every_example_is_used_once_an_epoch_in_the_order_dealt_out() -> None:
    network, dealer = make_network(), Dealer()
    run(network, dealer, epochs=3)
    eye = network.layers[0]
    assert [len(batch) for batch in eye.trained] == [3, 3, 3, 1] * 3
    for epoch in (1, 2, 3):
        trained = eye.trained[4 * (epoch - 1) : 4 * epoch]
        assert trained == [batch.tolist() for batch in dealer.batches(epoch)]
        assert sorted(chain(*trained)) == list(range(10))
    assert eye.predicted == 30


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_weights_are_those_of_the_textbook_loop(name: str) -> None:
    network, twin, dealer = make_network(), make_network(), Dealer()
    optimizer = OPTIMIZERS[name](network.parameters, learning_rate=99)
    history = run(network, dealer, epochs=3, optimizer=optimizer, schedule=exponential(0.05, 0.5))
    expected = OPTIMIZERS[name](twin.parameters, learning_rate=0.05)
    for epoch in (1, 2, 3):
        expected.learning_rate = 0.05 * 0.5 ** (epoch - 1)
        losses = []
        for batch in dealer.batches(epoch):
            some = Some(dealer.inputs[batch], dealer.labels[batch])
            losses += [step(twin, expected, some)] * len(batch)
        assert history[epoch - 1].training_loss == pytest.approx(np.mean(losses), rel=1e-6)
    np.testing.assert_array_equal(network.parameters.values, twin.parameters.values)


@pytest.mark.parametrize("examples", [1, 2, 3, 12])
@pytest.mark.parametrize("batch_size", [1, 3, 50])
def test_how_much_is_prepared_at_once_changes_no_weight(examples: int, batch_size: int) -> None:
    trained = []
    for batches_at_once in (1, 2, 100):
        network = make_network()
        dealer = Dealer(examples, batch_size, batches_at_once * batch_size)
        run(network, dealer, epochs=2)
        trained.append(network.parameters.values.tobytes())
    assert trained[0] == trained[1] == trained[2] != make_network().parameters.values.tobytes()


def test_running_means_are_over_the_examples_so_far() -> None:
    """With a learning rate of 0 every loss can be computed afterwards."""
    network, dealer, diary = make_network(), Dealer(), Diary()
    history = run(network, dealer, schedule=constant(0.0), observers=(diary,))
    order = dealer.orders[0]
    logits, labels = network.forward(dealer.inputs[order]), dealer.labels[order]
    progress = [line for line in diary.lines if line[0] == "progress"]
    assert [line[1] for line in progress] == [6, 10]
    for _, done, loss, right in progress:
        assert loss == pytest.approx(LOSS.value(logits[:done], labels[:done]), rel=1e-6)
        assert right == pytest.approx(accuracy(logits[:done], labels[:done]), rel=1e-12)
    assert history[0].training_loss == progress[-1][2]
    assert history[0].training_accuracy == progress[-1][3]


def test_means_begin_anew_every_epoch() -> None:
    diary = Diary()
    run(make_network(), Dealer(), epochs=2, schedule=constant(0.0), observers=(diary,))
    progress = [line for line in diary.lines if line[0] == "progress"]
    assert [line[1] for line in progress] == [6, 10, 6, 10]
    assert progress[1][2:] == pytest.approx(progress[3][2:], rel=1e-6)


def test_training_is_measured_before_each_step_and_validation_after_all() -> None:
    network, dealer = make_network(), Dealer(batch_size=10, chunk=10)
    before = evaluate(network, LOSS, dealer.in_order())
    history = run(network, dealer)
    after = evaluate(network, LOSS, dealer.in_order())
    assert history[0].training_loss == pytest.approx(before.loss, rel=1e-6)
    assert history[0].training_accuracy == pytest.approx(before.accuracy)
    assert history[0].validation_loss == after.loss < before.loss
    assert history[0].validation_accuracy == after.accuracy


def test_observers_are_told_everything_in_order() -> None:
    lines: list[tuple] = []
    network, dealer = make_network(), Dealer()

    def validation() -> list[Some]:
        lines.append(("validation",))
        return dealer.in_order()

    history = run(
        network,
        dealer,
        epochs=2,
        observers=(Diary(lines, "a "), Diary(lines, "b ")),
        validation=validation,
    )
    told = ["start", "start", *["progress"] * 4, "validation", "end", "end"] * 2
    assert [line[0].split()[-1] for line in lines] == told
    names = [line[0].split()[0] for line in lines if line[0] != "validation"]
    assert names == ["a", "b"] * 8
    assert [line[1:] for line in lines if "start" in line[0]] == [(1, 2, 10)] * 2 + [(2, 2, 10)] * 2
    assert [line[1] for line in lines if line[0] == "a end"] == history


def test_the_rate_of_an_epoch_is_set_before_anyone_is_told_of_it() -> None:
    network = make_network()
    optimizer = SGD(network.parameters, learning_rate=99)
    rates = []

    class Asking(Observer):
        def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
            rates.append(optimizer.learning_rate)

    history = run(
        network,
        Dealer(),
        epochs=3,
        optimizer=optimizer,
        schedule=lambda epoch: 0.1 / epoch,
        observers=(Asking(),),
    )
    assert rates == [0.1, 0.05, 0.1 / 3] == [each.learning_rate for each in history]


def test_the_history_grows_by_one_record_an_epoch_with_its_duration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = iter([100.0, 102.5, 110.0, 111.0])
    clock = types.SimpleNamespace(perf_counter=lambda: next(ticks))
    monkeypatch.setattr(trainer, "time", clock)
    history = run(make_network(), Dealer(), epochs=2)
    assert [each.epoch for each in history] == [1, 2]
    assert [each.seconds for each in history] == [2.5, 1.0]


def test_resuming_goes_on_with_the_next_number() -> None:
    diary = Diary()
    earlier = [record(1), record(2)]
    history = run(make_network(), Dealer(), epochs=4, history=earlier, observers=(diary,))
    assert history is earlier
    assert [each.epoch for each in history] == [1, 2, 3, 4]
    assert [line[1:3] for line in diary.lines if line[0] == "start"] == [(3, 4), (4, 4)]


def test_resumed_training_is_the_same_as_whole_training() -> None:
    whole, resumed, schedule = make_network(), make_network(), exponential(0.05, 0.5)
    optimizer = Momentum(whole.parameters, learning_rate=99)
    run(whole, Dealer(), epochs=4, optimizer=optimizer, schedule=schedule)

    optimizer, dealer, history = Momentum(resumed.parameters, learning_rate=99), Dealer(), []
    for epochs in (1, 3, 4):
        run(
            resumed,
            dealer,
            epochs=epochs,
            optimizer=optimizer,
            schedule=schedule,
            history=history,
        )
    assert [each.learning_rate for each in history] == [0.05, 0.025, 0.0125, 0.00625]
    np.testing.assert_array_equal(resumed.parameters.values, whole.parameters.values)


@pytest.mark.parametrize("epochs", [0, 1, 2])
def test_epochs_that_are_done_already_are_not_done_again(epochs: int) -> None:
    network, diary = make_network(), Diary()
    before = network.parameters.values.copy()
    history = run(
        network, Dealer(), epochs=epochs, history=[record(1), record(2)], observers=(diary,)
    )
    assert len(history) == 2
    assert diary.lines == []
    np.testing.assert_array_equal(network.parameters.values, before)


class Stopper(Observer):
    """Ends training at the n-th event of a kind."""

    def __init__(self, event: str, count: int) -> None:
        self.event, self.count = event, count

    def _seen(self, event: str) -> None:
        self.count -= event == self.event
        if self.count == 0:
            raise StopTraining(save=True)

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        self._seen("start")

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        self._seen("progress")

    def on_epoch_end(self, record: EpochRecord) -> None:
        self._seen("end")


@pytest.mark.parametrize(
    ("event", "count", "steps", "records"),
    [
        ("start", 1, 0, 0),
        ("progress", 1, 2, 0),
        ("progress", 2, 4, 0),
        ("end", 1, 4, 1),
        ("start", 2, 4, 1),
        ("progress", 3, 6, 1),
    ],
)
def test_stopping_leaves_the_weights_of_whole_steps_and_the_records_of_whole_epochs(
    event: str, count: int, steps: int, records: int
) -> None:
    network, twin, dealer, history = make_network(), make_network(), Dealer(), []
    with pytest.raises(StopTraining):
        run(network, dealer, epochs=5, history=history, observers=(Stopper(event, count),))
    optimizer = SGD(twin.parameters, learning_rate=0.05)
    batches = [batch for epoch in range(len(dealer.orders)) for batch in dealer.batches(epoch + 1)]
    for batch in batches[:steps]:
        step(twin, optimizer, Some(dealer.inputs[batch], dealer.labels[batch]))
    np.testing.assert_array_equal(network.parameters.values, twin.parameters.values)
    assert len(history) == records


def test_divergence_goes_back_to_the_last_weights_that_are_known_to_be_sound() -> None:
    """The rate of epoch 3 is absurd; what epoch 2 left was validated, and comes back."""
    network, twin, history, diary = make_network(), make_network(), [], Diary()
    rates = {1: 0.05, 2: 0.05, 3: 1e30}
    with pytest.raises(DivergedError, match="diverged in epoch 3") as caught:
        run(
            network,
            Dealer(),
            epochs=9,
            schedule=rates.__getitem__,
            history=history,
            observers=(diary,),
        )
    run(twin, Dealer(), epochs=2)
    np.testing.assert_array_equal(network.parameters.values, twin.parameters.values)
    assert len(history) == 2
    assert diary.lines[-1][0] == "start"
    assert caught.value.exit_code == 5
    assert "1e+30" in str(caught.value)
    assert "--learning-rate 1e+29" in str(caught.value)


def test_divergence_late_in_an_epoch_keeps_its_sound_beginning() -> None:
    """Step by step: the fourth of five chunks is poisoned."""

    class Poisoned(Dealer):
        def epoch(self) -> Iterator[Some]:
            for number, some in enumerate(super().epoch(), start=1):
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
        run(network, dealer, schedule=constant(1e25), history=history)
    np.testing.assert_array_equal(network.parameters.values, before)
    assert math.isfinite(evaluate(network, LOSS, dealer.in_order()).loss)
    assert history == []


def test_weights_that_are_not_finite_stop_training_even_if_the_loss_was() -> None:
    network, dealer, diary = make_network(), Dealer(batch_size=10, chunk=10), Diary()
    with pytest.raises(DivergedError):
        run(network, dealer, schedule=constant(1e39), observers=(diary,))
    assert np.isfinite(network.parameters.values).all()
    assert [line[0] for line in diary.lines] == ["start"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_learning_rate_ends_in_anything_but_a_message(name: str) -> None:
    """From far too small to far beyond float32: no warning, no traceback, finite weights."""
    diverged = []
    for exponent in range(-40, 42, 3):
        network, dealer = make_network(), Dealer()
        optimizer = OPTIMIZERS[name](network.parameters, learning_rate=1)
        try:
            run(network, dealer, epochs=3, optimizer=optimizer, schedule=constant(10.0**exponent))
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
    rng, he = np.random.default_rng(0), INITIALIZERS["he"]
    network = Network(
        [
            Dense(4, 32, initializer=he, rng=rng),
            ReLU((32,)),
            Dense(32, 3, initializer=he, rng=rng),
        ]
    )
    dealer = Dealer(600, 10, 200)
    dealer.inputs, dealer.labels = rings(600, 1)
    fresh = Some(*rings(300, 2))
    history = run(
        network,
        dealer,
        epochs=20,
        optimizer=OPTIMIZERS[name](network.parameters, learning_rate=rate),
        schedule=constant(rate),
        validation=lambda: [fresh],
    )
    assert history[-1].validation_accuracy > 0.95
    assert history[-1].training_loss < 0.2 < history[0].training_loss


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    trained = []
    for seed in (0, 0, 1):
        network = make_network(seed)
        optimizer = OPTIMIZERS[name](network.parameters, learning_rate=1)
        history = run(network, Dealer(), epochs=3, optimizer=optimizer)
        losses = [(each.training_loss, each.validation_loss) for each in history]
        trained.append((network.parameters.values.tobytes(), losses))
    assert trained[0] == trained[1] != trained[2]
