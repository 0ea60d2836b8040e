"""A database that is away for a while, and trials whose process is dead, asleep or just unlucky."""

import sqlite3
from types import SimpleNamespace

import pytest

pytest.importorskip("optuna")
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from sqlalchemy import event, exc, inspect, text

from nn.searching import database
from nn.searching.database import DatabaseGoneError, Patience, is_outage
from tests.searching.trials import claim, new_trial

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


def patience(clock, seconds=60.0, **words) -> Patience:
    return Patience(seconds, clock=clock, pause=clock.pause, **words)


def test_a_call_is_repeated_until_the_database_is_back_and_the_wait_is_said_once():
    clock, said = Clock(), []
    patient = patience(clock, on_wait=said.append)
    assert 10 <= patient(away(10, clock)) < 12
    assert said == ["'server closed the connection'"]
    patient(away(10.5, clock))  # too short to be worth a word
    assert len(said) == 1
    patient(away(20, clock))
    assert len(said) == 2


def test_a_database_that_is_away_for_good_is_waited_for_only_once():
    clock = Clock()
    patient = patience(clock)
    with pytest.raises(DatabaseGoneError, match=r"does not answer .*the same command continues"):
        patient(away(1e9, clock))
    assert 60 <= clock.now < 62
    with pytest.raises(DatabaseGoneError):
        patient(away(1e9, clock))
    assert clock.now < 62


def test_a_wait_ends_when_the_process_should_end():
    clock = Clock()

    def check():
        if clock.now > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        patience(clock, check=check)(away(1e9, clock))
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


def test_a_change_that_succeeded_before_the_connection_broke_off_is_not_an_error(make, monkeypatch):
    study = make()
    trial = claim(study)[1]._trial_id
    change, calls = RDBStorage.set_trial_state_values, []

    def break_off(*values):
        calls.append(values)
        changed = change(*values)
        if len(calls) == 1:
            raise LOST
        return changed

    monkeypatch.setattr(RDBStorage, "set_trial_state_values", break_off)
    assert study.storage.set_trial_state_values(trial, TrialState.COMPLETE, [0.5])
    assert len(calls) == 2
    with pytest.raises(UpdateFinishedTrialError):  # the change of another process is an error
        study.storage.set_trial_state_values(trial, TrialState.FAIL)


@pytest.mark.parametrize("ends", [False, True])
def test_of_two_processes_that_change_a_trial_at_once_one_succeeds(make, ends):
    """The second one comes after the first has begun, and before it writes."""
    one, two = make(), make()
    trial = claim(one)[1]._trial_id
    states = [TrialState.FAIL, TrialState.COMPLETE]
    if not ends:
        one.storage.set_trial_state_values(trial, TrialState.FAIL)
        trial = one.optuna.enqueue_trial({}) or one.optuna.trials[-1]._trial_id
        states = [TrialState.RUNNING, TrialState.RUNNING]

    def change(study, state) -> bool:
        try:
            return study.storage.set_trial_state_values(trial, state)
        except UpdateFinishedTrialError:
            return False

    others = []

    def interrupt(_connection, _cursor, statement, *_) -> None:
        if statement.startswith("UPDATE trials") and not others:
            others.append(None)
            others[0] = change(two, states[1])

    event.listen(one.storage._backend.engine, "before_cursor_execute", interrupt)
    assert [change(one, states[0]), *others] == [False, True]


def test_tables_whose_creation_was_interrupted_are_completed(make):
    engine = make().storage._backend.engine
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_studies_study_name"))
    make()
    (index,) = inspect(engine).get_indexes("studies")
    assert (index["column_names"], bool(index["unique"])) == (["study_name"], True)


def test_a_heartbeat_that_cannot_be_sent_does_not_end_the_training(make, monkeypatch):
    def fail(*_):
        raise LOST

    monkeypatch.setattr(RDBStorage, "record_heartbeat", fail)
    study = make()
    study.storage.record_heartbeat(claim(study)[1]._trial_id)


@pytest.fixture
def look(make, monkeypatch):
    """Return a study whose trials are dead after 8 s, and a function that looks for dead ones."""
    clock = Clock()
    monkeypatch.setattr(database, "time", SimpleNamespace(monotonic=clock))
    study = make(dead_after=8)
    backend = study.storage._backend

    def look_at(second: float) -> list[int]:
        clock.now = second
        return backend._get_stale_trial_ids(study.optuna._study_id)

    return study, look_at


def let_pass(study, trial: int, seconds: int) -> None:
    """Move a heartbeat into the past."""
    past = "now() - interval '1 second' * :s"
    if study.storage._backend.engine.name == "sqlite":
        past = "datetime('now', '-' || :s || ' seconds')"
    with study.storage._backend.engine.begin() as connection:
        query = f"UPDATE trial_heartbeats SET heartbeat = {past} WHERE trial_id = :t"
        connection.execute(text(query), {"s": seconds, "t": trial})


def test_a_trial_is_dead_if_no_heartbeat_comes_between_two_looks(look):
    study, look_at = look
    dead, asleep, alive = (claim(study)[1]._trial_id for _ in range(3))
    for trial in (dead, asleep, alive):
        study.storage.record_heartbeat(trial)
    for trial in (dead, asleep):  # as after the machine or the database was suspended
        let_pass(study, trial, 100)
    assert look_at(0) == []
    study.storage.record_heartbeat(asleep)
    assert look_at(1) == []  # an interval is 2 s
    assert look_at(2) == [dead]


def test_a_trial_whose_process_died_before_its_first_heartbeat_is_dead_too(look):
    study, look_at = look
    trial = new_trial(study)
    assert [look_at(second) for second in (0, 4, 7.5)] == [[], [], []]
    assert look_at(10) == [trial]
