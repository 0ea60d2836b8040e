"""A process that runs trials of a study until all slots are filled."""

import multiprocessing
import shutil
import signal
import time
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import Trial

from nn.errors import DivergedError, ProgramError, SettingError, StoppedError
from nn.runs.experiment import run_experiment
from nn.runs.run_folder import RunFolder
from nn.searching.database import UnneededError
from nn.searching.plan import SearchPlan
from nn.searching.status import RESULT, notes, outcome
from nn.searching.study import Study
from nn.settings.declaration import Settings
from nn.settings.effect import effective
from nn.training.history import EpochRecord
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

_PAUSES, _PAUSE = 10, 0.1  # number and seconds, between two checks whether a slot is free again
_FIGURES = ("validation_accuracy", "validation_loss", "test_accuracy", "training_accuracy")


class EndSignal:
    """True if this process should end: it was told to, or its parent process has ended."""

    def __init__(self) -> None:
        self._told: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _: self._told.append(number))
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells this process when to end

    def __bool__(self) -> bool:
        parent = multiprocessing.parent_process()
        return bool(self._told) or (parent is not None and not parent.is_alive())

    def check(self) -> None:
        """Raise StoppedError if this process should end."""
        if self:
            raise StoppedError("")


def work(plan: SearchPlan, errors: Connection, current: "Synchronized[int]") -> None:
    """Run trials until the study is complete or the process should end.

    Args:
        plan: The plan of the search.
        errors: Receives the exit code and the message of an error that ends the search.
        current: Where the id of the current trial is kept, for the case that this process dies;
            0 if there is none.
    """
    end_signal = EndSignal()
    try:
        with closing(Study(plan, check=end_signal.check, create=False)) as study:
            worker = Worker(study, end_signal, current)
            while not end_signal:
                if not worker.run_trial():
                    if study.is_complete():
                        break
                    for _ in range(_PAUSES):
                        if not end_signal:
                            time.sleep(_PAUSE)
    except StoppedError:
        return
    except ProgramError as error:
        errors.send((error.exit_code, str(error)))
    except OSError as error:
        errors.send((ProgramError.exit_code, f"{error.filename or 'a trial'}: {error.strerror}"))


class Worker(Observer):
    """Runs trials of a study, one after the other, and observes their training."""

    def __init__(self, study: Study, end_signal: EndSignal, current: "Synchronized[int]") -> None:
        self._study, self._end_signal, self._current = study, end_signal, current
        self._trial: Trial
        self._folder: RunFolder | None = None
        self._has_agreed = False  # whether the study's images are those of this machine
        self._may_prune = True
        self._pruned = ""  # why the trial was stopped early

    def run_trial(self) -> bool:
        """Ask Optuna for one trial, run it and report its result.

        Returns:
            Whether there was a slot to fill.

        Raises:
            StoppedError: the process should end; the trial will be repeated.
            ProgramError: this machine cannot run trials; the trial will be repeated.
        """
        self._folder = None
        try:
            self._study.optuna.optimize(self._objective, n_trials=1)
        except UnneededError:
            return False
        except Exception as error:
            if self._study.patience.ended is not None:  # Optuna stumbles over it
                raise self._study.patience.ended from None
            # Another process took this one for dead, and Optuna cannot write the result.
            lost = isinstance(error, UpdateFinishedTrialError | AssertionError)
            if not lost or self._study.storage.is_running(self._current.value):
                raise
            counted = {notes(one).get("run") for one in self._study.status().trials.values()}
            if self._folder is not None and self._folder.name not in counted:
                self._folder.discard()
        self._current.value = 0
        return True

    def _objective(self, trial: Trial) -> float:
        """Run one trial; return its objective.

        Raises:
            UnneededError: another process repeats this trial.
            TrialPruned: it has no objective: it was stopped early, or could not be trained.
        """
        self._trial, self._current.value = trial, trial._trial_id
        slot, earlier = self._study.slot_of(trial)
        # One that was stopped early and runs again is the winner.
        self._may_prune = "pruned" not in map(outcome, earlier)
        self._pruned = ""
        try:
            self._study.choose_values(trial, slot)
            settings = self._study.plan.settings(trial.params, _name(slot, len(earlier)))
            self._folder = self._finished_run(slot, len(earlier), settings)
            cut_short: ProgramError | None = None
            if self._folder is None:
                run = run_experiment(settings, observers=[self])
                self._folder, cut_short = run.folder, run.cut_short
            if not self._has_agreed:
                self._study.agree_on_data(self._folder.read_data_facts().crc32)
                self._has_agreed = True
            noted = self._note(self._folder, cut_short)
        except SettingError as error:  # these settings exclude each other; other trials may not
            noted = {"outcome": "impossible", "reason": str(error)}
        except BaseException:
            if self._study.storage.is_running(trial._trial_id):
                raise
            raise UnneededError from None
        trial.set_user_attr(RESULT, noted)
        if noted["outcome"] != "complete":
            raise optuna.TrialPruned
        return float(noted[self._study.plan.search.objective])

    def _finished_run(self, slot: int, attempts: int, settings: Settings) -> RunFolder | None:
        """Return the finished run of an earlier trial of the slot, and remove unfinished ones.

        A process may die after writing its run's last file but before reporting it to the study.
        """
        found: RunFolder | None = None
        for attempt in range(attempts):
            folder = RunFolder(self._study.plan.folder / _name(slot, attempt))
            with suppress(ProgramError):
                epochs = folder.read_result().epochs
                may_be_shorter = settings.patience and not self._study.plan.search.pruning
                finished = epochs == settings.epochs or may_be_shorter
                saved = folder.read_settings()
                same = settings.model_copy(update={"dataset": saved.dataset})  # the data found
                if finished and effective(saved) == effective(same):
                    found = folder
                    continue
            shutil.rmtree(folder.path, ignore_errors=True)
        return found

    def _note(self, folder: RunFolder, cut_short: ProgramError | None) -> dict[str, Any]:
        """Return what to note of a run: its figures, and how it ended."""
        result = folder.read_result()
        noted: dict[str, Any] = {name: float(getattr(result, name)) for name in _FIGURES}
        noted |= {"run": folder.name, "epochs": result.epochs, "seconds": folder.read_seconds()}
        if self._pruned:
            return noted | {"outcome": "pruned", "reason": self._pruned}
        if isinstance(cut_short, DivergedError):
            return noted | {"outcome": "diverged", "reason": str(cut_short)}
        return noted | {"outcome": "complete", "reason": ""}

    # Training ----------------------------------------------------------------------------------

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        """Remember the number of epochs."""
        self._epochs = epochs

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        """End the training, and save nothing, if the process should end."""
        if self._end_signal:
            raise StopTraining(save=False)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Report the epoch, and end the training if other trials were better at this epoch.

        Raises:
            StopTraining: the trial is pruned, and the run is saved; or another process repeats the
                trial, and nothing is saved.
        """
        objective = self._study.plan.search.objective
        try:
            self._trial.report(getattr(record, objective), record.epoch)
            may_prune = record.epoch < self._epochs and self._may_prune
            prune = may_prune and self._trial.should_prune()
        except UpdateFinishedTrialError:
            raise StopTraining(save=False) from None
        if prune:
            self._pruned = f"not in the best third after epoch {record.epoch}"
            raise StopTraining(save=True)


def _name(slot: int, attempt: int) -> str:
    return f"trial-{slot + 1:04d}" + (f"-{attempt + 1}" if attempt else "")
