"""Runs that are interrupted again and again, and end as if they never had been."""

import re
import shutil
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from nn.errors import DataError, DivergedError, RunFolderError, SettingError, StoppedError
from nn.files.training_lock import is_being_trained, training_lock
from nn.resuming.resume import resume_run
from nn.runs import checkpoint_writer
from nn.runs.checkpoint_numbers import read_numbers
from nn.runs.experiment import FinishedRun, run_experiment
from nn.runs.facts import NothingToTrain
from nn.runs.file_names import DERIVED_FROM_RESULT
from nn.runs.run_folder import RunFolder
from nn.training import trainer
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer
from tests.resuming.leaving import CHUNKS, Count, EndAt, Killed, all_files, csv_files, given

pytestmark = pytest.mark.usefixtures("small_chunks")
EPOCHS = 5


def run_to_the_end(settings, rng: np.random.Generator, sessions: int) -> FinishedRun:
    """Train in several sessions, each ended at a random moment by a stop or by a kill."""
    folder: RunFolder | None = None
    place = Path(settings.save_dir) / settings.name
    for _ in range(sessions):
        ending = [Killed(), StopTraining(save=True)][rng.integers(2)]
        end = [EndAt(int(rng.integers(1, 2 * CHUNKS)), ending)]
        try:
            if folder is None:
                run_experiment(settings, observers=end)
            else:
                resume_run(folder, {}, observers=end)
        except Killed:
            pass
        folder = RunFolder(place) if place.exists() else None
    if folder is None:
        return run_experiment(settings)
    return resume_run(folder, {})


COMBINATIONS = {  # the first seven hold every part of a checkpoint
    "Adam, cosine": {
        "optimizer": "adam", "learning_rate_decay": True, "decay": "cosine", "learning_rate": 0.003,
    },
    "dropout, batch norm, average": {
        "layers": [{"dense": 8}, "batch_norm", "relu", {"dropout": 0.3}, {"dense": 6}, "relu",
                   {"dropout": 0.1}], "weight_average": 0.95,
    },
    "affine distortion, adam, L2": {
        "distortion": "affine", "optimizer": "adam", "learning_rate": 0.003, "l2_strength": 0.001,
    },
    "early stopping in epochs, best weights": {
        "min_delta": 1000.0, "patience": 3, "restore_best_weights": True, "learning_rate": 0.1,
        "epochs": 9,
    },
    "early stopping in steps, for change": {
        "min_delta": 0.05, "patience": 150, "patience_unit": "steps", "patience_for": "change",
        "epochs": 9,
    },
    "compiled, one cycle": {"compiled": True, "learning_rate_decay": True, "decay": "one_cycle"},
    "diverges in its fourth epoch": {
        "optimizer": "sgd", "learning_rate": 0.001, "l2_strength": 2003,
    },
    "plain": {"optimizer": "sgd"},
    "momentum, exponential decay, L1": {"learning_rate_decay": True, "l1": True},
    "halving": {"learning_rate_decay": True, "decay": "halving", "learning_rate": 0.1},
    "convolution, elastic distortion": {
        "layers": [{"conv2d": {"filters": 2, "kernel_size": 3}}, "batch_norm", "relu", "flatten"],
        "distortion": "elastic",
    },
    "best weights by accuracy": {
        "restore_best_weights": True, "monitor": "validation_accuracy", "learning_rate": 0.1,
    },
    "partial last batches": {"batch_size": 7},
}  # fmt: skip
CASES = [pytest.param(name, 1) for name in list(COMBINATIONS)[:7]]
CASES += [pytest.param(name, 10, marks=pytest.mark.long) for name in COMBINATIONS]


@pytest.mark.parametrize(("name", "times"), CASES)
def test_a_run_interrupted_again_and_again_ends_as_an_uninterrupted_one(
    settings, name, times, seed
):
    changes = {"epochs": EPOCHS, "checkpoint_steps": 20, **COMBINATIONS[name]}
    if "compiled" in changes:
        pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")
    whole = run_experiment(settings(name="whole", **changes))
    assert isinstance(whole.cut_short, DivergedError) == name.startswith("diverges")
    expected = csv_files(whole.folder.path)
    for time in range(times):
        again = settings(name=f"again {time}", **changes)
        rng = np.random.default_rng([seed, time, *name.encode()])
        done = run_to_the_end(again, rng, sessions=5)
        assert csv_files(done.folder.path) == expected
        assert type(done.cut_short) is type(whole.cut_short)
        assert not list(done.folder.path.glob(".*"))


