"""Trials that a test runs itself, in place of a worker."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import Trial, TrialState

from nn.searching.database import UnneededError

if TYPE_CHECKING:
    from nn.searching.study import Study


def claim(study: "Study") -> Trial:
    """Begin a study's next trial, as `optimize` does."""
    trial = Trial(study.optuna, new_trial(study))
    study.choose_values(trial)
    return trial


def claim_all(study: "Study") -> dict[int, dict[str, Any]]:
    """Begin trials until none is left; return their values by number."""
    claimed = {}
    with suppress(UnneededError):
        while True:
            trial = claim(study)
            claimed[trial.number] = trial.params
    return claimed


def new_trial(study: "Study") -> int:
    """Create a trial and return its id."""
    return study.storage.create_new_trial(study.optuna._study_id)


def complete(study: "Study", trial: Trial, value: float) -> None:
    """End a trial with its objective."""
    study.storage.set_trial_state_values(trial._trial_id, TrialState.COMPLETE, [value])


def give_back(study: "Study", trial_id: int) -> None:
    """Do what another process does that has missed a trial's heartbeats."""
    with suppress(UpdateFinishedTrialError):
        study.storage.set_trial_state_values(trial_id, TrialState.FAIL)
