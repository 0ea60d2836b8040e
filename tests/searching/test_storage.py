"""Storages that cannot be used are named, without their passwords."""

import sys
from types import SimpleNamespace

import pytest

pytest.importorskip("optuna")
from optuna.study import StudyDirection

from nn.errors import SettingError
from nn.searching.storage import (
    StudyError,
    close_storage,
    open_storage,
    require_optuna,
    without_password,
)


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


def test_a_journal_is_made_in_the_studys_folder_unless_a_path_is_given(tmp_path):
    open_storage("", tmp_path / "study").create_new_study([StudyDirection.MAXIMIZE], "first")
    journal = tmp_path / "study" / "study.journal"
    again = open_storage(str(journal), tmp_path / "another")
    assert [study.study_name for study in again.get_all_studies()] == ["first"]
    assert not (tmp_path / "another").exists()


def test_the_connections_to_a_database_are_closed_and_a_journal_has_none(tmp_path):
    closed = []
    engine = SimpleNamespace(dispose=lambda: closed.append("all"))
    backend = SimpleNamespace(engine=engine)
    database = SimpleNamespace(remove_session=lambda: closed.append("own"), _backend=backend)
    close_storage(database)
    assert closed == ["own", "all"]
    close_storage(open_storage("", tmp_path))


def test_without_optuna_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(
        StudyError, match="a search needs optuna, which is not installed: "
    ) as caught:
        require_optuna()
    assert caught.value.exit_code == 6