def test_a_stopped_run_is_resumed_in_the_middle_of_an_epoch(settings):
    run = run_experiment(settings(name="run"), observers=[EndAt(10, StopTraining(save=True))])
    numbers = read_numbers(run.folder.checkpoint)
    assert (numbers["epochs"], numbers["examples"], numbers["stopped"]) == (1, 2 * 64, True)
    told, count = [], Count()
    resume_run(run.folder, {}, observers=[count], report=told.append)
    assert count.begun == [2, 3]
    assert told[1] == f"Resuming {run.folder.path} after 1 of 3 epochs and 128 images of epoch 2."


def test_seconds_are_those_of_all_sessions(settings, monkeypatch):
    ticks = iter(range(1000))
    monkeypatch.setattr(trainer.time, "perf_counter", lambda: float(next(ticks)))
    run = run_experiment(settings(name="run"), observers=[EndAt(10, StopTraining(save=True))])
    assert run.folder.read_seconds() == CHUNKS + 1  # a look at the clock a chunk and at the end
    resume_run(run.folder, {})
    assert run.folder.read_seconds() == 3 * (CHUNKS + 1)


def test_a_stopped_run_can_be_made_shorter(settings):
    whole = run_experiment(settings(name="whole", epochs=2))
    run = run_experiment(
        settings(name="run", epochs=9), observers=[EndAt(CHUNKS + 3, StopTraining(save=True))]
    )
    resume_run(run.folder, given(epochs="2"))
    assert csv_files(run.folder.path) == csv_files(whole.folder.path)


def test_the_notes_on_top_of_the_settings_stay(settings):
    stop = EndAt(3, StopTraining(save=True))
    run = run_experiment(settings(name="run", epochs=1), observers=[stop])
    path = run.folder.path / "settings.yaml"
    before = path.read_text().replace("NumPy", "an older NumPy")
    path.write_text(before)
    resume_run(run.folder, given(epochs=2))
    assert path.read_text() == before.replace("epochs: 1\n", "epochs: 2\n")


def test_the_result_of_a_stopped_run_stays_until_there_is_another(settings):
    run = run_experiment(settings(name="run"), observers=[EndAt(3, StopTraining(save=True))])
    (run.folder.path / "report.html").write_text("of the stopped run")
    before = csv_files(run.folder.path)
    held = []

    class Look(Observer):
        def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
            held.append(csv_files(run.folder.path))

    with pytest.raises(Killed):
        resume_run(run.folder, {}, observers=[Look(), EndAt(CHUNKS + 2, Killed())])
    assert held[0] == before
    assert before.items() <= csv_files(run.folder.path).items()
    assert not (run.folder.path / "report.html").exists()  # so the run is known to be unfinished
    resume_run(run.folder, {})
    whole = run_experiment(settings(name="whole"))
    assert csv_files(run.folder.path) == csv_files(whole.folder.path)


