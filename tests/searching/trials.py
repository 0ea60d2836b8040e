"""Trials that a test runs itself, in place of a worker."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from optuna.trial import Trial, TrialState

from nn.searching.database import UnneededError

if TYPE_CHECKING:
    from nn.searching.study import Study


def claim(study: "Study") -> tuple[int, Trial]:
    """Create a study's next trial, as `optimize` does; return its slot and the trial."""
    trial = Trial(study.optuna, new_trial(study))
    slot = study.slot_of(trial)[0]
    study.choose_values(trial, slot)
    return slot, trial


def claim_all(study: "Study") -> dict[int, dict[str, Any]]:
    """Create trials until no slot is free; return their values by slot."""
    claimed = {}
    with suppress(UnneededError):
        while True:
            slot, trial = claim(study)
            claimed[slot] = trial.params
    return claimed


def new_trial(study: "Study") -> int:
    """Create a trial and return its id."""
    return study.storage.create_new_trial(study.optuna._study_id)


def complete(study: "Study", trial: Trial, value: float) -> None:
    """End a trial with its objective."""
    study.storage.set_trial_state_values(trial._trial_id, TrialState.COMPLETE, [value])
