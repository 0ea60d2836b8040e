"""A process that runs trials: what it notes of each, when it ends, what it leaves behind."""

import threading
from types import SimpleNamespace

import pytest

pytest.importorskip("optuna")
from optuna.trial import TrialState

from nn.errors import DataError, DivergedError, StoppedError
from nn.searching import worker
from nn.searching.study import HEARTBEAT
from nn.training.stopping import StopTraining
from tests.searching.trials import id_of
from tests.training.scripted import record

DIVERGED = DivergedError(epoch=2, learning_rate=9.0, loss=8.0, guessing=2.3)
pytestmark = pytest.mark.usefixtures("unforced_disk")


@pytest.fixture
def study(make, data):
    """Return a study of two small trials, both of which wait."""
    opened = make(
        {"data_dir": str(data), "epochs": "2", "batch_size": "50"}, trials=2, pruning=False
    )
    opened.fill_slots()
    return opened


def notes(study, slot=0):
    return study.trials()[slot].user_attrs


def test_a_trial_is_told_with_the_figures_of_its_run(study) -> None:
    worker._run(study, study.claim("me"), False)
    trial = study.trials()[0]
    result = worker.RunFolder(study.plan.folder / "trial-0001").read_result()
    assert (trial.state, trial.value) == (TrialState.COMPLETE, result.validation_accuracy)
    assert (notes(study)["outcome"], notes(study)["run"]) == ("complete", "trial-0001")
    assert (notes(study)["epochs"], notes(study)["test_accuracy"]) == (2, result.test_accuracy)
    assert sorted(trial.intermediate_values) == [1, 2]


def test_the_finished_run_of_a_process_that_died_before_it_told_is_taken_over(study) -> None:
    trial = study.claim("me")
    finished = worker.run_experiment(study.plan.settings(trial.params, "trial-0001"))
    study.note(id_of(trial), run="trial-0001")
    study.abandon(id_of(trial))
    study.fill_slots()
    worker._run(study, study.claim("me"), False)
    assert notes(study)["run"] == "trial-0001"
    assert study.trials()[0].value == finished.folder.read_result().validation_accuracy
    assert [path.name for path in study.plan.folder.iterdir() if path.is_dir()] == ["trial-0001"]


def test_what_an_abandoned_attempt_left_unfinished_is_removed(study) -> None:
    trial = study.claim("me")
    study.note(id_of(trial), run="trial-0001")
    study.abandon(id_of(trial))
    (study.plan.folder / "trial-0001").mkdir(parents=True)
    study.fill_slots()
    worker._run(study, study.claim("me"), False)
    assert notes(study)["run"] == "trial-0001-2"
    assert not (study.plan.folder / "trial-0001").exists()


def test_a_process_that_should_end_abandons_its_trial_and_keeps_nothing(study) -> None:
    trial = study.claim("me")
    with pytest.raises(StoppedError):
        worker._run(study, trial, True)
    assert not study.is_running(id_of(trial))
    assert not (study.plan.folder / "trial-0001").exists()


def test_a_run_whose_trial_was_given_to_another_process_is_discarded(study) -> None:
    trial = study.claim("me")
    folder = worker.run_experiment(study.plan.settings(trial.params, "trial-0001")).folder
    study.abandon(id_of(trial))
    worker._report(study, trial, folder, "complete")
    assert not folder.path.exists()


def test_settings_that_exclude_each_other_end_only_their_trial(study, monkeypatch) -> None:
    def refuse(settings, observers):
        raise worker.SettingError("these do not fit")

    monkeypatch.setattr(worker, "run_experiment", refuse)
    worker._run(study, study.claim("me"), False)
    assert (study.trials()[0].state, notes(study)["outcome"]) == (
        *(TrialState.PRUNED, "these do not fit"),
    )


@pytest.mark.parametrize(
    ("cut_short", "pruned", "outcome"),
    [(None, False, "complete"), (None, True, "pruned"), (DIVERGED, False, "diverged")],
)
def test_the_outcome_says_how_a_trial_ended(cut_short, pruned, outcome) -> None:
    assert worker._outcome(SimpleNamespace(pruned=pruned), cut_short) == outcome


