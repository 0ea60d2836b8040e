"""A process that runs trials: what it notes of each, when it ends, what it leaves behind."""

import signal
from types import SimpleNamespace

import pytest

pytest.importorskip("optuna")
from optuna.trial import TrialState

from nn.errors import DataError, DivergedError, ProgramError, StoppedError, StudyError
from nn.searching import worker
from nn.searching.study import notes
from nn.training.stopping import StopTraining
from tests.searching.trials import claim, give_back
from tests.training.scripted import record

DIVERGED = DivergedError(epoch=2, learning_rate=9.0, loss=8.0, guessing=2.3)
pytestmark = pytest.mark.usefixtures("unforced_disk")


@pytest.fixture
def study(make, data):
    """Return a study of two small trials."""
    return make({"data_dir": str(data), "epochs": "2", "batch_size": "50"}, trials=2, pruning=False)


def run(study, end=False) -> bool:
    return worker.Worker(study, lambda: end).run_trial()


def fail(study, name: str = "") -> dict:
    """Let the process of a trial die, after its run has been finished if it has a name."""
    trial = claim(study)
    if name:
        worker.run_experiment(study.plan.settings(trial.params, name))
    give_back(study, trial._trial_id)
    return trial.params


def noted(study):
    return notes(study.status().finished[0])


def test_a_trial_is_told_with_the_figures_of_its_run(study) -> None:
    run(study)
    trial = study.status().finished[0]
    result = worker.RunFolder(study.plan.folder / "trial-0001").read_result()
    assert (trial.state, trial.value) == (TrialState.COMPLETE, result.validation_accuracy)
    assert (noted(study)["outcome"], noted(study)["run"]) == ("complete", "trial-0001")
    assert (noted(study)["epochs"], noted(study)["test_accuracy"]) == (2, result.test_accuracy)
    assert sorted(trial.intermediate_values) == [1, 2]


def test_the_finished_run_of_a_process_that_died_before_it_told_is_taken_over(study) -> None:
    values = fail(study, "trial-0001")
    run(study)
    trial = study.status().finished[0]
    result = worker.RunFolder(study.plan.folder / "trial-0001").read_result()
    assert (trial.params, noted(study)["run"]) == (values, "trial-0001")
    assert trial.value == result.validation_accuracy
    assert [path.name for path in study.plan.folder.iterdir() if path.is_dir()] == ["trial-0001"]


def test_what_a_failed_trial_left_unfinished_is_removed(study) -> None:
    fail(study)
    (study.plan.folder / "trial-0001").mkdir(parents=True)
    run(study)
    assert noted(study)["run"] == "trial-0001-2"
    assert not (study.plan.folder / "trial-0001").exists()


def test_a_process_that_should_end_gives_its_trial_back_and_keeps_nothing(study) -> None:
    with pytest.raises(StoppedError):
        run(study, end=True)
    assert study.optuna.trials[0].state == TrialState.WAITING
    assert not (study.plan.folder / "trial-0001").exists()


@pytest.mark.parametrize("pruning", [False, True])
@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_trial_that_was_given_to_another_process_is_dropped(
    make, data, monkeypatch, epoch, pruning
) -> None:
    """It was found to be dead in an epoch, or after the last one."""
    settings = {"data_dir": str(data), "epochs": "2", "batch_size": "50"}
    study, other = (make(settings, trials=2, pruning=pruning) for _ in range(2))

    class Loser(worker.Observer):
        def on_epoch_end(self, record):
            if record.epoch == epoch:
                take_over(other)

    def lose(settings, observers):
        made = run_experiment(settings, observers=[Loser(), *observers])
        if epoch == 3:
            take_over(other)
        return made

    run_experiment = worker.run_experiment
    monkeypatch.setattr(worker, "run_experiment", lose)
    run(study)
    assert study.optuna.trials[0].state == TrialState.RUNNING
    assert not (study.plan.folder / "trial-0001").exists()


def test_a_finished_run_that_another_process_took_over_stays(make, data, monkeypatch) -> None:
    """This process was suspended between its run's last file and its report to the study."""
    settings = {"data_dir": str(data), "epochs": "2", "batch_size": "50"}
    study, other = (make(settings, trials=2, pruning=False) for _ in range(2))
    run_experiment = worker.run_experiment

    def sleep(settings, observers):
        made = run_experiment(settings, observers=observers)
        give_back(other, other.optuna.trials[0]._trial_id)
        run(other)
        return made

    monkeypatch.setattr(worker, "run_experiment", sleep)
    run(study)
    assert noted(study)["run"] == "trial-0001"
    assert (study.plan.folder / "trial-0001" / "result.csv").exists()


def take_over(study):
    """Do what another process does that has missed this one's heartbeats."""
    give_back(study, study.optuna.trials[0]._trial_id)
    return claim(study)


def test_other_images_than_those_of_the_other_trials_are_refused(study) -> None:
    study.agree("data", {"the checksum of the images": "00000abc"})
    with pytest.raises(StudyError, match=r"checksum of the images is '00000abc' there, '\w+' here"):
        run(study)


def test_a_trial_that_nobody_needs_is_not_run(make) -> None:
    study = make(trials=1)
    claim(study)
    assert not run(study)
    assert not list(study.plan.folder.glob("trial-*"))
    assert len(study.optuna.trials) == 1


