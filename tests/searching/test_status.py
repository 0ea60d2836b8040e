"""The status of a study: its winner, also if hardly anything went well, and what decided."""

import pytest

pytest.importorskip("optuna")
from optuna.trial import TrialState, create_trial

from nn.errors import StudyError
from nn.searching.status import StudyStatus
from tests.searching.trials import claim, claim_all, complete


def end_early(study, trial, value):
    study.storage.set_trial_state_values(trial._trial_id, TrialState.PRUNED, [value])


@pytest.mark.parametrize(
    ("objective", "best"), [("validation_accuracy", 2), ("validation_loss", 0)]
)
def test_the_winner_is_the_best_trial_that_went_through_all_epochs(make, objective, best):
    study = make(trials=4, objective=objective)
    for value in (0.5, 0.6, 0.7):
        complete(study, claim(study), value)
    assert not study.status().is_complete
    end_early(study, claim(study), 0.9 if best else 0.1)
    status = study.status()
    assert (status.best.number, status.is_complete) == (best, True)
    assert list(status.finished) == [0, 1, 2, 3]
    fewer = make(trials=2, objective=objective).status()
    assert (list(fewer.finished), fewer.is_complete) == ([0, 1], True)


def test_if_all_diverged_there_is_no_winner_to_be_had(make):
    study = make(trials=1)
    end_early(study, claim(study), 0.5)
    assert (study.status().best, study.status().is_complete) == (None, True)
    assert claim_all(study) == {}


def test_a_study_of_an_earlier_version_is_said_to_be_one(make):
    status = StudyStatus(make(trials=2).plan, [create_trial(state=TrialState.FAIL)])
    with pytest.raises(StudyError, match="earlier version"):
        assert status.is_complete