def observer(*, prune: bool = True, end: bool = False, was_abandoned: bool = False):
    reported = []
    trial = SimpleNamespace(report=lambda *pair: reported.append(pair), should_prune=lambda: prune)
    search = SimpleNamespace(objective="validation_loss")
    study = SimpleNamespace(plan=SimpleNamespace(search=search))
    heartbeat = SimpleNamespace(was_abandoned=was_abandoned)
    made = worker._TrialObserver(study, trial, end, heartbeat)
    made.on_epoch_start(1, 2, 100)
    return made, reported


def test_a_poor_trial_is_pruned_and_saved_but_not_after_its_last_epoch() -> None:
    poor, reported = observer()
    with pytest.raises(StopTraining) as caught:
        poor.on_epoch_end(record(1))
    assert (caught.value.save, poor.pruned) == (True, True)
    last, _ = observer()
    last.on_epoch_end(record(2))
    assert not last.pruned
    assert reported == [(record(1).validation_loss, 1)]


@pytest.mark.parametrize("why", ["end", "was_abandoned"])
def test_training_ends_unsaved_if_nobody_waits_for_it(why) -> None:
    observer()[0].on_progress(10, 1.0, 0.5)
    with pytest.raises(StopTraining) as caught:
        observer(**{why: True})[0].on_progress(10, 1.0, 0.5)
    assert not caught.value.save


@pytest.mark.parametrize("running", [True, False])
def test_heartbeats_count_up_until_the_trial_is_no_longer_this_processes(running) -> None:
    beats, enough = [], threading.Event()

    def is_running(trial_id):
        beats.append(None)
        if len(beats) == 1:
            raise OSError("a storage that fails for a moment")
        if len(beats) == 4:
            enough.set()
        return running

    noted = []
    study = SimpleNamespace(
        plan=SimpleNamespace(search=SimpleNamespace(dead_after=0.004)),
        is_running=is_running,
        note=lambda trial_id, **what: noted.append((trial_id, what)),
    )
    with worker._Heartbeat(study, 7) as heartbeat:
        assert enough.wait(60)
    assert heartbeat.was_abandoned != running
    assert noted[:2] == ([(7, {HEARTBEAT: 2}), (7, {HEARTBEAT: 3})] if running else [])


@pytest.fixture
def work(monkeypatch):
    """Return a function that runs `work` on trials that end as scripted; returns what it sent."""

    def run(*trials, is_complete=True, end=()):
        left, sent, closed = list(trials), [], []
        study = SimpleNamespace(
            claim=lambda holder: left.pop(0) if left else None,
            status=lambda: SimpleNamespace(is_complete=is_complete),
            close=lambda: closed.append(True),
        )

        def run_trial(study, trial, end_signal):
            if isinstance(trial, BaseException):
                raise trial

        signals = iter(end)
        told = type("Signal", (), {"__bool__": lambda self: next(signals, False)})
        monkeypatch.setattr(worker, "_PAUSE", 0)
        monkeypatch.setattr(worker, "Study", lambda plan: study)
        monkeypatch.setattr(worker, "EndSignal", told)
        monkeypatch.setattr(worker, "_run", run_trial)
        worker.work("plan", SimpleNamespace(send=sent.append))
        assert closed == [True]
        return left, sent

    return run


def test_trials_are_run_until_the_study_is_complete_or_the_process_should_end(work) -> None:
    assert work("a", "b") == ([], [])
    assert work("a", "b", end=[False, True]) == (["b"], [])
    assert work(is_complete=False, end=[False, False, True]) == ([], [])


def test_errors_of_this_machine_are_sent_and_a_wanted_end_is_not(work) -> None:
    assert work(StoppedError("stopped"), "b") == (["b"], [])
    data_error = DataError("no images")
    assert work(data_error, "b") == (["b"], [(data_error.exit_code, "no images")])
    full = OSError(28, "No space left on device", "x.csv")
    assert work(full)[1] == [(1, "x.csv: No space left on device")]


def test_a_process_is_told_to_end_by_sigterm_or_by_its_parents_end(monkeypatch) -> None:
    handlers = {}
    monkeypatch.setattr(worker.signal, "signal", handlers.__setitem__)
    told, orphan = worker.EndSignal(), worker.EndSignal()
    assert not told
    told._tell(15, None)
    assert told
    monkeypatch.setattr(worker.os, "getppid", lambda: 1)
    assert orphan
    assert list(handlers) == [worker.signal.SIGTERM]
