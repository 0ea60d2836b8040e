"""Which runs are unfinished, and which one a person means."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nn.errors import RunFolderError
from nn.files.training_lock import is_being_trained, training_lock
from nn.resuming.unfinished import run_to_resume, unfinished_runs
from nn.runs.checkpoint_file import write_checkpoint
from nn.training.state import Checkpoint

ROOT = Path(__file__).resolve().parents[2]


def make(save_dir: Path, name: str, *files: str, at: int = 0, stopped: bool = False) -> Path:
    """Make a run's folder with settings written `at` so many seconds, and those files."""
    folder = save_dir / name
    folder.mkdir(parents=True)
    (folder / "settings.yaml").write_text("epochs: 10\n")
    os.utime(folder / "settings.yaml", (at, at))
    for file in files:
        (folder / file).write_text("")
    numbers = {"epochs": 3, "examples": 0, "stopped": stopped, "settings": {}, "data_crc32": 0}
    if "checkpoint.npz" in files:
        write_checkpoint(folder / "checkpoint.npz", Checkpoint(numbers, {}))
    return folder


WHOLE = ("checkpoint.npz", "result.csv", "report.html")


def test_runs_without_their_last_files_are_unfinished_the_newest_first(tmp_path):
    make(tmp_path, "whole", *WHOLE)
    make(tmp_path, "training", at=1)
    make(tmp_path, "drawing", "checkpoint.npz", "result.csv", at=3)
    make(tmp_path, "writing", "checkpoint.npz", "report.html", at=2)
    make(tmp_path, "in place", *WHOLE, ".checkpoint.npz.former.part", at=4)
    found = unfinished_runs(tmp_path)
    assert [run.path.name for run in found] == [
        "in place",
        "drawing",
        "writing",
        "training",
    ]


def test_runs_from_before_there_were_checkpoints_and_reports_are_whole(tmp_path):
    make(tmp_path, "old", "result.csv")
    assert unfinished_runs(tmp_path) == []


def test_what_is_no_run_is_passed_over(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "checkpoint.npz").write_text("")
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(make(tmp_path / "elsewhere", "run"))
    assert unfinished_runs(tmp_path) == []
    assert unfinished_runs(tmp_path / "nowhere") == unfinished_runs(tmp_path / "file") == []


def test_how_far_a_run_is_comes_from_its_checkpoint(tmp_path):
    make(tmp_path, "a", "checkpoint.npz", at=2)
    make(tmp_path, "b", at=1)
    c = make(tmp_path, "c", "checkpoint.npz", "result.csv", at=0)
    (c / "settings.yaml").write_text("epochs: 3\n")
    os.utime(c / "settings.yaml", (0, 0))
    assert [run.describe() for run in unfinished_runs(tmp_path)] == [
        "is unfinished: 3 of 10 epochs are trained",
        "is unfinished: 0 of 10 epochs are trained",
        "is unfinished: all epochs are trained, but files or pictures are missing",
    ]


def test_damaged_files_end_in_words(tmp_path):
    folder = make(tmp_path, "a")
    (folder / "checkpoint.npz").write_bytes(b"PK")
    assert unfinished_runs(tmp_path)[0].describe() == "is unfinished: 0 of 10 epochs are trained"
    (folder / "settings.yaml").write_text("epochs: many\n")
    assert "settings.yaml cannot be read" in unfinished_runs(tmp_path)[0].describe()


def test_a_run_that_is_being_trained_is_not_unfinished(tmp_path):
    folder = make(tmp_path, "a")
    with training_lock(folder):
        assert is_being_trained(folder)
        assert unfinished_runs(tmp_path) == []
        with pytest.raises(RunFolderError, match="no run in it is unfinished"):
            run_to_resume("", tmp_path)
    assert not is_being_trained(folder)
    assert len(unfinished_runs(tmp_path)) == 1


def test_a_stopped_run_that_is_being_trained_again_is_not_resumed(tmp_path):
    folder = make(tmp_path, "a", *WHOLE, stopped=True)
    with training_lock(folder), pytest.raises(RunFolderError, match="no run in it is unfinished"):
        run_to_resume("", tmp_path)
    assert run_to_resume("", tmp_path) == folder


def test_a_lock_goes_with_a_killed_program(tmp_path):
    code = (
        "import sys, time\nfrom pathlib import Path\n"
        "from nn.files.training_lock import training_lock\n"
        "with training_lock(Path(sys.argv[1])):\n    print('locked', flush=True)\n"
        "    time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], cwd=ROOT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"locked\n"
        with (
            pytest.raises(RunFolderError, match="by another program"),
            training_lock(tmp_path),
        ):
            pass
        process.kill()
        process.wait()
    with training_lock(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_a_link_to_a_run_elsewhere_is_not_offered(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "link").symlink_to(make(tmp_path, "unfinished"))
    assert unfinished_runs(tmp_path / "runs") == []


def test_no_name_means_the_newest_run_that_is_unfinished_or_was_stopped(tmp_path):
    for name in ("unfinished", "stopped"):
        make(tmp_path, f"{name} before", at=1)
    stopped = make(tmp_path, "stopped", *WHOLE, at=3, stopped=True)
    make(tmp_path, "whole", *WHOLE, at=4)
    assert run_to_resume("", tmp_path) == stopped
    unfinished = make(tmp_path, "unfinished", at=5)
    assert run_to_resume("", tmp_path) == unfinished


def test_a_name_or_a_path_means_any_run(tmp_path, monkeypatch):
    whole = make(tmp_path / "runs", "whole", *WHOLE)
    monkeypatch.chdir(tmp_path)
    assert run_to_resume("whole", tmp_path / "runs") == whole
    assert run_to_resume("runs/whole", tmp_path / "other") == Path("runs/whole")


def test_what_is_no_run_is_rejected_with_the_nearest_name(tmp_path):
    make(tmp_path, "xavier-relu")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunFolderError, match=r"'xavier-rely' is neither.*mean xavier-relu\?"):
        run_to_resume("xavier-rely", tmp_path)
    with pytest.raises(RunFolderError, match=r"empty: this folder has no settings\.yaml"):
        run_to_resume("empty", tmp_path)
    with pytest.raises(RunFolderError, match=r"no run in it is unf.*--resume RUN --epochs N"):
        run_to_resume("", tmp_path / "empty")