def test_an_old_result_is_removed_before_its_files_are_written_again(settings, monkeypatch):
    run = run_experiment(settings(name="run"), observers=[EndAt(3, StopTraining(save=True))])
    for name in DERIVED_FROM_RESULT:
        (run.folder.path / name).write_text("of the stopped run")

    def die(folder: RunFolder, network: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(RunFolder, "write_network", die)
        with pytest.raises(Killed):
            resume_run(run.folder, {})
    left = {path.name for path in run.folder.path.iterdir()}
    assert not left & {"result.csv", *DERIVED_FROM_RESULT}
    assert {"checkpoint.npz", "settings.yaml", "weights_1.csv"} <= left
    resume_run(run.folder, {})
    whole = run_experiment(settings(name="whole"))
    assert csv_files(run.folder.path) == csv_files(whole.folder.path)


def test_the_first_layer_after_epoch_1_survives_a_stop_in_that_epoch(settings):
    whole = run_experiment(settings(name="whole"))
    run = run_experiment(settings(name="run"), observers=[EndAt(2, StopTraining(save=True))])
    assert not (run.folder.path / "first_layer_epoch_1.csv").exists()
    resume_run(run.folder, {})
    assert csv_files(run.folder.path) == csv_files(whole.folder.path)


def test_resuming_a_finished_run_writes_its_result_again(settings):
    run = run_experiment(settings(name="run"))
    before = csv_files(run.folder.path)
    for name in ("weights_1.csv", "result.csv"):  # as if killed while they were written
        (run.folder.path / name).unlink()
    told, count = [], Count()
    resume_run(run.folder, {}, observers=[count], report=told.append)
    assert csv_files(run.folder.path) == before
    assert count.begun == []
    assert told[-1] == NothingToTrain(3, "")


def test_a_run_that_ended_early_has_no_epochs_left(settings):
    run = run_experiment(settings(name="run", epochs=9, min_delta=1000.0, patience=2))
    before = csv_files(run.folder.path)
    told, count = [], Count()
    resume_run(run.folder, {}, observers=[count], report=told.append)
    assert csv_files(run.folder.path) == before
    assert count.begun == []
    assert told[-1] == NothingToTrain(3, "2 epochs")


# What is rejected ---------------------------------------------------------------------------------


def test_changed_data_are_rejected_with_both_checksums(stopped, small_data, tmp_path):
    other = small_data(tmp_path / "other", test=101)
    before = all_files(stopped.path)
    crc32 = stopped.read_data_facts().crc32
    with pytest.raises(
        DataError, match=rf"other: .*data\.csv says {crc32:08x}.*--data-dir"
    ) as caught:
        resume_run(stopped, given(data_dir=str(other)))
    assert len(set(re.findall(r"\b[0-9a-f]{8}\b", str(caught.value)))) == 2
    assert all_files(stopped.path) == before
    (stopped.path / "data.csv").unlink()
    with pytest.raises(DataError, match=rf"checkpoint\.npz says {crc32:08x}"):
        resume_run(stopped, given(data_dir=str(other)))


def test_data_that_moved_are_found_by_the_flag(stopped, data, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(data, moved)
    done = resume_run(stopped, given(data_dir=str(moved)))
    assert done.result.epochs == 4
    assert stopped.read_settings().data_dir == str(moved)


def test_a_run_that_another_program_trains_is_rejected(stopped):
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


def test_a_finished_run_without_its_checkpoint_is_rejected(settings):
    run = run_experiment(settings(name="run"))
    run.folder.checkpoint.unlink()
    before = all_files(run.folder.path)
    with pytest.raises(RunFolderError, match=r"without checkpoint\.npz.*--config"):
        resume_run(run.folder, given(epochs=9))
    assert all_files(run.folder.path) == before


@pytest.mark.parametrize("changes", [{}, {"start_from": "base", "normalization": "normal"}])
def test_an_unfinished_run_without_a_checkpoint_begins_again(settings, changes):
    run_experiment(settings(name="base", epochs=1, normalization="normal"))
    whole = run_experiment(settings(name="whole", **changes))
    folder = RunFolder.create(whole.folder.path.parent, "run")
    for killed_after in (["settings.yaml"], ["settings.yaml", "normalization.csv", "data.csv"]):
        shutil.rmtree(folder.path)
        folder.path.mkdir()
        for name in killed_after:
            shutil.copy(whole.folder.path / name, folder.path)
        resume_run(folder, {})
        assert csv_files(folder.path) == csv_files(whole.folder.path)
        written = [run.path / "settings.yaml" for run in (folder, whole.folder)]
        assert written[0].read_bytes() == written[1].read_bytes()


# Extending a finished run ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"learning_rate_decay": True},
        {"learning_rate_decay": True, "decay": "halving", "learning_rate": 0.1},
        {"optimizer": "adam", "learning_rate": 0.003},
        {"optimizer": "sgd", "restore_best_weights": True, "learning_rate": 0.5},
        {"layers": ["batch_norm", {"dropout": 0.2}, {"dense": 8}, "relu"]},
    ],
    ids=str,
)
def test_an_extended_run_ends_as_an_uninterrupted_one(settings, changes):
    whole = run_experiment(settings(name="whole", epochs=6, **changes))
    run = run_experiment(settings(name="run", epochs=1, **changes))
    extended = resume_run(run.folder, given(epochs=2))
    assert extended.folder.path == run.folder.path.with_name("run-2")
    extended = resume_run(extended.folder, given(epochs=6))
    assert csv_files(extended.folder.path) == csv_files(whole.folder.path)
    assert extended.folder.read_settings() == whole.folder.read_settings()


