"""Early stopping: when it stops on scripted losses, and which network comes back."""

import numpy as np
import pytest

from nn.training.early_stopping import MONITORS, BestNetwork, EarlyStopping
from nn.training.history import EpochRecord
from nn.training.trainer import Observer
from tests.training.scripted import Dealer, make_network, run


def epoch(number: int, *, loss: float = 1.0, accuracy: float = 0.5) -> EpochRecord:
    return EpochRecord(number, 0.1, 9.0, 0.1, loss, accuracy, 1.0)


def stops_after(stopping: EarlyStopping, losses: list[float]) -> int | None:
    """Return the number of the epoch that ends training, if any does."""
    for number, loss in enumerate(losses, start=1):
        stopping.on_epoch_end(epoch(number, loss=loss))
        if stopping.should_stop:
            return number
    return None


@pytest.mark.parametrize(
    ("losses", "patience", "last"),
    [
        ([5, 4, 3, 2, 1, 0], 1, None),
        ([5, 4, 4, 3], 1, 3),  # as good as before is no better
        ([5, 4, 6, 3, 4, 4, 2], 2, 6),  # the third epoch's 6 is forgiven, then 4 and 4 are not
        ([5, 6, 7, 4.9, 8, 8, 8, 8], 3, 7),
        ([5, 6, 7, 8, 4], 3, 4),
        ([1, 2], 2, None),
    ],
)
def test_it_waits_as_many_epochs_as_it_has_patience(losses, patience, last) -> None:
    assert stops_after(EarlyStopping("validation_loss", patience=patience), losses) == last


def test_improvements_up_to_min_delta_do_not_count() -> None:
    losses = [4.0, 3.5, 3.25, 3.0, 2.75]

    def with_delta(min_delta: float) -> EarlyStopping:
        return EarlyStopping("validation_loss", min_delta=min_delta, patience=1)

    assert stops_after(with_delta(0.24), losses) is None
    # 4 to 3.5 counts, 3.5 to 3.25 is exactly 0.25.
    assert stops_after(with_delta(0.25), losses) == 3
    # Small steps add up: the third epoch is 0.75 better than the first, the best so far.
    slow = EarlyStopping("validation_loss", min_delta=0.6, patience=2)
    assert stops_after(slow, losses) == 5
    assert slow.best_epoch == 3


def test_patience_counts_in_steps_where_an_epoch_has_so_many() -> None:
    losses = [2.0, 1, 1, 1, 1, 1]
    for patience, last in ((1, 3), (375, 3), (376, 4), (750, 4), (751, 5)):
        stopping = EarlyStopping("validation_loss", patience=patience, steps_per_epoch=375)
        assert stops_after(stopping, losses) == last


def test_of_accuracies_the_higher_one_is_better() -> None:
    stopping = EarlyStopping("validation_accuracy", patience=2, min_delta=0.01)
    enough = []
    for number, accuracy in enumerate((0.5, 0.75, 0.755, 0.6), start=1):
        stopping.on_epoch_end(epoch(number, loss=10 - number, accuracy=accuracy))
        enough.append(stopping.should_stop)
    assert enough == [False, False, False, True]
    assert stopping.best_epoch == 2


class Script(Observer):
    """Gives the observers behind it the losses of a script, and writes the network down."""

    def __init__(self, network, losses, *observers) -> None:
        self.network, self.losses, self.observers = network, losses, observers
        self.networks = []

    def on_epoch_end(self, record: EpochRecord) -> None:
        self.networks.append(self.network.parameters.values.copy())
        for observer in self.observers:
            observer.on_epoch_end(epoch(record.epoch, loss=self.losses[record.epoch - 1]))
        self.should_stop = any(observer.should_stop for observer in self.observers)


def test_the_best_epochs_network_comes_back() -> None:
    network = make_network()
    best = BestNetwork(network, "validation_loss")
    stopping = EarlyStopping("validation_loss", patience=3)
    script = Script(network, [3.0, 1, 2, 1, 2, 0.5, 9], best, stopping)
    history = run(network, Dealer(), epochs=7, observers=(script,))
    # The fourth epoch is as good as the second one, no better: after the fifth it is enough.
    assert len(history) == len(script.networks) == 5
    assert (network.parameters.values == script.networks[4]).all()
    assert best.epoch == stopping.best_epoch == 2
    best.restore()
    assert (network.parameters.values == script.networks[1]).all()
    assert (script.networks[1] != script.networks[4]).any()


