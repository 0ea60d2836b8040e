"""Storages that cannot be used are named, passwords are shown nowhere, and old journals go on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("optuna")
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import TrialState

from nn.errors import SettingError, StudyError
from nn.searching.patience import DatabaseGoneError, Patience
from nn.searching.plan import SearchPlan
from nn.searching.storage import (
    open_storage,
    password_of,
    require_optuna,
    without_password,
)
from nn.searching.study import notes
from nn.settings.checking import Given
from nn.settings.search_declaration import SearchSettings
from tests.environment import ROOT
from tests.searching.trials import claim, complete

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


def opened(storage, folder):
    require_optuna()
    search = SearchSettings(storage=str(storage), study=folder.name)
    plan = SearchPlan(search, {"save_dir": Given(str(folder.parent), "--save-dir")})
    return open_storage(plan, Patience(0))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql+psycopg://me:secret@127.0.0.1:1/none", "the database does not answer"),
        ("nonsense://x:secret@y", "nonsense://x@y cannot be used"),
        ("mysql+nodriver://me:secret@h/d", "mysql"),
        ("postgresql+psycopg://me:sec{ret@127.0.0.1:port/none", "cannot be used"),
        ("sqlite:////proc/none/x.db", "cannot be used"),
    ],
)
def test_a_storage_that_cannot_be_reached_is_said_without_its_password(tmp_path, url, words):
    with pytest.raises((SettingError, DatabaseGoneError)) as error:
        opened(url, tmp_path)
    assert words in str(error.value)
    assert "secret" not in str(error.value)
    assert "sec{ret" not in str(error.value)


def test_a_file_that_is_no_database_is_said(tmp_path):
    (tmp_path / "x.db").write_text("what?\nnothing\n" * 100)
    with pytest.raises(SettingError, match=r"x\.db cannot be used: .*not a database"):
        opened(tmp_path / "x.db", tmp_path)
    with pytest.raises(SettingError, match=r"cannot be used: No such file"):
        opened("/proc/none/x.db", tmp_path)


@pytest.mark.parametrize(
    ("url", "password", "shown"),
    [
        ("postgresql://me:se:cr@et@h/d", "se:cr@et", "postgresql://me@h/d"),
        (
            "postgresql://h:5432/d?user=me&password=secret",
            "secret",
            "postgresql://h:5432/d?user=me",
        ),
        ("mysql://h/d?Passwd=secret&x=1", "secret", "mysql://h/d?x=1"),
        ("postgresql://me@h:5432/d", "", "postgresql://me@h:5432/d"),
        ("sqlite:///C:/x@y.db", "", "sqlite:///C:/x@y.db"),
    ],
)
def test_passwords_are_not_shown(url, password, shown):
    assert (password_of(url), without_password(url)) == (password, shown)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="changes what /proc shows")
def test_a_password_disappears_from_the_list_of_processes():
    code = (
        "import sys, os; from nn.searching.storage import hide_password; hide_password(sys.argv);"
        "sys.stdout.buffer.write(open(f'/proc/{os.getpid()}/cmdline', 'rb').read())"
    )
    url = "postgresql://me:secret@h/d"
    words = [sys.executable, "-c", code, "--storage", url, f"--storage={url}"]
    shown = subprocess.run(words, capture_output=True, cwd=ROOT, check=True).stdout
    assert b"secret" not in shown.replace(code.encode(), b"")
    assert shown.count(b"postgresql://me:******@h/d") == 2


def test_a_file_is_made_in_the_studys_folder_unless_a_path_is_given(tmp_path):
    first = opened("", tmp_path / "study")
    first.create_new_study([StudyDirection.MAXIMIZE], "first")
    first.close()
    again = opened(tmp_path / "study" / "study.db", tmp_path / "another")
    assert [study.study_name for study in again.get_all_studies()] == ["first"]
    again.close()
    assert not (tmp_path / "another").exists()
    assert [path.name for path in Path(tmp_path / "study").iterdir()] == ["study.db"]


def test_without_optuna_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(
        StudyError, match="a search needs optuna, which is not installed: "
    ) as caught:
        require_optuna()
    assert caught.value.exit_code == 6


# Journals of earlier versions --------------------------------------------------------------------


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
    for place in range(4):
        old.enqueue_trial({}, user_attrs={"place": place})
    for place in range(3):
        trial = old.ask()
        trial.suggest_float("learning_rate", 0.001, 1, log=True)
        trial.suggest_categorical("hidden_units", ["4", "8"])
        if place == 0:
            for name, value in {"outcome": "complete", **figures}.items():
                trial.set_user_attr(name, value)
            trial.report(0.9, 3)
            old.tell(trial, 0.9)
        elif place == 1:
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
