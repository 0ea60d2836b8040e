"""Studies of earlier versions go on, with the trials that they had finished."""

import json

import pytest

pytest.importorskip("optuna")
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from nn.searching.status import notes
from tests.searching.trials import claim, complete

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


@pytest.fixture
def storage():
    """A journal becomes a file in the study's folder, never a database on a server."""
    return ""


@pytest.fixture
def journal(make, tmp_path):
    """Write the journal of a study of four trials, two of which have ended; return its path."""
    study = make()
    study.close()
    path = study.plan.folder / "study.journal"
    (study.plan.folder / "study.db").unlink()
    old = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(path))),
        study_name=study.plan.name,
        direction="maximize",
    )
    old.set_user_attr("plan", json.dumps(study.plan.identity()))
    figures = {"epochs": 3, "run": "trial-0001", "validation_accuracy": 0.9}
    for slot in range(4):
        old.enqueue_trial({}, user_attrs={"place": slot})
    for slot in range(3):
        trial = old.ask()
        trial.suggest_float("learning_rate", 0.001, 1, log=True)
        trial.suggest_categorical("hidden_units", ["4", "8"])
        if slot == 0:
            for name, value in {"outcome": "complete", **figures}.items():
                trial.set_user_attr(name, value)
            trial.report(0.9, 3)
            old.tell(trial, 0.9)
        elif slot == 1:
            trial.set_user_attr("outcome", "these do not fit")
            old.tell(trial, state=TrialState.PRUNED)
        else:
            old.tell(trial, state=TrialState.FAIL)
    return path


@pytest.mark.parametrize("torn", [b"", b'{"op_code":0,"worker'])
def test_a_journal_goes_on_as_a_database(make, journal, torn):
    journal.write_bytes(journal.read_bytes() + torn)
    before = journal.read_bytes()
    study = make()
    first, second = (study.status().finished[number] for number in (0, 1))
    assert (first.value, first.intermediate_values) == (0.9, {3: 0.9})
    assert notes(first)["run"] == "trial-0001"
    assert notes(second) == {"outcome": "impossible", "reason": "these do not fit"}
    for number in (2, 3):
        trial = claim(study)
        assert trial.number == number
        complete(study, trial, 0.5)
    assert sorted(study.status().finished) == [0, 1, 2, 3]
    assert study.status().best.number == 0
    assert journal.read_bytes() == before
    assert set(make().status().finished) == {0, 1, 2, 3}  # it is converted only once


def test_a_journal_that_was_named_is_converted_beside_itself(make, journal, tmp_path):
    elsewhere = journal.rename(tmp_path / "shared.journal")
    assert sorted(make(storage=str(elsewhere)).status().finished) == [0, 1]
    assert (tmp_path / "shared.db").exists()


def test_a_file_that_is_no_journal_is_said(make, tmp_path):
    (tmp_path / "x.journal").write_text("what?\nnothing\n")
    with pytest.raises(Exception, match=r"x\.db cannot be used: .*journal"):
        make(storage=str(tmp_path / "x.journal"))
    assert not (tmp_path / "x.db").exists()
