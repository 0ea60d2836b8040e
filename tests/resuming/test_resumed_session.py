"""What a resumed session changes in its folder, and undoes when it is discarded."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from nn.errors import RunFolderError, StoppedError
from nn.resuming.resume import resume_run
from nn.runs.experiment import run_experiment
from nn.runs.run_folder import RunFolder
from nn.training.stopping import StopTraining
from tests.resuming.leaving import CHUNKS, EndAt, Killed, all_files, given

pytestmark = pytest.mark.usefixtures("small_chunks")


@pytest.mark.parametrize("event", [3, CHUNKS + 1, 2 * CHUNKS + 5])
@pytest.mark.parametrize("kind", ["stopped", "killed", "without a checkpoint"])
def test_discarding_puts_back_what_was_there(settings, kind, event):
    endings = {
        "stopped": [EndAt(3, StopTraining(save=True))],
        "killed": [EndAt(CHUNKS + 4, Killed())],
        "without a checkpoint": [EndAt(CHUNKS + 4, Killed())],
    }
    folder = RunFolder(Path(settings().save_dir) / "run")
    with suppress(Killed):
        run_experiment(settings(name="run", epochs=2), observers=endings[kind])
    if kind == "without a checkpoint":
        folder.checkpoint.unlink()
    for name in ("notes of mine.txt", *(["report.html"] if kind == "stopped" else [])):
        (folder.path / name).write_text("mine")
    before = all_files(folder.path)
    end = [EndAt(event, StopTraining(save=False))]
    with pytest.raises(StoppedError, match="as it was before"):
        resume_run(folder, given(epochs=9, checkpoint_steps=1), observers=end)
    assert all_files(folder.path) == before
    resume_run(folder, {})


def test_discarding_works_on_a_disk_without_links(stopped, monkeypatch):
    def refuse(*names):
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    before = all_files(stopped.path)
    with pytest.raises(StoppedError, match="as it was before"):
        resume_run(stopped, {}, observers=[EndAt(3, StopTraining(save=False))])
    assert all_files(stopped.path) == before


def test_a_file_that_is_a_link_is_refused_and_its_target_stays_unread(stopped, tmp_path):
    (tmp_path / "secret").write_text("secret")
    history = stopped.path / "loss_history.csv"
    history.unlink()
    history.symlink_to(tmp_path / "secret")
    with pytest.raises(RunFolderError, match=r"loss_history.csv: cannot be read \(a link"):
        resume_run(stopped, {})
    assert history.is_symlink()


def test_parts_that_a_killed_program_left_and_old_notes_are_removed_and_nothing_else(stopped):
    notes = (".asked", ".mentioned")  # or a run that is killed again would not be asked about
    for name in (".weights_1.csv.k3j_x9.part", ".checkpoint.npz.former.part", *notes):
        (stopped.path / name).write_text("half")
    for name in ("mine.part", ".hidden"):
        (stopped.path / name).write_text("mine")
    resume_run(stopped, {})
    left = {path.name for path in stopped.path.iterdir()}
    assert {"mine.part", ".hidden"} <= left
    assert {name for name in left if name.startswith(".")} == {".hidden"}
