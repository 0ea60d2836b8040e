"""A process that takes trials of a study and runs them until there are none left."""

import os
import shutil
import signal
import threading
import time
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from types import FrameType
from typing import TYPE_CHECKING, Any

from nn.errors import DivergedError, ProgramError, SettingError, StoppedError
from nn.runs.experiment import run_experiment
from nn.runs.run_folder import RunFolder
from nn.searching.heartbeat import holder
from nn.searching.plan import SearchPlan
from nn.searching.study import Study
from nn.settings.declaration import Settings
from nn.settings.effect import effective
from nn.training.history import EpochRecord
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer

if TYPE_CHECKING:
    import optuna

_PAUSE = 0.2  # seconds between two looks for a trial
_LONGEST_SILENCE = 15.0  # seconds between two signs of life


class Leaving:
    """Whether this process is to end: it was told to, or the one that started it is gone."""

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._told = False
        signal.signal(signal.SIGTERM, self._tell)

    def _tell(self, number: int, frame: FrameType | None) -> None:
        self._told = True

    def __bool__(self) -> bool:
        return self._told or os.getppid() != self._parent


def work(plan: SearchPlan, errors: "Connection") -> None:
    """Run trials until the study is complete or the process is to leave.

    Args:
        plan: What is searched.
        errors: Where a mistake that ends the search is sent: its exit code and its message.
    """
    leaving = Leaving()
    try:
        with closing(Study(plan)) as study:
            while not leaving:
                trial = study.claim(holder())
                if trial is not None:
                    _run(study, trial, leaving)
                elif study.standing().is_complete:
                    return
                else:
                    time.sleep(_PAUSE)
    except StoppedError:
        return
    except ProgramError as error:
        errors.send((error.exit_code, str(error)))
    except OSError as error:
        errors.send((ProgramError.exit_code, f"{error.filename or 'a trial'}: {error.strerror}"))


def _run(study: Study, trial: "optuna.Trial", leaving: Leaving) -> None:
    """Run one trial and write down what came of it.

    Raises:
        StoppedError: the process is to leave; the trial was given up.
        ProgramError: this machine cannot run trials; the trial was given up.
    """
    place = int(trial.user_attrs["place"])
    attempts = study.given_up(place)
    name = f"trial-{place + 1:04d}" + (f"-{len(attempts) + 1}" if attempts else "")
    study.note(trial._trial_id, run=name)
    life = _SignsOfLife(study, trial._trial_id)
    follower = _Follower(study, trial, leaving, life)
    try:
        settings = study.plan.settings(trial.params, name)
        with life:
            folder = _finished_before(study, place, settings)
            cut_short: ProgramError | None = None
            if folder is None:
                run = run_experiment(settings, observers=[follower])
                folder, cut_short = run.folder, run.cut_short
            study.agree_on_data(folder.read_data_facts().crc32)
    except SettingError as error:  # these values do not go together; others will
        _end(study, trial, None, {"outcome": str(error)})
        return
    except BaseException:
        study.give_up(trial._trial_id)
        raise
    if life.was_given_up:
        folder.discard()
        return
    _report(study, trial, folder, _outcome(follower, cut_short))


def _outcome(follower: "_Follower", cut_short: ProgramError | None) -> str:
    if follower.pruned:
        return "pruned"
    return "diverged" if isinstance(cut_short, DivergedError) else "complete"


def _report(study: Study, trial: "optuna.Trial", folder: RunFolder, outcome: str) -> None:
    """Write down a run's figures, and its value if it had all of its epochs."""
    result = folder.read_result()
    figures = {name: float(getattr(result, name)) for name in ("validation_accuracy",
               "validation_loss", "test_accuracy", "training_accuracy")}  # fmt: skip
    seconds = folder.read_seconds()
    notes = {"outcome": outcome, "run": folder.name, "epochs": result.epochs, "seconds": seconds}
    value = figures[study.plan.search.objective] if outcome == "complete" else None
    if not _end(study, trial, value, {**notes, **figures}):
        folder.discard()


def _end(study: Study, trial: "optuna.Trial", value: float | None, notes: dict[str, Any]) -> bool:
    """End a trial; return False if it was given up by somebody else before."""
    import optuna
    from optuna.trial import TrialState

    try:
        study.note(trial._trial_id, **notes)
        if value is None:
            study.optuna.tell(trial, state=TrialState.PRUNED)
        else:
            study.optuna.tell(trial, value)
    except (optuna.exceptions.UpdateFinishedTrialError, ValueError):
        return False
    return True


def _finished_before(study: Study, place: int, settings: Settings) -> RunFolder | None:
    """Return the run of an earlier attempt that came to its end, and remove those that did not.

    A process may die between its run's last file and the study's hearing of it.
    """
    for attempt in study.given_up(place):
        path = study.plan.folder / str(attempt.user_attrs.get("run") or "")
        if not attempt.user_attrs.get("run") or not path.is_dir():
            continue
        folder = RunFolder(path)
        with suppress(ProgramError):
            whole = folder.read_result().epochs == settings.epochs or settings.patience
            if whole and _alike(folder.read_settings(), settings):
                return folder
        shutil.rmtree(path, ignore_errors=True)
    return None


def _alike(saved: Settings, wanted: Settings) -> bool:
    """Return whether a saved run is the wanted one; the data that were found may be named."""
    first, second = effective(saved), effective(wanted)
    return {**first, "dataset": ""} == {**second, "dataset": ""}


class _Follower(Observer):
    """Reports every epoch to the study, and ends the training where that is to be."""

    def __init__(
        self, study: Study, trial: "optuna.Trial", leaving: Leaving, life: "_SignsOfLife"
    ) -> None:
        self._study = study
        self._trial = trial
        self._leaving = leaving
        self._life = life
        self._epochs = 0
        self.pruned = False

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        """Remember how many epochs there are."""
        self._epochs = epochs

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        """End the training if the process is to leave, or the trial is another one's by now.

        Raises:
            StopTraining: so it is.
        """
        if self._leaving or self._life.was_given_up:
            raise StopTraining(save=False)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Report the epoch, and end the training if others did better by then.

        Raises:
            StopTraining: they did; the run is kept.
        """
        objective = self._study.plan.search.objective
        self._trial.report(getattr(record, objective), record.epoch)
        if record.epoch < self._epochs and self._trial.should_prune():
            self.pruned = True
            raise StopTraining(save=True)


class _SignsOfLife:
    """Shows, in a thread beside the training, that this process lives, as a context around it.

    Attributes:
        was_given_up: Whether somebody took this process for dead.
    """

    def __init__(self, study: Study, trial_id: int) -> None:
        self._study = study
        self._trial_id = trial_id
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True)
        self.was_given_up = False

    def __enter__(self) -> "_SignsOfLife":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _show(self) -> None:
        interval = min(self._study.plan.search.dead_after / 4, _LONGEST_SILENCE)
        sign = 0
        while not self._over.wait(interval):
            sign += 1
            # A storage that fails for a moment is no reason to lose the training.
            with suppress(Exception):
                if self._study.is_running(self._trial_id):
                    self._study.note(self._trial_id, sign_of_life=sign)
                else:
                    self.was_given_up = True
