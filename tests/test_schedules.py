"""The learning rate of every epoch, exactly."""

import pytest

from nn.schedules import constant, exponential


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
