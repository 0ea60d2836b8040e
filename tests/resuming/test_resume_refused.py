"""What a run is not gone on with, and what becomes of it where that is given up."""

import re
import shutil
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from nn.errors import DataError, RunFolderError, SettingError, StoppedError
from nn.files.training_lock import is_being_trained, training_lock
from nn.resuming.resume import resume_run
from nn.runs import checkpoint_writer
from nn.runs.experiment import run_experiment
from nn.runs.run_folder import RunFolder
from nn.training.stopping import StopTraining
from tests.resuming.leaving import CHUNKS, EndAt, Killed, all_files, csv_files, given

pytestmark = pytest.mark.usefixtures("small_chunks")


# What is refused -------------------------------------------------------------------------------


@pytest.fixture
def stopped(settings) -> RunFolder:
    """A run that was stopped and saved in its second epoch."""
    stop = EndAt(CHUNKS + 3, StopTraining(save=True))
    return run_experiment(settings(name="stopped", epochs=4), observers=[stop]).folder


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"learning_rate": "0.5"}, ["learning_rate is 0.01 there and 0.5 given now"]),
        (
            {"optimizer": "adam", "seed": 7},
            [
                "optimizer is momentum there and adam given now",
                "seed is 0 there and 7 given now",
                "momentum is 0.9 there and without effect given now",
            ],
        ),
        ({"layers": "[{dense: 9}]"}, ["layers is without effect there and [{dense: 9}] given"]),
        ({"epochs": 1}, ["--epochs is 1", "in epoch 2 already", "from 2"]),
        ({"dataset": "built-in"}, ["dataset is mnist there and built-in given now"]),
    ],
    ids=str,
)
def test_other_settings_are_refused_by_name_and_change_nothing(stopped, values, words):
    before = all_files(stopped.path)
    with pytest.raises(SettingError) as caught:
        resume_run(stopped, given(**values))
    for word in words:
        assert word in str(caught.value)
    assert all_files(stopped.path) == before


def test_settings_that_are_the_same_or_mean_nothing_may_be_given(stopped):
    same = {"learning_rate": "1e-2", "hidden_layers": "one", "dataset": "auto", "l1_strength": 3}
    assert resume_run(stopped, given(**same)).result.epochs == 4


def test_settings_changed_in_the_folder_are_refused_by_name(stopped):
    path = stopped.path / "settings.yaml"
    path.write_text(path.read_text().replace("learning_rate: 0.01\n", "learning_rate: 0.02\n"))
    with pytest.raises(SettingError, match=r"learning_rate is 0\.01 when it began and 0\.02 now"):
        resume_run(stopped, {})


def test_another_number_of_epochs_is_refused_under_a_cosine(settings):
    run = run_experiment(settings(name="run", learning_rate_decay=True, decay="cosine"))
    assert resume_run(run.folder, given(epochs=3)).result.epochs == 3
    with pytest.raises(SettingError, match=r"--epochs is 4.*3: with cosine decay the learning rat"):
        resume_run(run.folder, given(epochs=4))


def test_changed_data_are_refused_with_both_checksums(stopped, small_data, tmp_path):
    other = small_data(tmp_path / "other", test=101)
    before = all_files(stopped.path)
    crc32 = stopped.read_data_facts().crc32
    with pytest.raises(
        DataError, match=rf"other: .*data\.csv says {crc32:08x}.*--data-dir"
    ) as caught:
        resume_run(stopped, given(data_dir=str(other)))
    assert len(set(re.findall(r"\b[0-9a-f]{8}\b", str(caught.value)))) == 2
    assert all_files(stopped.path) == before


