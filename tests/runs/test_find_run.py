"""Runs found by name or by path, and the newest ones."""

import os
import shutil
from pathlib import Path

import pytest

from nn.errors import RunFolderError
from nn.resuming.unfinished import unfinished_runs
from nn.runs.find_run import find_folder, find_run, finished_runs, folders_with
from tests.environment import ROOT


def finish(save_dir: Path, name: str, *, at: int) -> Path:
    """Make a finished run whose result was written `at` so many seconds."""
    run = save_dir / name
    run.mkdir(parents=True)
    (run / "result.csv").write_text("")
    os.utime(run / "result.csv", (at, at))
    return run


def test_finished_runs_come_newest_first(tmp_path):
    for name, at in (("b", 200), ("c", 100), ("a", 300)):
        finish(tmp_path, name, at=at)
    (tmp_path / "unfinished").mkdir()
    (tmp_path / ".last_answers.yaml").write_text("epochs: 5")
    assert [run.name for run in finished_runs(tmp_path)] == ["a", "b", "c"]


def test_where_there_is_no_save_folder_there_are_no_runs(tmp_path):
    (tmp_path / "file").write_text("")
    assert finished_runs(tmp_path / "none") == finished_runs(tmp_path / "file") == []


def test_the_readme_of_saved_files_is_no_run(tmp_path: Path) -> None:
    shutil.copy(ROOT / "saved_files" / "README.md", tmp_path)
    (tmp_path / "run").mkdir()
    for name in ("settings.yaml", "result.csv", "report.html"):
        (tmp_path / "run" / name).touch()
    assert [run.name for run in finished_runs(tmp_path)] == ["run"]
    assert unfinished_runs(tmp_path) == []


def test_no_name_means_the_newest_finished_run(tmp_path):
    finish(tmp_path, "old", at=100)
    finish(tmp_path, "new", at=200)
    (tmp_path / "still training").mkdir()
    assert find_run("", tmp_path).name == "new"


def test_a_run_is_found_by_its_name_and_by_its_path(tmp_path, monkeypatch):
    run = finish(tmp_path / "saved", "one", at=100)
    elsewhere = finish(tmp_path / "elsewhere", "two", at=200)
    monkeypatch.chdir(tmp_path)
    save_dir = Path("saved")
    assert find_run("one", save_dir).resolve() == run
    assert find_run("saved/one", save_dir).resolve() == run
    assert find_run("saved/one/", save_dir).resolve() == run
    assert find_run(str(run), save_dir) == run
    assert find_run("elsewhere/two", save_dir).resolve() == elsewhere


def test_a_name_in_the_save_folder_wins_over_a_folder_of_that_name_here(tmp_path, monkeypatch):
    inside = finish(tmp_path / "saved", "run", at=100)
    finish(tmp_path, "run", at=200)
    monkeypatch.chdir(tmp_path)
    assert find_run("run", tmp_path / "saved") == inside


def test_a_run_that_is_not_there_is_named_with_the_nearest_one(tmp_path):
    finish(tmp_path, "xavier-relu", at=100)
    with pytest.raises(RunFolderError, match=r"'xavier-rely' is neither.*mean xavier-relu\?"):
        find_run("xavier-rely", tmp_path)
    with pytest.raises(RunFolderError, match=r"'qqq' is neither a run in .* nor a folder\.$"):
        find_run("qqq", tmp_path)


def test_a_run_that_never_ended_is_said_to_be_so(tmp_path):
    (tmp_path / "half").mkdir()
    with pytest.raises(RunFolderError, match=r"half: .*no result\.csv"):
        find_run("half", tmp_path)
    with pytest.raises(RunFolderError, match="no finished run in it"):
        find_run("", tmp_path)


def test_no_runs_at_all_says_how_to_make_one(tmp_path):
    with pytest.raises(RunFolderError, match=r"python train\.py"):
        find_run("", tmp_path / "none")


def test_the_folder_of_a_study_is_found_as_a_run_is(tmp_path):
    study = tmp_path / "Study"
    study.mkdir()
    assert find_folder("Study", tmp_path) == find_folder(str(study), tmp_path / "none") == study
    with pytest.raises(RunFolderError, match=r"'study2' is neither a study in .*mean Study\?"):
        find_folder("study2", tmp_path, "study")


def test_the_newest_file_decides_and_a_link_to_a_folder_counts(tmp_path):
    older = finish(tmp_path / "runs", "older", at=100)
    (tmp_path / "runs" / "link").symlink_to(finish(tmp_path, "newer", at=200))
    assert folders_with("result.csv", tmp_path / "runs") == [tmp_path / "runs" / "link", older]
    assert folders_with("settings.yaml", tmp_path / "runs") == []
