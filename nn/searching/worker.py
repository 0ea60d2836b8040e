"""A process that claims trials of a study and runs them until none is left."""

import multiprocessing
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
from nn.searching.study import HEARTBEAT, SLOT, Study
from nn.settings.declaration import Settings
from nn.settings.effect import effective
from nn.training.history import EpochRecord
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer

if TYPE_CHECKING:
    import optuna

_PAUSE = 0.2  # seconds between two attempts to claim a trial
_LONGEST_SILENCE = 15.0  # seconds between two heartbeats


class EndSignal:
    """True if this process should end: it was told to, or its parent process has ended."""

    def __init__(self) -> None:
        # Not os.getppid(): the parent may have ended while this process was starting.
        parent = multiprocessing.parent_process()
        self._parent = parent.pid if parent else os.getppid()
        self._told = False
        signal.signal(signal.SIGTERM, self._tell)

    def _tell(self, number: int, frame: FrameType | None) -> None:
        self._told = True

    def __bool__(self) -> bool:
        return self._told or os.getppid() != self._parent


def work(plan: SearchPlan, errors: "Connection") -> None:
    """Run trials until the study is complete or the process should end.

    Args:
        plan: The plan of the search.
        errors: Receives the exit code and the message of an error that ends the search.
    """
    end_signal = EndSignal()
    try:
        with closing(Study(plan)) as study:
            while not end_signal:
                trial = study.claim(holder())
                if trial is not None:
                    _run(study, trial, end_signal)
                elif study.status().is_complete:
                    return
                else:
                    time.sleep(_PAUSE)
    except StoppedError:
        return
    except ProgramError as error:
        errors.send((error.exit_code, str(error)))
    except OSError as error:
        errors.send((ProgramError.exit_code, f"{error.filename or 'a trial'}: {error.strerror}"))


def _run(study: Study, trial: "optuna.Trial", end_signal: EndSignal) -> None:
    """Run one trial and note its result.

    Raises:
        StoppedError: the process should end; the trial was abandoned.
        ProgramError: this machine cannot run trials; the trial was abandoned.
    """
    slot = int(trial.user_attrs[SLOT])
    attempts = study.abandoned(slot)
    name = f"trial-{slot + 1:04d}" + (f"-{len(attempts) + 1}" if attempts else "")
    study.note(trial._trial_id, run=name)
    heartbeat = _Heartbeat(study, trial._trial_id)
    observer = _TrialObserver(study, trial, end_signal, heartbeat)
    try:
        settings = study.plan.settings(trial.params, name)
        with heartbeat:
            folder = _finished_run(study, slot, settings)
            cut_short: ProgramError | None = None
            if folder is None:
                run = run_experiment(settings, observers=[observer])
                folder, cut_short = run.folder, run.cut_short
            study.agree_on_data(folder.read_data_facts().crc32)
    except SettingError as error:  # these settings exclude each other; other trials may not
        _end(study, trial, None, {"outcome": str(error)})
        return
    except BaseException:
        study.abandon(trial._trial_id)
        raise
    if heartbeat.was_abandoned:
        folder.discard()
        return
    _report(study, trial, folder, _outcome(observer, cut_short))


def _outcome(observer: "_TrialObserver", cut_short: ProgramError | None) -> str:
    if observer.pruned:
        return "pruned"
    return "diverged" if isinstance(cut_short, DivergedError) else "complete"


def _report(study: Study, trial: "optuna.Trial", folder: RunFolder, outcome: str) -> None:
    """Note a run's figures, and its objective if it completed all epochs."""
    result = folder.read_result()
    figures = {name: float(getattr(result, name)) for name in ("validation_accuracy",
               "validation_loss", "test_accuracy", "training_accuracy")}  # fmt: skip
    seconds = folder.read_seconds()
    notes = {"outcome": outcome, "run": folder.name, "epochs": result.epochs, "seconds": seconds}
    value = figures[study.plan.search.objective] if outcome == "complete" else None
    if not _end(study, trial, value, {**notes, **figures}):
        folder.discard()


def _end(study: Study, trial: "optuna.Trial", value: float | None, notes: dict[str, Any]) -> bool:
    """End a trial; return False if another process had already abandoned it."""
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


def _finished_run(study: Study, slot: int, settings: Settings) -> RunFolder | None:
    """Return the finished run of an earlier attempt, and remove unfinished ones.

    A process may die after writing its run's last file but before reporting it to the study.
    """
    for attempt in study.abandoned(slot):
        path = study.plan.folder / str(attempt.user_attrs.get("run") or "")
        if not attempt.user_attrs.get("run") or not path.is_dir():
            continue
        folder = RunFolder(path)
        with suppress(ProgramError):
            finished = folder.read_result().epochs == settings.epochs or settings.patience
            if finished and _same_run(folder.read_settings(), settings):
                return folder
        shutil.rmtree(path, ignore_errors=True)
    return None


def _same_run(saved: Settings, wanted: Settings) -> bool:
    """Return whether two settings give the same run; `dataset` may name the data found."""
    first, second = effective(saved), effective(wanted)
    return {**first, "dataset": ""} == {**second, "dataset": ""}


class _TrialObserver(Observer):
    """Reports every epoch to the study, and ends the training early if necessary."""

    def __init__(
        self, study: Study, trial: "optuna.Trial", end_signal: EndSignal, heartbeat: "_Heartbeat"
    ) -> None:
        self._study = study
        self._trial = trial
        self._end_signal = end_signal
        self._heartbeat = heartbeat
        self._epochs = 0
        self.pruned = False

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        """Remember the number of epochs."""
        self._epochs = epochs

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        """End the training if the process should end or its trial was abandoned.

        Raises:
            StopTraining: the training ends; nothing is saved.
        """
        if self._end_signal or self._heartbeat.was_abandoned:
            raise StopTraining(save=False)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Report the epoch, and end the training if other trials were better at this epoch.

        Raises:
            StopTraining: the trial is pruned; the run is saved.
        """
        objective = self._study.plan.search.objective
        self._trial.report(getattr(record, objective), record.epoch)
        if record.epoch < self._epochs and self._trial.should_prune():
            self.pruned = True
            raise StopTraining(save=True)


class _Heartbeat:
    """Sends heartbeats in a thread during the training; a context around it.

    Attributes:
        was_abandoned: Whether another process considered this one dead.
    """

    def __init__(self, study: Study, trial_id: int) -> None:
        self._study = study
        self._trial_id = trial_id
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self.was_abandoned = False

    def __enter__(self) -> "_Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        interval = min(self._study.plan.search.dead_after / 4, _LONGEST_SILENCE)
        beat = 0
        while not self._over.wait(interval):
            beat += 1
            # A storage that fails for a moment must not end the training.
            with suppress(Exception):
                if self._study.is_running(self._trial_id):
                    self._study.note(self._trial_id, **{HEARTBEAT: beat})
                else:
                    self.was_abandoned = True
