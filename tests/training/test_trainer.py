"""The loop, step by step: what is used, what is measured, what is told, and how it ends."""

import subprocess
import sys
import types
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pytest

from nn.engines.textbook import TextbookEngine
from nn.errors import DivergedError
from nn.optimizers import OPTIMIZERS, SGD, Momentum
from nn.schedules import exponential
from nn.training import trainer
from nn.training.evaluation import accuracy, evaluate
from nn.training.history import EpochRecord, EpochSoFar
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer
from tests.training.scripted import LOSS, Dealer, Diary, Some, make_network, record, run, step


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
    optimizer = OPTIMIZERS[name](network.parameters, learning_rate=0.05)
    history = run(network, dealer, epochs=3, optimizer=optimizer, schedule=exponential(0.5))
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
    history = run(network, dealer, learning_rate=0.0, observers=(diary,))
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
    run(make_network(), Dealer(), epochs=2, learning_rate=0.0, observers=(diary,))
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
    optimizer = SGD(network.parameters, learning_rate=0.1)
    rates = []

    class Asking(Observer):
        def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
            rates.append(optimizer.learning_rate)

    history = run(
        network,
        Dealer(),
        epochs=3,
        optimizer=optimizer,
        schedule=lambda epoch: 1 / epoch,
        observers=(Asking(),),
    )
    assert rates == [0.1, 0.05, 0.1 / 3] == [each.learning_rate for each in history]


def test_the_history_grows_by_one_record_an_epoch_whose_duration_is_that_of_training_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passed = [0.0]
    clock = types.SimpleNamespace(perf_counter=lambda: sum(passed))
    monkeypatch.setattr(trainer, "time", clock)
    take_steps = TextbookEngine.take_steps

    def half_a_second(self: TextbookEngine, *arguments: Any) -> Any:
        passed.append(0.5)
        return take_steps(self, *arguments)

    class Asking(Observer):
        """Waits eight seconds for a person's answer, whenever it is told something."""

        def on_epoch_start(self, *about: object) -> None:
            passed.append(8.0)

        on_progress = on_epoch_end = on_epoch_start

    monkeypatch.setattr(TextbookEngine, "take_steps", half_a_second)
    history = run(make_network(), Dealer(), epochs=2, observers=(Asking(),))
    assert [each.epoch for each in history] == [1, 2]
    assert [each.seconds for each in history] == [1.0, 1.0]  # two chunks each


def test_resuming_goes_on_with_the_next_number() -> None:
    diary = Diary()
    earlier = [record(1), record(2)]
    history = run(make_network(), Dealer(), epochs=4, history=earlier, observers=(diary,))
    assert history is earlier
    assert [each.epoch for each in history] == [1, 2, 3, 4]
    assert [line[1:3] for line in diary.lines if line[0] == "start"] == [(3, 4), (4, 4)]


def test_resumed_training_is_the_same_as_whole_training() -> None:
    whole, resumed, schedule = make_network(), make_network(), exponential(0.5)
    optimizer = Momentum(whole.parameters, learning_rate=0.05)
    run(whole, Dealer(), epochs=4, optimizer=optimizer, schedule=schedule)

    optimizer, dealer, history = Momentum(resumed.parameters, learning_rate=0.05), Dealer(), []
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


@pytest.mark.parametrize("chunks", range(1, 6))
def test_a_training_stopped_within_an_epoch_continues_with_its_rest(chunks: int) -> None:
    """Two chunks an epoch; the figures and the weights are those of a training never left."""
    whole, left, diary = make_network(), make_network(), Diary()
    expected = run(whole, Dealer(), epochs=3)
    so_far, history, dealer = EpochSoFar(), [], Dealer()
    optimizer = SGD(left.parameters, learning_rate=0.05)
    with pytest.raises(StopTraining):
        run(
            left, dealer, epochs=3, optimizer=optimizer, history=history, so_far=so_far,
            observers=(Stopper("progress", chunks),),
        )  # fmt: skip
    assert so_far.examples == (6, 10)[(chunks - 1) % 2]
    assert so_far.last_finite.keys() == left.arrays.keys()
    dealer.rng = np.random.default_rng(0)  # back to where the epoch's order was drawn
    dealer.rng.standard_normal((10, 4))
    dealer.rng.integers(0, 3, 10)
    for _ in history:
        dealer.rng.permutation(10)
    run(
        left, dealer, epochs=3, optimizer=optimizer, history=history, so_far=so_far,
        observers=(diary,),
    )  # fmt: skip
    np.testing.assert_array_equal(left.parameters.values, whole.parameters.values)
    for ours, theirs in zip(history, expected, strict=True):
        assert replace(ours, seconds=0.0) == replace(theirs, seconds=0.0)
    assert so_far.examples == 0


@pytest.mark.parametrize(("done", "moment"), [(0, 1.0), (6, 1.3), (10, 1.9)])
def test_a_resumed_epoch_has_the_rate_of_its_last_step(done: int, moment: float) -> None:
    so_far, asked = EpochSoFar(), []
    so_far.examples = done
    history = run(
        make_network(), Dealer(), so_far=so_far, schedule=lambda e: asked.append(e) or e / 100
    )
    assert asked == [moment]
    assert history[0].learning_rate == pytest.approx(0.05 * moment / 100)


def test_a_resumed_training_that_diverges_returns_to_the_last_finite_network() -> None:
    network, so_far = make_network(), EpochSoFar()
    so_far.last_finite = {name: array + 1 for name, array in network.arrays.items()}
    network.parameters.values[:] = np.inf
    with pytest.raises(DivergedError):
        run(network, Dealer(), so_far=so_far)
    for name, array in make_network().arrays.items():
        np.testing.assert_array_equal(network.arrays[name], array + 1)


def test_a_training_that_diverges_at_once_falls_back_to_the_end_of_the_epoch_before() -> None:
    network, kept = make_network(), []

    class Keeper(Observer):
        def on_epoch_end(self, record: EpochRecord) -> None:
            kept.append(network.parameters.values.copy())

    with pytest.raises(DivergedError):
        run(network, Dealer(), epochs=2, schedule=lambda e: 1e9 ** (e - 1), observers=(Keeper(),))
    np.testing.assert_array_equal(network.parameters.values, kept[0])


def test_observers_are_shown_the_history_before_anything_else() -> None:
    shown = []

    class Shown(Observer):
        def on_resume(self, history: list[EpochRecord]) -> None:
            shown.append(list(history))

        def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
            shown.append(epoch)

    earlier = [record(1), record(2)]
    run(make_network(), Dealer(), epochs=3, history=list(earlier), observers=(Shown(),))
    run(make_network(), Dealer(), epochs=1, observers=(Shown(),))
    assert shown == [earlier, 3, 1]


def test_whoever_has_enough_of_the_history_wants_no_further_epoch() -> None:
    class Sated(Observer):
        def on_resume(self, history: list[EpochRecord]) -> None:
            self.should_stop = True

    history = run(make_network(), Dealer(), epochs=9, history=[record(1)], observers=(Sated(),))
    assert len(history) == 1


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


def test_whoever_only_observes_training_does_not_wait_for_scipy() -> None:
    code = "import sys, nn.training.trainer; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
