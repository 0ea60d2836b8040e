"""The status of a study: its winner, also if hardly anything went well, and what decided."""

import pytest

pytest.importorskip("optuna")
from optuna.trial import TrialState, create_trial

from nn.errors import StudyError
from nn.searching.status import RESULT, StudyStatus, outcome
from tests.searching.trials import claim, claim_all, complete


def end_early(study, trial, value, how):
    trial.report(value, 1)
    trial.set_user_attr(RESULT, {"outcome": how})
    study.storage.set_trial_state_values(trial._trial_id, TrialState.PRUNED)


def test_if_those_that_went_on_diverged_the_best_of_the_others_is_trained_to_the_end(make):
    study = make(trials=3)
    for value, how in ((0.5, "pruned"), (0.9, "diverged"), (0.7, "pruned")):
        end_early(study, claim(study)[1], value, how)
    status = study.status()
    assert (status.best, status.is_complete) == (None, False)
    for process in (study, make(trials=3)):
        assert not process.is_complete()
    slot, trial = claim(study)
    assert slot == 2
    assert [outcome(one) for one in study.slot_of(trial)[1]] == ["pruned"]
    assert claim_all(study) == {}
    complete(study, trial, 0.8)
    assert study.status().is_complete
    assert study.status().best[0] == 2


def test_if_all_diverged_there_is_no_winner_to_be_had(make):
    study = make(trials=1)
    end_early(study, claim(study)[1], 0.5, "diverged")
    assert (study.status().best, study.is_complete()) == (None, True)
    assert claim_all(study) == {}


def test_a_study_of_an_earlier_version_is_said_to_be_one(make):
    status = StudyStatus(make(trials=2).plan, [create_trial(value=0.5)])
    with pytest.raises(StudyError, match="earlier version"):
        assert status.is_complete