def test_optuna_stumbles_over_a_database_that_is_gone_and_the_worker_does_not(
    study, monkeypatch
) -> None:
    def stumble(*_, **__):
        study.patience.ended = ProgramError("the database does not answer")
        raise UnboundLocalError("updated_state")  # as Optuna 5.0 does

    monkeypatch.setattr(study.optuna, "optimize", stumble)
    with pytest.raises(ProgramError, match="does not answer"):
        run(study)


def test_settings_that_exclude_each_other_end_only_their_trial(study, monkeypatch) -> None:
    def refuse(settings, observers):
        raise worker.SettingError("these do not fit")

    monkeypatch.setattr(worker, "run_experiment", refuse)
    run(study)
    assert study.optuna.trials[0].state == TrialState.PRUNED
    assert noted(study) == {"outcome": "impossible", "reason": "these do not fit"}


@pytest.mark.parametrize(
    ("cut_short", "pruned", "outcome", "reason"),
    [(None, "poor", "pruned", "poor"), (DIVERGED, "", "diverged", str(DIVERGED))],
)
def test_the_outcome_and_its_reason_say_how_a_trial_ended(  # noqa: PLR0917 (fixtures)
    study, monkeypatch, cut_short, pruned, outcome, reason
) -> None:
    def end_early(settings, observers):
        made = run_experiment(settings, observers=observers)
        observers[0]._pruned = pruned
        return SimpleNamespace(folder=made.folder, cut_short=cut_short)

    run_experiment = worker.run_experiment
    monkeypatch.setattr(worker, "run_experiment", end_early)
    run(study)
    assert (noted(study)["outcome"], noted(study)["reason"]) == (outcome, reason)
    assert study.status().finished[0].state == TrialState.PRUNED


def observer(*, prune: bool = True, end: bool = False, taken: bool = False):
    reported = []

    def report(*pair):
        if taken:
            raise worker.UpdateFinishedTrialError
        reported.append(pair)

    search = SimpleNamespace(objective="validation_loss")
    study = SimpleNamespace(plan=SimpleNamespace(search=search))
    made = worker.Worker(study, lambda: end)
    made._trial = SimpleNamespace(report=report, should_prune=lambda: prune)
    made._epochs = 2
    return made, reported


def test_a_poor_trial_is_pruned_and_saved_but_not_after_its_last_epoch() -> None:
    poor, reported = observer()
    with pytest.raises(StopTraining) as caught:
        poor.on_epoch_end(record(1))
    assert (caught.value.save, poor._pruned) == (True, "not in the best third after epoch 1")
    assert reported == [(record(1).validation_loss, 1)]
    last, _ = observer()
    last.on_epoch_end(record(2))
    assert last._pruned == ""


def test_training_ends_unsaved_if_nobody_waits_for_it() -> None:
    observer()[0].on_progress(10, 1.0, 0.5)
    with pytest.raises(StopTraining) as caught:
        observer(end=True)[0].on_progress(10, 1.0, 0.5)
    assert not caught.value.save
    with pytest.raises(StopTraining) as caught:
        observer(taken=True)[0].on_epoch_end(record(1))
    assert not caught.value.save


@pytest.fixture
def work(monkeypatch):
    """Return a function that runs `work` on trials that end as scripted; returns what it sent.

    The process gets SIGTERM during the trial `"end"`, and its parent ends during `"orphan"`.
    """

    def run(*trials, is_complete=True):
        left, sent, closed, handlers, alive = list(trials), [], [], {}, [True]
        study = SimpleNamespace(
            status=lambda: SimpleNamespace(is_complete=is_complete and not left),
            close=lambda: closed.append(True),
        )

        def run_trial(worker):
            trial = left.pop(0) if left else None
            if isinstance(trial, BaseException):
                raise trial
            if trial == "end":
                handlers[signal.SIGTERM](15, None)
            alive[0] = trial != "orphan"
            return trial is not None

        parent = SimpleNamespace(is_alive=lambda: alive[0])
        monkeypatch.setattr(worker.multiprocessing, "parent_process", lambda: parent)
        monkeypatch.setattr(worker.signal, "signal", handlers.__setitem__)
        monkeypatch.setattr(worker, "_PAUSES", 0)
        plan = SimpleNamespace(search=SimpleNamespace(database_wait=0))
        monkeypatch.setattr(worker, "Study", lambda plan, patience: study)
        monkeypatch.setattr(worker.Worker, "run_trial", run_trial)
        worker.work(plan, SimpleNamespace(send=sent.append))
        assert closed == [True]
        assert handlers[signal.SIGINT] == signal.SIG_IGN
        return left, sent

    return run


def test_trials_are_run_until_the_study_is_complete_or_the_process_should_end(work) -> None:
    assert work("a", "b") == ([], [])
    assert work("a", "end", "b") == (["b"], [])
    assert work("a", "orphan", "b") == (["b"], [])
    assert work("a", None, "b", "end", is_complete=False) == ([], [])


def test_errors_of_this_machine_are_sent_and_a_wanted_end_is_not(work) -> None:
    assert work(StoppedError("stopped"), "b") == (["b"], [])
    data_error = DataError("no images")
    assert work(data_error, "b") == (["b"], [(data_error.exit_code, "no images")])
    full = OSError(28, "No space left on device", "x.csv")
    assert work(full)[1] == [(1, "x.csv: No space left on device")]
