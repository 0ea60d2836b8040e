"""What the first session of a run leaves in its folder."""

from pathlib import Path

import pytest

from nn.runs.file_names import DERIVED_FROM_RESULT
from nn.runs.run_folder import RunFolder
from nn.runs.run_session import RunSession


@pytest.fixture
def session(tmp_path) -> RunSession:
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    (folder.path / "settings.yaml").write_text("epochs: 3")
    return RunSession(folder)


def test_after_an_error_a_folder_without_a_checkpoint_is_removed(session):
    session.fail()
    assert not session.folder.path.exists()


def test_after_an_error_a_checkpoint_is_kept(session):
    session.folder.checkpoint.write_text("numbers")
    session.fail()
    assert session.folder.checkpoint.exists()


def test_discarding_removes_the_folder_with_its_checkpoint(session):
    session.folder.checkpoint.write_text("numbers")
    session.discard()
    assert not session.folder.path.exists()


def test_an_old_result_goes_before_what_was_made_from_it(session, monkeypatch):
    """So that whoever finds the result finds what belongs to it."""
    removed = []
    monkeypatch.setattr(Path, "unlink", lambda path, missing_ok: removed.append(path.name))
    session.remove_old_result()
    assert removed == ["result.csv", *DERIVED_FROM_RESULT]
    assert {"report.html", "gallery.png", "predictions.csv", "network.onnx"} < set(removed)
