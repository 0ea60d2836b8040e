"""Trials that a test runs itself, in place of a worker."""

from typing import TYPE_CHECKING

from optuna.trial import Trial, TrialState

if TYPE_CHECKING:
    from nn.searching.study import Study


def claim(study: "Study") -> "tuple[int | None, Trial]":
    """Take the next trial of a study; return its slot, None if nobody needs it, and the trial."""
    trial = Trial(study.optuna, new_trial(study))
    place = study.slot_of(trial)
    if place is None:
        return None, trial
    study.choose_values(trial, place[0])
    return place[0], trial


def new_trial(study: "Study") -> int:
    """Take a waiting trial or create one, as `optimize` does."""
    waiting = study.optuna._pop_waiting_trial_id()
    return study.storage.create_new_trial(study.optuna._study_id) if waiting is None else waiting


def complete(study: "Study", trial: Trial, value: float) -> None:
    """End a trial with its objective."""
    study.storage.set_trial_state_values(trial._trial_id, TrialState.COMPLETE, [value])
