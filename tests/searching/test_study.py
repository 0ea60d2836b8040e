"""Slots of a study: each is filled once, and again after its trial was abandoned."""

import pytest

pytest.importorskip("optuna")
from optuna.trial import TrialState

from nn.searching.storage import StudyError
from nn.searching.study import SLOT, Study
from tests.searching.trials import id_of


def claim_all(study: Study) -> dict[int, dict]:
    claimed = {}
    while (trial := study.claim("me")) is not None:
        claimed[trial.user_attrs[SLOT]] = trial.params
    return claimed


@pytest.mark.parametrize("storage", ["journal", "postgresql"], indirect=True)
def test_each_place_is_claimed_once_whoever_asks(make):
    one, other = make(), make()
    one.fill_slots()
    other.fill_slots()
    first, second = one.claim("a"), other.claim("b")
    assert (first.user_attrs[SLOT], second.user_attrs[SLOT]) == (0, 1)
    rest = claim_all(other)
    assert set(rest) == {2, 3}
    assert one.claim("a") is None
    assert not one.status().is_complete
    assert len(one.trials()) == 4
    assert one.trials()[0].user_attrs["holder"] == "a"


def test_who_comes_second_to_a_place_takes_the_next(make, monkeypatch):
    one, other = make(), make()
    one.fill_slots()
    seen_before = other._all()
    assert one.claim("a").user_attrs[SLOT] == 0
    fresh = other._all
    answers = iter([seen_before])
    monkeypatch.setattr(other, "_all", lambda: next(answers, None) or fresh())
    assert other.claim("b").user_attrs[SLOT] == 1
    assert one.trials()[0].user_attrs["holder"] == "a"


def test_an_abandoned_slot_is_filled_again_with_the_same_values(make, monkeypatch):
    study = make()
    study.fill_slots()
    trial = study.claim("a")
    values = trial.params
    assert study.abandon(id_of(trial))
    assert not make().is_running(id_of(trial))
    assert [t.number for t in study.abandoned(0)] == [trial.number]
    study.fill_slots()
    later = make()
    sampler = later._sampler
    monkeypatch.setattr(
        later, "_sampler", lambda place: sampler(place + 77)
    )  # as after more trials
    again = later.claim("b")
    assert (again.user_attrs[SLOT], again.params) == (0, values)
    study.optuna.tell(again, 0.5)
    assert not study.abandon(id_of(again))  # what has ended stays


def test_of_two_trials_for_one_place_the_first_counts(make):
    study = make(trials=1)
    study.fill_slots()
    study.optuna.enqueue_trial({}, user_attrs={"place": 0})
    first = study.claim("a")
    assert first.number == 0
    assert make(trials=1).claim("b") is None
    study.optuna.tell(first, 0.5)
    assert study.status().is_complete
    assert study.status().best[0] == 0


def test_more_trials_may_be_wanted_later(make):
    study = make(trials=1)
    study.fill_slots()
    study.optuna.tell(study.claim("a"), 0.5)
    assert study.status().is_complete
    more = make(trials=3)
    assert not more.status().is_complete
    more.fill_slots()
    assert set(claim_all(more)) == {1, 2}


def test_values_chosen_by_lot_depend_on_the_place_and_the_seed_alone(make):
    def values(study: str, **search) -> dict:
        opened = make(sampler="random", study=study, **search)
        opened.fill_slots()
        return claim_all(opened)

    first = values("first")
    assert values("again") == first
    assert values("other", sampler_seed=1) != first
    assert len({str(point) for point in first.values()}) == 4


def test_a_study_of_the_same_name_but_another_plan_is_refused(make):
    make()
    for changes, word in (
        ({"vary": "hidden_units: [4, 8]"}, "vary"),
        ({"sampler": "random"}, "sampler"),
        ({"fixed": {"epochs": "11"}}, "--epochs is '10' there, '11' here"),
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


def test_importance_finds_what_decides_and_needs_enough_trials(make):
    study = make(trials=30, sampler="random")
    assert study.status().importance() == {}
    study.fill_slots()
    while (trial := study.claim("a")) is not None:
        study.optuna.tell(trial, 1 / (1 + abs(trial.params["learning_rate"] - 0.01)))
    importance = study.status().importance()
    assert sum(importance.values()) == pytest.approx(1)
    assert importance["learning_rate"] > 0.8
    assert study.status().is_complete
    assert study.trials()[0].state == TrialState.COMPLETE
