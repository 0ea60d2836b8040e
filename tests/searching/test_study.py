"""Places of a study: none lost, none filled twice, whoever dies; on a journal and on PostgreSQL."""

import subprocess
import sys

import pytest

pytest.importorskip("optuna")
from optuna.trial import Trial, TrialState

from nn.errors import SettingError
from nn.searching import heartbeat
from nn.searching.heartbeat import HeartbeatMonitor, holder
from nn.searching.plan import plan_search
from nn.searching.storage import StudyError, open_storage, without_password
from nn.searching.study import HEARTBEAT, SLOT, Study
from nn.settings.checking import Given
from nn.settings.search_declaration import SearchSettings

VARY = "learning_rate: 0.001..1 log, hidden_units: [4, 8]"


@pytest.fixture(params=["journal", pytest.param("postgresql", marks=pytest.mark.long)])
def storage(request) -> str:
    return "" if request.param == "journal" else request.getfixturevalue("postgresql")


@pytest.fixture
def make(storage, tmp_path):
    """Return a function that opens the test's study, each time as another process would."""
    opened = []

    def open_study(fixed=None, **search) -> Study:
        settings = SearchSettings(
            **{"vary": VARY, "storage": storage, "trials": 4, "study": tmp_path.name[:50]} | search
        )
        fixed = {"save_dir": str(tmp_path)} | (fixed or {})
        given = {name: Given(value, f"--{name}") for name, value in fixed.items()}
        opened.append(Study(plan_search(settings, given)))
        return opened[-1]

    yield open_study
    for study in opened:
        study.close()


def id_of(trial: Trial) -> int:
    """Return the number that the storage knows a trial by."""
    study = trial.storage.get_study_id_from_name(trial.study.study_name)
    return trial.storage.get_trial_id_from_study_id_trial_number(study, trial.number)


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


# The dead ----------------------------------------------------------------------------------------


def test_the_trial_of_a_process_that_died_is_abandoned_at_once(make):
    study = make()
    study.fill_slots()
    code = "from nn.searching.heartbeat import holder; print(holder())"
    gone = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    dead, alive = study.claim(gone), study.claim(holder())
    HeartbeatMonitor(study, dead_after=60).check()
    assert not study.is_running(id_of(dead))
    assert study.is_running(id_of(alive))
    assert study.claim("b").params == dead.params


def test_a_process_number_used_again_is_not_taken_for_the_dead_one(make):
    machine, process, started = holder().rsplit(":", 2)
    assert heartbeat._is_gone(f"{machine}:{process}:{int(started) - 1}")
    assert not heartbeat._is_gone(holder())
    assert not heartbeat._is_gone("another-machine:1:1")


def test_another_machines_trial_is_abandoned_after_its_silence(make):
    now = [100.0]
    study = make()
    study.fill_slots()
    silent, talking = study.claim("far:1:1"), study.claim("far:2:2")
    watch = HeartbeatMonitor(study, dead_after=60, clock=lambda: now[0])
    abandoned = []
    for second in range(0, 90, 15):
        now[0] = 100.0 + second
        study.note(id_of(talking), **{HEARTBEAT: second})
        watch.check()
        abandoned.append(not study.is_running(id_of(silent)))
    assert abandoned == [False, False, False, False, False, True]
    assert study.is_running(id_of(talking))


# Storages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql+psycopg://me:secret@127.0.0.1:1/none", "cannot be reached"),
        ("nonsense://x", "nonsense://x"),
        ("mysql+nodriver://me:secret@h/d", "mysql"),
        ("sqlite:////proc/none/x.db", "cannot be reached"),
    ],
)
def test_a_storage_that_cannot_be_reached_is_said_without_its_password(tmp_path, url, words):
    with pytest.raises(SettingError) as error:
        open_storage(url, tmp_path)
    assert words in str(error.value)
    assert "secret" not in str(error.value)


def test_a_file_that_is_no_journal_is_said(tmp_path):
    (tmp_path / "x.journal").write_text("what?\nnothing\n")
    with pytest.raises(SettingError, match="not the journal of a study"):
        open_storage(str(tmp_path / "x.journal"), tmp_path)
    with pytest.raises(SettingError, match="cannot be used"):
        open_storage("/proc/none/x.journal", tmp_path)


def test_passwords_are_not_shown():
    assert without_password("postgresql://me:se:cr@et@h/d") == "postgresql://me:***@h/d"
    assert without_password("sqlite:///x.db") == "sqlite:///x.db"


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