def test_a_finished_run_stays_as_it_is_when_it_is_extended(settings):
    run = run_experiment(settings(name="run", epochs=1))
    before = all_files(run.folder.path)
    told = []
    for number in ("2", "3"):  # as often as wanted
        extended = resume_run(run.folder, given(epochs=2), report=told.append)
        assert extended.folder.path == run.folder.path.with_name(f"run-{number}")
    assert all_files(run.folder.path) == before
    assert told[1:3] == [
        f"Extending {run.folder.path}, which stays as it is, as {run.folder.path}-2.",
        f"Resuming {run.folder.path}-2 after 1 of 2 epochs.",
    ]
    notes = (extended.folder.path / "settings.yaml").read_text().splitlines()
    assert "# extends: run, after 1 epoch" in notes


def test_a_finished_run_is_not_locked_while_it_is_extended(settings):
    run = run_experiment(settings(name="run", epochs=1))
    seen = []

    class Look(Observer):
        def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
            extended = run.folder.path.with_name("run-2")
            seen.append((is_being_trained(run.folder.path), is_being_trained(extended)))

    resume_run(run.folder, given(epochs=2), observers=[Look()])
    assert seen == [(False, True)]
    assert not is_being_trained(run.folder.path.with_name("run-2"))


def test_a_killed_extension_is_resumed_where_it_was(settings):
    """Also before its first epoch: the epochs of the finished run are not trained again."""
    run = run_experiment(settings(name="run", epochs=1))
    with pytest.raises(Killed):
        resume_run(run.folder, given(epochs=2), observers=[EndAt(1, Killed())])
    extended, count = RunFolder(run.folder.path.with_name("run-2")), Count()
    resume_run(extended, {}, observers=[count])
    assert count.begun == [2]
    whole = run_experiment(settings(name="whole", epochs=2))
    assert csv_files(extended.path) == csv_files(whole.folder.path)


def test_a_discarded_extension_leaves_nothing(settings):
    run = run_experiment(settings(name="run", epochs=1))
    before = all_files(run.folder.path)
    end = EndAt(CHUNKS + 2, StopTraining(save=False))
    with pytest.raises(StoppedError, match="nothing was kept"):
        resume_run(run.folder, given(epochs=9), observers=[end])
    assert all_files(run.folder.path) == before
    assert [path.name for path in run.folder.path.parent.iterdir()] == ["run"]


def test_an_extension_without_room_for_its_checkpoint_leaves_nothing(settings, monkeypatch):
    run = run_experiment(settings(name="run", epochs=1))

    def full(*_arguments):
        raise RunFolderError("checkpoint.npz: cannot be written (No space left on device).")

    monkeypatch.setattr(checkpoint_writer, "write_checkpoint", full)
    with pytest.raises(RunFolderError, match="No space left"):
        resume_run(run.folder, given(epochs=2))
    assert [path.name for path in run.folder.path.parent.iterdir()] == ["run"]


def test_an_extension_is_made_in_the_save_folder_that_is_passed(settings, tmp_path, monkeypatch):
    run = run_experiment(settings(name="run", epochs=1))
    elsewhere = {"save_dir": str(tmp_path / "elsewhere"), "epochs": 2}
    assert resume_run(run.folder, given(**elsewhere)).folder.path == tmp_path / "elsewhere" / "run"
    monkeypatch.chdir(run.folder.path)
    assert resume_run(RunFolder(Path()), given(epochs=2)).folder.name == "run-2"


def test_a_run_that_ended_early_cannot_be_extended(settings):
    run = run_experiment(settings(name="run", epochs=9, min_delta=1000.0, patience=2))
    before = all_files(run.folder.path)
    with pytest.raises(SettingError, match=r"after epoch 3 \(patience: 2 ep.*larger patience"):
        resume_run(run.folder, given(epochs=20))
    assert all_files(run.folder.path) == before


def test_a_run_that_an_older_program_was_extending_in_place_is_resumed_in_place(settings):
    """It kept the old result, and the old checkpoint under another name, beside the new one."""
    run = run_experiment(settings(name="run", epochs=1))
    with pytest.raises(Killed):
        resume_run(run.folder, given(epochs=3), observers=[EndAt(CHUNKS + 2, Killed())])
    path, newer = run.folder.path, run.folder.path.with_name("run-2")
    for name in ("checkpoint.npz", "settings.yaml"):
        (path / name).rename(path / f".{name}.former.part")
        (newer / name).rename(path / name)
    whole = run_experiment(settings(name="whole"))
    assert resume_run(run.folder, {}).folder.path == path
    assert csv_files(path) == csv_files(whole.folder.path)
    assert not list(path.glob(".*"))
