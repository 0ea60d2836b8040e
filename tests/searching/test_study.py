"""Slots of a study: each is filled once, and again after its trial failed."""

import pytest

pytest.importorskip("optuna")
from nn.errors import StudyError
from nn.searching.database import UnneededError
from tests.searching.trials import claim, claim_all, complete


def test_each_slot_is_filled_once_whoever_asks(make):
    one, other = make(), make()
    assert [claim(one)[0], claim(other)[0], claim(one)[0], claim(other)[0]] == [0, 1, 2, 3]
    for study in (one, other):
        with pytest.raises(UnneededError):
            claim(study)
        assert not study.is_complete()
        assert len(study.optuna.trials) == 4
    assert set(claim_all(make(trials=6))) == {4, 5}


def test_the_slot_of_a_failed_trial_is_filled_again_with_the_same_values(make):
    study = make()
    (_, trial), _ = claim(study), claim(study)
    study.abandon(trial._trial_id)
    later = make()
    assert not later.storage.is_running(trial._trial_id)
    slot, again = claim(later)
    assert (slot, again.params) == (0, trial.params)
    assert [one.number for one in later.slot_of(again)[1]] == [trial.number]
    complete(later, again, 0.5)
    study.abandon(again._trial_id)  # what has ended stays
    assert study.status().best[0] == 0
    assert set(claim_all(study)) == {2, 3}


def test_of_two_processes_that_see_a_failed_trial_one_repeats_it(make):
    one, other = make(trials=3), make(trials=3)
    trials = [claim(one)[1]._trial_id for _ in range(3)]
    for trial in (trials[2], trials[1]):
        other.abandon(trial)
    assert [claim(one)[0], claim(other)[0]] == [1, 2]
    assert claim_all(one) == claim_all(other) == {}


def test_values_chosen_at_random_or_from_a_grid_depend_on_the_slot_and_the_seed_alone(make):
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


def test_other_images_are_refused(make):
    make().agree_on_data(0xABC)
    make().agree_on_data(0xABC)
    with pytest.raises(
        StudyError, match=r"checksum of the images is '00000abc' there, '00000abd' here"
    ):
        make().agree_on_data(0xABD)


def test_nobody_is_stopped_before_three_can_be_compared(make):
    study = make(trials=6)
    stopped = []
    for value in (0.5, 0.4, 0.3, 0.6, 0.2, 0.55):
        _, trial = claim(study)
        trial.report(value, 1)
        stopped.append(trial.should_prune())
    assert stopped == [False, False, True, False, True, False]
