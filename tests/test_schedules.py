"""The factor on the learning rate of every epoch, exactly."""

from dataclasses import dataclass

import pytest

from nn.schedules import constant, cosine, exponential, halving, one_cycle, step


def test_constant_never_changes() -> None:
    schedule = constant()
    assert [schedule(epoch) for epoch in (1, 2, 1000)] == [1] * 3


def test_the_first_epoch_has_the_whole_learning_rate_and_each_next_a_share() -> None:
    schedule = exponential(0.5)
    assert [schedule(epoch) for epoch in (1, 2, 3, 4, 5)] == [1, 0.5, 0.25, 0.125, 0.0625]


def test_the_default_decay_after_forty_epochs() -> None:
    schedule = exponential(0.98)
    assert schedule(1) == 1
    assert schedule(2) == 0.98
    assert schedule(40) == pytest.approx(0.98**39, rel=1e-15)


def test_an_epoch_can_be_asked_for_alone_and_twice() -> None:
    schedule = exponential(0.5)
    assert [schedule(3), schedule(1), schedule(3)] == [0.25, 1, 0.25]


def test_a_decay_rate_of_one_is_constant() -> None:
    assert [exponential(1.0)(epoch) for epoch in (1, 7)] == [1, 1]


def test_one_cycle_rises_and_then_falls_to_almost_nothing() -> None:
    # Of ten epochs three are on the way up, from 0.04, and seven on a cosine down.
    schedule = one_cycle(epochs=10)
    assert schedule(1) == 0.04
    assert schedule(2.5) == pytest.approx((0.04 + 1) / 2)
    assert schedule(4) == 1
    assert schedule(7.5) == pytest.approx(0.5)
    assert 0 < schedule(10.99) < 1e-5


def test_step_keeps_the_rate_for_so_many_epochs() -> None:
    schedule = step(0.5, every=3)
    assert [schedule(epoch) for epoch in range(1, 9)] == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]
    every_epoch, decay = step(0.9, every=1), exponential(0.9)
    assert [every_epoch(epoch) for epoch in (1, 2, 9)] == [decay(epoch) for epoch in (1, 2, 9)]


def test_cosine_falls_from_the_whole_rate_to_almost_nothing() -> None:
    schedule = cosine(epochs=6)
    # Half of 1 + cos of 0, 30, 60, 90, 120 and 150 degrees.
    root = 3**0.5 / 2
    expected = [1, (1 + root) / 2, 0.75, 0.5, 0.25, (1 - root) / 2]
    assert [schedule(epoch) for epoch in range(1, 7)] == pytest.approx(expected, rel=1e-14)
    assert [cosine(epochs=1)(1)] == [1]


@dataclass
class Epoch:
    validation_accuracy: float


def test_halving_follows_every_fall_of_the_validation_accuracy() -> None:
    history: list[Epoch] = []
    schedule = halving(history)
    rates = []
    # Falls after the third, the fourth (below the third, though above the first) and the last.
    for epoch, accuracy in enumerate((0.5, 0.9, 0.8, 0.7, 0.7, 0.95, 0.94), start=1):
        rates.append(schedule(epoch))
        history.append(Epoch(accuracy))
    assert rates == [1, 1, 1, 0.5, 0.25, 0.25, 0.25]
    assert schedule(8) == 0.125


def test_halving_can_be_resumed_from_the_history_alone() -> None:
    history = [Epoch(0.5), Epoch(0.4), Epoch(0.3)]
    assert [halving(history)(epoch) for epoch in (4, 2, 3, 1)] == [0.25, 1, 0.5, 1]
