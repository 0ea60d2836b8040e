"""Trials in a database: what is written of them and when, and whose process is dead or asleep."""

import threading
from types import SimpleNamespace

import pytest

pytest.importorskip("optuna")
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState
from sqlalchemy import event, text

from nn.searching import database
from tests.searching.test_patience import LOST, Clock
from tests.searching.trials import claim, complete, give_back, new_trial


def stored(study, trial):
    """Return a trial as another process reads it."""
    return study.storage._backend.get_trial(trial._trial_id)


def test_what_a_trial_reports_is_written_when_it_ends(make):
    study = make(sampler="random")
    trial = claim(study)
    trial.report(0.25, 1)
    trial.report(float("nan"), 2)
    trial.set_user_attr("figures", {"epochs": 2})
    assert stored(study, trial).params == {}
    complete(study, trial, 0.5)
    found = stored(study, trial)
    assert (found.state, found.value, found.params) == (TrialState.COMPLETE, 0.5, trial.params)
    assert found.intermediate_values == pytest.approx({1: 0.25, 2: float("nan")}, nan_ok=True)
    assert found.user_attrs == {"figures": {"epochs": 2}}
    assert found.datetime_start <= found.datetime_complete


def test_others_see_the_values_of_a_running_trial_if_the_sampler_asks_for_them(make):
    study = make(sampler="tpe")
    trial = claim(study)
    assert stored(study, trial).params == trial.params


def test_a_change_that_succeeded_before_the_connection_broke_off_is_made_once(make):
    study = make()
    trial = claim(study)
    engine, calls = study.storage._backend.engine, []

    def break_off(connection) -> None:
        calls.append(connection)
        if len(calls) in (1, 3):
            connection.connection.commit()
            raise LOST

    event.listen(engine, "commit", break_off)
    trial.report(0.25, 1)
    study.storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING)
    assert stored(study, trial).intermediate_values == {1: 0.25}
    calls[:] = [None, None]
    trial.report(0.5, 2)
    with pytest.raises(UpdateFinishedTrialError):
        complete(study, trial, 0.5)  # the worker then finds its run among the finished ones
    found = stored(study, trial)
    assert (found.state, found.intermediate_values) == (TrialState.COMPLETE, {1: 0.25, 2: 0.5})


def test_of_two_processes_that_end_a_trial_at_once_one_succeeds(make):
    """The second one comes after the first has begun, and before it writes."""
    one, two = make(), make()
    trial = claim(one)._trial_id

    def change(study, state) -> bool:
        try:
            return study.storage.set_trial_state_values(trial, state)
        except UpdateFinishedTrialError:
            return False

    others = []

    def interrupt(_connection, _cursor, statement, *_) -> None:
        if statement.startswith("UPDATE trials") and not others:
            others.append(None)
            others[0] = change(two, TrialState.COMPLETE)

    event.listen(one.storage._backend.engine, "before_cursor_execute", interrupt)
    assert [change(one, TrialState.FAIL), *others] == [False, True]


def test_two_processes_that_ask_at_once_get_two_trials(make):
    """The second one comes after the first has looked which trial is next."""
    one, two, numbers = make(), make(), []
    other = threading.Thread(target=lambda: numbers.append(claim(two).number))

    def interrupt(_connection, _cursor, statement, *_) -> None:
        if statement.startswith("SELECT trials") and not other.ident:
            other.start()
            other.join(0.2)  # waits for the first one

    event.listen(one.storage._backend.engine, "after_cursor_execute", interrupt)
    numbers.append(claim(one).number)
    other.join()
    assert sorted(numbers) == [0, 1]


def test_a_trial_that_is_repeated_belongs_to_the_process_that_repeats_it(make):
    """The first process slept, and wakes up while the second one trains."""
    one, two = make(trials=1), make(trials=1)
    slow = claim(one)
    slow.report(0.1, 1)
    one.storage.set_trial_state_values(slow._trial_id, TrialState.RUNNING)
    give_back(two, slow._trial_id)
    quick = claim(two)
    assert (quick._trial_id, quick.params) == (slow._trial_id, slow.params)
    assert stored(two, quick).intermediate_values == {}
    assert (one.storage.attempt, two.storage.attempt) == (1, 2)
    for state in (TrialState.RUNNING, TrialState.COMPLETE):
        with pytest.raises(UpdateFinishedTrialError):
            one.storage.set_trial_state_values(slow._trial_id, state)
    quick.report(0.2, 1)
    complete(two, quick, 0.2)
    assert stored(one, quick).intermediate_values == {1: 0.2}


def test_a_heartbeat_that_cannot_be_sent_does_not_end_the_training(make):
    def fail(*_) -> None:
        raise LOST

    study = make()
    trial = claim(study)._trial_id
    event.listen(study.storage._backend.engine, "before_cursor_execute", fail)
    study.storage.record_heartbeat(trial)
    event.remove(study.storage._backend.engine, "before_cursor_execute", fail)


@pytest.fixture
def look(make, monkeypatch):
    """Return a study whose trials are dead after 8 s, and a function that looks for dead ones."""
    clock = Clock()
    monkeypatch.setattr(database, "time", SimpleNamespace(monotonic=clock))
    study = make(dead_after=8)

    def look_at(second: float) -> list[int]:
        clock.now = second
        return study.storage._get_stale_trial_ids(study.optuna._study_id)

    return study, look_at


def let_pass(study, trial: int, seconds: int) -> None:
    """Move a heartbeat into the past."""
    past = {
        "sqlite": "datetime('now', '-' || :s || ' seconds')",
        "postgresql": "now() - interval '1 second' * :s",
        "mysql": "now() - interval :s second",
    }[study.storage._backend.engine.name]
    with study.storage._backend.engine.begin() as connection:
        query = f"UPDATE trial_heartbeats SET heartbeat = {past} WHERE trial_id = :t"
        connection.execute(text(query), {"s": seconds, "t": trial})


def test_a_trial_is_dead_if_no_heartbeat_comes_between_two_looks(look):
    """One process died before it sent any: the first heartbeat comes with the trial."""
    study, look_at = look
    dead, asleep, alive = (new_trial(study) for _ in range(3))
    for trial, age in ((dead, 10), (asleep, 100), (alive, 6)):
        let_pass(study, trial, age)
    assert look_at(0) == []
    study.storage.record_heartbeat(asleep)
    assert look_at(1) == []  # an interval is 2 s
    assert look_at(2) == [dead]