def test_without_an_epoch_there_is_nothing_to_go_back_to() -> None:
    network = make_network()
    before = network.parameters.values.copy()
    best = BestNetwork(network, "validation_accuracy")
    best.restore()
    assert best.epoch == 0
    assert (network.parameters.values == before).all()


def test_every_observer_hears_of_the_last_epoch() -> None:
    heard = []

    class Ear(Observer):
        def on_epoch_end(self, record: EpochRecord) -> None:
            heard.append(record.epoch)

    class Enough(Observer):
        def on_epoch_end(self, record: EpochRecord) -> None:
            self.should_stop = record.epoch == 2

    history = run(make_network(), Dealer(), epochs=5, observers=(Enough(), Ear()))
    assert heard == [record.epoch for record in history] == [1, 2]


def test_what_can_be_watched_is_in_the_history() -> None:
    assert set(MONITORS) <= set(EpochRecord.__dataclass_fields__)
    assert np.isfinite(list(MONITORS.values())).all()


def test_with_any_change_it_stops_when_the_metric_no_longer_changes() -> None:
    losses = [4.0, 3.0, 3.5, 3.25, 3.5, 3.4, 3.0]

    def resting(min_delta: float) -> EarlyStopping:
        return EarlyStopping("validation_loss", min_delta=min_delta, patience=1, any_change=True)

    assert stops_after(resting(0.05), losses) is None
    assert stops_after(resting(0.2), losses) == 6  # 3.5 to 3.4; getting worse did not end it
    assert stops_after(resting(0.25), losses) == 4  # 3.5 to 3.25 is exactly 0.25


@pytest.mark.parametrize("losses", [[5, 4, 6, 3, 4, 4, 2], [5, 6, 7, 8, 4], [5, 4, 3, 2]])
@pytest.mark.parametrize("left_after", [0, 1, 3])
def test_after_the_history_it_continues_as_if_it_had_seen_every_epoch(losses, left_after) -> None:
    """Even one that has counted before, and would count the same epochs twice."""
    whole = stops_after(EarlyStopping("validation_loss", patience=2), losses)
    stopping = EarlyStopping("validation_loss", patience=2)
    history = [epoch(number, loss=loss) for number, loss in enumerate(losses, start=1)]
    for _ in range(2):
        stopping.on_resume(history[:left_after])
    last = left_after
    while last < len(losses) and not stopping.should_stop:
        stopping.on_epoch_end(history[last])
        last += 1
    assert (last if stopping.should_stop else None) == whole


def test_the_last_epoch_of_the_history_counts_like_any_other() -> None:
    improved = [epoch(1, loss=3), epoch(2, loss=4), epoch(3, loss=2)]
    worsened = [epoch(1, loss=3), epoch(2, loss=4), epoch(3, loss=5)]
    stopping = EarlyStopping("validation_loss", patience=2)
    best = BestNetwork(make_network(), "validation_loss")
    for history, should_stop, best_epoch in ((improved, False, 3), (worsened, True, 1)):
        stopping.on_resume(history)
        best.on_resume(history)
        assert stopping.should_stop is should_stop
        assert stopping.best_epoch == best.epoch == best_epoch


def test_the_best_network_of_earlier_epochs_stays_the_best() -> None:
    network = make_network()
    best = BestNetwork(network, "validation_loss")
    brought = {name: array + 1 for name, array in network.arrays.items()}
    best.arrays = brought
    best.on_resume([epoch(1, loss=2), epoch(2, loss=1), epoch(3, loss=3)])
    assert best.epoch == 2
    best.on_epoch_end(epoch(4, loss=1.5))
    best.restore()
    for name, array in network.arrays.items():
        np.testing.assert_array_equal(array, brought[name])
    best.on_epoch_end(epoch(5, loss=0.5))
    assert best.epoch == 5
    assert best.arrays is not brought
