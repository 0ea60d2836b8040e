"""Trials of a study: each is run once, and again if it failed."""

import pytest

pytest.importorskip("optuna")
from optuna.trial import TrialState, create_trial

from nn.errors import StudyError
from nn.searching.database import UnneededError
from nn.searching.study import StudyStatus
from tests.searching.trials import claim, claim_all, complete, give_back


def test_each_trial_is_begun_once_whoever_asks(make):
    one, other = make(), make()
    assert [claim(study).number for study in (one, other, one, other)] == [0, 1, 2, 3]
    for study in (one, other):
        with pytest.raises(UnneededError):
            claim(study)
        assert not study.status().is_complete
        assert len(study.optuna.trials) == 4
    assert set(claim_all(make(trials=6))) == {4, 5}


def test_a_trial_that_failed_is_repeated_with_the_same_values(make):
    study = make()
    trial, _ = claim(study), claim(study)
    give_back(study, trial._trial_id)
    again = claim(make())
    assert (again.number, again.params) == (0, trial.params)
    complete(study, again, 0.5)
    give_back(study, again._trial_id)  # what has ended stays
    assert study.status().best.number == 0
    assert set(claim_all(study)) == {2, 3}


def test_of_two_processes_that_see_a_failed_trial_one_repeats_it(make):
    one, other = make(trials=3), make(trials=3)
    trials = [claim(one)._trial_id for _ in range(3)]
    for trial in (trials[2], trials[1]):
        give_back(other, trial)
    assert [claim(one).number, claim(other).number] == [1, 2]
    assert claim_all(one) == claim_all(other) == {}


def test_values_chosen_at_random_or_from_a_grid_depend_on_the_number_and_the_seed_alone(make):
    def values(study: str, **search) -> dict:
        opened = make(**{"sampler": "random", "study": study} | search)
        return claim_all(opened)

    first = values("first")
    assert values("again") == first
    assert values("other", sampler_seed=1) != first
    assert len({str(point) for point in first.values()}) == 4
    grid = values("grid", sampler="grid", vary="hidden_units: [4, 8], seed: [0, 1]")
    assert len({str(point) for point in grid.values()}) == len(grid) == 4


def test_a_study_of_the_same_name_but_another_plan_is_refused(make):
    make()
    for word, changes in (
        ("sampler is 'tpe' there, 'random' here", {"sampler": "random"}),
        ("--epochs is '10' there, '11' here", {"fixed": {"epochs": "11"}}),
    ):
        with pytest.raises(StudyError, match=word):
            make(**changes)


def test_nobody_is_stopped_before_three_can_be_compared_and_one_is_complete(make):
    study = make(trials=7)

    def is_stopped(value):
        trial = claim(study)
        trial.report(value, 1)
        return trial.should_prune()

    assert [is_stopped(value) for value in (0.5, 0.4, 0.3, 0.2)] == [False] * 4
    complete(study, claim(study), 0.9)
    assert [is_stopped(value) for value in (0.3, 0.6)] == [True, False]


# The status --------------------------------------------------------------------------------------


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
