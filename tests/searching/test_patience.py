"""A database that is away for a while, or for good."""

import sqlite3
from types import SimpleNamespace

import pytest

pytest.importorskip("optuna")
from optuna.exceptions import StorageInternalError
from sqlalchemy import exc

from nn.errors import StoppedError
from nn.searching import patience
from nn.searching.patience import DatabaseGoneError, Patience, is_outage

LOST = exc.OperationalError("SELECT", {}, Exception("server closed the connection"))


class Clock:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def away(seconds: float, clock: Clock):
    """Return a call that fails until so many seconds have passed."""

    def call():
        if clock.now < seconds:
            raise LOST
        return clock.now

    return call


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    time = SimpleNamespace(monotonic=made, sleep=made.pause)
    monkeypatch.setattr(patience, "time", time)
    return made


def test_a_call_is_repeated_until_the_database_is_back_and_the_wait_is_said_once(clock):
    said = []
    patient = Patience(60, on_wait=said.append)
    assert 10 <= patient(away(10, clock)) < 12
    assert said == ["'server closed the connection'"]
    patient(away(10.5, clock))  # too short to be worth a word
    assert len(said) == 1
    patient(away(20, clock))
    assert len(said) == 2


def test_a_database_that_is_away_for_good_is_waited_for_only_once(clock):
    patient = Patience(60)
    with pytest.raises(DatabaseGoneError, match=r"does not answer .*the same command continues"):
        patient(away(1e9, clock))
    assert 60 <= clock.now < 62
    with pytest.raises(DatabaseGoneError):
        patient(away(1e9, clock))
    assert clock.now < 62


def test_a_wait_ends_when_the_process_should_end(clock):
    with pytest.raises(StoppedError):
        Patience(60, should_end=lambda: clock.now > 3)(away(1e9, clock))
    assert clock.now < 5


def chained(error: Exception) -> Exception:
    outer = StorageInternalError("an exception is raised during the commit")
    outer.__cause__ = error
    return outer


def of_sqlite(words: str) -> Exception:
    return exc.OperationalError("INSERT", {}, sqlite3.OperationalError(words))


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (LOST, True),
        (chained(LOST), True),
        (chained(exc.PendingRollbackError("rollback first")), True),
        (of_sqlite("database is locked"), True),
        (of_sqlite("database or disk is full"), False),
        (exc.OperationalError("", {}, Exception("password authentication failed")), False),
        (exc.OperationalError("", {}, Exception('database "x" does not exist')), False),
        (exc.IntegrityError("", {}, Exception("duplicate key")), True),
        (exc.ProgrammingError("", {}, Exception("syntax error")), False),
        (ValueError("no"), False),
    ],
)
def test_only_what_may_pass_is_waited_for(error, passes):
    assert is_outage(error) == passes
