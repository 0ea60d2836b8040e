"""A process that runs trials of a study until all have ended."""

import multiprocessing
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import Trial

from nn.errors import DivergedError, ProgramError, SettingError, StoppedError
from nn.runs.experiment import run_experiment
from nn.runs.run_folder import RunFolder
from nn.searching.database import UnneededError
from nn.searching.patience import Patience
from nn.searching.plan import SearchPlan
from nn.searching.storage import RESULT
from nn.searching.study import Study, notes
from nn.training.history import EpochRecord
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer

_PAUSES, _PAUSE = 20, 0.05  # number and seconds, between two looks for a trial to repeat
_FIGURES = ("validation_accuracy", "validation_loss", "test_accuracy", "training_accuracy")


def work(plan: SearchPlan, errors: Connection) -> None:
    """Run trials until the study is complete or the process should end.

    It should end if it gets SIGTERM, or if its parent process has ended.

    Args:
        plan: The plan of the search.
        errors: Receives the exit code and the message of an error that ends the search.
    """
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells this process when to end
    parent = multiprocessing.parent_process()

    def should_end() -> bool:
        return bool(told) or (parent is not None and not parent.is_alive())

    patience = Patience(plan.search.database_wait, should_end=should_end)
    try:
        with closing(Study(plan, patience)) as study:
            worker = Worker(study, should_end)
            while not should_end():
                if not worker.run_trial():
                    if study.status().is_complete:
                        break
                    for _ in range(_PAUSES):
                        if not should_end():
                            time.sleep(_PAUSE)
    except StoppedError:
        return
    except ProgramError as error:
        errors.send((error.exit_code, str(error)))
    except OSError as error:
        errors.send((ProgramError.exit_code, f"{error.filename or 'a trial'}: {error.strerror}"))


class Worker(Observer):
    """Runs trials of a study, one after the other, and observes their training."""

    def __init__(self, study: Study, should_end: Callable[[], bool]) -> None:
        self._study, self._should_end = study, should_end
        self._has_agreed = False  # whether the study's images are those of this machine
        self._pruned = ""  # why the trial was stopped early

    def run_trial(self) -> bool:
        """Ask Optuna for one trial, run it and report its result.

        Returns:
            Whether there was a trial to run.

        Raises:
            StoppedError: the process should end; the trial will be repeated.
            ProgramError: this machine cannot run trials; the trial will be repeated.
        """
        self._folder: RunFolder | None = None
        try:
            self._study.optuna.optimize(self._objective, n_trials=1)
        except UnneededError:
            return False
        except Exception as error:
            if self._study.patience.ended is not None:  # Optuna stumbles over it
                raise self._study.patience.ended from None
            # Another process took this one for dead and repeats the trial. Optuna may stumble, too.
            causes = (error, error.__context__)
            if not any(isinstance(one, UpdateFinishedTrialError) for one in causes):
                raise
            told = {notes(one).get("run") for one in self._study.status().finished.values()}
            if self._folder and self._folder.name not in told:
                self._folder.discard()
        return True

    def _objective(self, trial: Trial) -> float:
        """Run one trial; return its objective.

        Raises:
            TrialPruned: it has no objective: it was stopped early, or could not be trained.
        """
        self._trial, self._pruned = trial, ""
        self._study.choose_values(trial)
        try:
            noted = self._run(trial)
        except SettingError as error:  # these settings exclude each other; other trials may not
            noted = {"outcome": "impossible", "reason": str(error)}
        trial.set_user_attr(RESULT, noted)
        if noted["outcome"] != "complete":
            raise optuna.TrialPruned
        return float(noted[self._study.plan.search.objective])

    def _run(self, trial: Trial) -> dict[str, Any]:
        """Return what to note of a trial's run: its figures, and how it ended."""
        name = f"trial-{trial.number + 1:04d}"
        names = [name, *(f"{name}-{n}" for n in range(2, self._study.storage.attempt + 1))]
        settings = self._study.plan.settings(trial.params, names[-1])
        self._epochs = settings.epochs
        self._folder = self._finished_run(names[:-1])
        cut_short: ProgramError | None = None
        if self._folder is None:
            run = run_experiment(settings, observers=[self])
            self._folder, cut_short = run.folder, run.cut_short
        if not self._has_agreed:
            checksum = f"{self._folder.read_data_facts().crc32:08x}"
            self._study.agree("data", {"the checksum of the images": checksum})
            self._has_agreed = True
        result = self._folder.read_result()
        noted: dict[str, Any] = {"run": self._folder.name, "epochs": result.epochs}
        noted |= {figure: float(getattr(result, figure)) for figure in _FIGURES}
        noted["seconds"] = self._folder.read_seconds()
        if isinstance(cut_short, DivergedError):
            return noted | {"outcome": "diverged", "reason": str(cut_short)}
        return noted | {"outcome": "pruned" if self._pruned else "complete", "reason": self._pruned}

    def _finished_run(self, names: list[str]) -> RunFolder | None:
        """Return the finished run of an earlier attempt at a trial, and remove unfinished ones.

        A process may die after writing its run's last file but before reporting it to the study.
        """
        for folder in [RunFolder(self._study.plan.folder / name) for name in names]:
            with suppress(ProgramError):
                if folder.read_result().epochs == self._epochs:
                    return folder
            shutil.rmtree(folder.path, ignore_errors=True)
        return None

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        """End the training, and save nothing, if the process should end."""
        if self._should_end():
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
            prune = record.epoch < self._epochs and self._trial.should_prune()
        except UpdateFinishedTrialError:
            raise StopTraining(save=False) from None
        if prune:
            self._pruned = f"not in the best third after epoch {record.epoch}"
            raise StopTraining(save=True)
