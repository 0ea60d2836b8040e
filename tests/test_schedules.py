"""The learning rate of every epoch, exactly."""

from dataclasses import dataclass

import pytest

from nn.schedules import constant, cosine, exponential, halving, step


def test_constant_never_changes() -> None:
    schedule = constant(0.01)
    assert [schedule(epoch) for epoch in (1, 2, 1000)] == [0.01] * 3


def test_the_first_epoch_has_the_whole_learning_rate_and_each_next_a_share() -> None:
    schedule = exponential(8.0, 0.5)
    assert [schedule(epoch) for epoch in (1, 2, 3, 4, 5)] == [8, 4, 2, 1, 0.5]


def test_the_default_decay_after_forty_epochs() -> None:
    schedule = exponential(0.001, 0.98)
    assert schedule(1) == 0.001
    assert schedule(2) == 0.00098
    assert schedule(40) == pytest.approx(0.001 * 0.98**39, rel=1e-15)


def test_an_epoch_can_be_asked_for_alone_and_twice() -> None:
    schedule = exponential(1.0, 0.5)
    assert [schedule(3), schedule(1), schedule(3)] == [0.25, 1, 0.25]


def test_a_decay_rate_of_one_is_constant() -> None:
    assert [exponential(0.3, 1.0)(epoch) for epoch in (1, 7)] == [0.3, 0.3]


def test_step_keeps_the_rate_for_so_many_epochs() -> None:
    schedule = step(8.0, 0.5, every=3)
    assert [schedule(epoch) for epoch in range(1, 9)] == [8, 8, 8, 4, 4, 4, 2, 2]
    every_epoch, decay = step(0.3, 0.9, every=1), exponential(0.3, 0.9)
    assert [every_epoch(epoch) for epoch in (1, 2, 9)] == [decay(epoch) for epoch in (1, 2, 9)]


def test_cosine_falls_from_the_whole_rate_to_almost_nothing() -> None:
    schedule = cosine(2.0, epochs=6)
    # 1 + cos of 0, 30, 60, 90, 120 and 150 degrees.
    root = 3**0.5 / 2
    expected = [2, 1 + root, 1.5, 1, 0.5, 1 - root]
    assert [schedule(epoch) for epoch in range(1, 7)] == pytest.approx(expected, rel=1e-14)
    assert [cosine(0.1, epochs=1)(1)] == [0.1]


@dataclass
class Epoch:
    validation_accuracy: float


def test_halving_follows_every_fall_of_the_validation_accuracy() -> None:
    history: list[Epoch] = []
    schedule = halving(8.0, history)
    rates = []
    # Falls after the third, the fourth (below the third, though above the first) and the last.
    for epoch, accuracy in enumerate((0.5, 0.9, 0.8, 0.7, 0.7, 0.95, 0.94), start=1):
        rates.append(schedule(epoch))
        history.append(Epoch(accuracy))
    assert rates == [8, 8, 8, 4, 2, 2, 2]
    assert schedule(8) == 1


def test_halving_needs_nothing_but_the_history_to_go_on() -> None:
    history = [Epoch(0.5), Epoch(0.4), Epoch(0.3)]
    assert [halving(1.0, history)(epoch) for epoch in (4, 2, 3, 1)] == [0.25, 1, 0.5, 1]