def test_data_that_moved_are_found_by_the_flag(stopped, data, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(data, moved)
    done = resume_run(stopped, given(data_dir=str(moved)))
    assert done.result.epochs == 4
    assert stopped.read_settings().data_dir == str(moved)


def test_a_run_that_another_program_trains_is_refused(stopped):
    with (
        training_lock(stopped.path),
        pytest.raises(RunFolderError, match="is being trained by another program"),
    ):
        resume_run(stopped, {})
    assert resume_run(stopped, {}).result.epochs == 4


def test_a_folder_stays_locked_as_long_as_is_wanted(settings):
    with ExitStack() as locked:
        run = run_experiment(settings(), keep_locked=locked)
        assert is_being_trained(run.folder.path)
    assert not is_being_trained(run.folder.path)
    assert not is_being_trained(run_experiment(settings()).folder.path)


def test_a_finished_run_without_its_checkpoint_is_refused(settings):
    run = run_experiment(settings(name="run"))
    run.folder.checkpoint.unlink()
    before = all_files(run.folder.path)
    with pytest.raises(RunFolderError, match=r"without checkpoint\.npz.*--config"):
        resume_run(run.folder, given(epochs=9))
    assert all_files(run.folder.path) == before


def test_an_unfinished_run_without_a_checkpoint_begins_anew(settings):
    whole = run_experiment(settings(name="whole"))
    folder = RunFolder.create(whole.folder.path.parent, "run")
    for killed_after in (["settings.yaml"], ["settings.yaml", "normalization.csv", "data.csv"]):
        shutil.rmtree(folder.path)
        folder.path.mkdir()
        for name in killed_after:
            shutil.copy(whole.folder.path / name, folder.path)
        resume_run(folder, {})
        assert csv_files(folder.path) == csv_files(whole.folder.path)
        settings_file = "settings.yaml"
        assert (folder.path / settings_file).read_bytes() == (
            whole.folder.path / settings_file
        ).read_bytes()


# Discarding ------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [3, CHUNKS + 1, 2 * CHUNKS + 5])
@pytest.mark.parametrize("kind", ["stopped", "killed", "finished", "without a checkpoint"])
def test_discarding_puts_back_what_was_there(settings, kind, event):
    endings = {
        "stopped": [EndAt(3, StopTraining(save=True))],
        "killed": [EndAt(CHUNKS + 4, Killed())],
        "without a checkpoint": [EndAt(CHUNKS + 4, Killed())],
        "finished": [],
    }
    folder = RunFolder(Path(settings().save_dir) / "run")
    with suppress(Killed):
        run_experiment(settings(name="run", epochs=2), observers=endings[kind])
    if kind == "without a checkpoint":
        folder.checkpoint.unlink()
    (folder.path / "notes of mine.txt").write_text("mine")
    before = all_files(folder.path)
    end = [EndAt(event, StopTraining(save=False))]
    with pytest.raises(StoppedError, match="what it was before"):
        resume_run(folder, given(epochs=9, checkpoint_steps=1), observers=end)
    assert all_files(folder.path) == before
    resume_run(folder, {})


def test_parts_that_a_killed_program_left_are_removed_and_nothing_else(stopped):
    for name in (".weights_1.csv.k3j_x9.part", ".checkpoint.npz.former.part"):
        (stopped.path / name).write_text("half")
    for name in ("mine.part", ".hidden"):
        (stopped.path / name).write_text("mine")
    resume_run(stopped, {})
    left = {path.name for path in stopped.path.iterdir()}
    assert {"mine.part", ".hidden"} <= left
    assert {name for name in left if name.startswith(".")} == {".hidden"}


def test_a_full_disk_at_the_checkpoint_of_a_stop_does_not_cost_the_network(settings, monkeypatch):
    def full(*_arguments):
        raise RunFolderError("checkpoint.npz: cannot be written (No space left on device).")

    monkeypatch.setattr(checkpoint_writer, "write_checkpoint", full)
    told = []
    done = run_experiment(
        settings(), observers=[EndAt(3, StopTraining(save=True))], report=told.append
    )
    assert "No space left" in str(told[-1])
    assert done.folder.is_finished
