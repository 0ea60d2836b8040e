"""Runs that are left again and again, and end as if they had never been."""

from pathlib import Path

import numpy as np
import pytest

from nn.errors import DivergedError
from nn.resuming.resume import resume_run
from nn.runs.checkpoint_numbers import read_numbers
from nn.runs.experiment import FinishedRun, run_experiment
from nn.runs.facts import NothingToTrain
from nn.runs.file_names import MADE_OF_A_RESULT, former
from nn.runs.run_folder import RunFolder
from nn.training import trainer
from nn.training.history import EpochRecord
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer
from tests.resuming.leaving import CHUNKS, Count, EndAt, Killed, csv_files, given

pytestmark = pytest.mark.usefixtures("small_chunks")
EPOCHS = 5


def run_to_the_end(settings, rng: np.random.Generator, sessions: int) -> FinishedRun:
    """Train in several sessions, each left at a random moment, by a stop or by a kill."""
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


COMBINATIONS = {
    "plain": {"optimizer": "sgd"},
    "momentum, exponential decay, L1": {"learning_rate_decay": True, "l1": True},
    "Adam, cosine": {
        "optimizer": "adam", "learning_rate_decay": True, "decay": "cosine",
        "learning_rate": 0.003,
    },
    "halving": {"learning_rate_decay": True, "decay": "halving", "learning_rate": 0.1},
    "dropout and batch norm": {
        "layers": [{"dense": 8}, "batch_norm", "relu", {"dropout": 0.3}, {"dense": 6}, "relu",
                   {"dropout": 0.1}],
    },
    "convolution, elastic distortion": {
        "layers": [{"conv2d": {"filters": 2, "kernel_size": 3}}, "batch_norm", "relu", "flatten"],
        "distortion": "elastic",
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
    "best weights by accuracy": {
        "restore_best_weights": True, "monitor": "validation_accuracy", "learning_rate": 0.1,
    },
    "partial last batches": {"batch_size": 7},
    "compiled, momentum": {"compiled": True},
    "diverges in its fourth epoch": {
        "optimizer": "sgd", "learning_rate": 0.001, "l2_strength": 2003,
    },
}  # fmt: skip


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", COMBINATIONS)
def test_a_run_left_again_and_again_ends_as_one_that_never_was(settings, name, times, seed):
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


def test_a_run_goes_on_in_the_middle_of_an_epoch_where_it_was_stopped(settings):
    run = run_experiment(settings(name="run"), observers=[EndAt(10, StopTraining(save=True))])
    numbers = read_numbers(run.folder.checkpoint)
    assert (numbers["epochs"], numbers["examples"], numbers["stopped"]) == (1, 2 * 64, True)
    told, count = [], Count()
    resume_run(run.folder, {}, observers=[count], report=told.append)
    assert count.begun == [2, 3]
    assert told[1] == f"{run.folder.path} goes on after 1 of 3 epochs and 128 images of epoch 2."


def test_a_killed_run_goes_on_from_its_last_checkpoint(settings):
    """After 20 steps of 4 images there are 128 images, at the end of the second chunk of 64."""
    with pytest.raises(Killed):
        run_experiment(
            settings(name="run", checkpoint_steps=20), observers=[EndAt(CHUNKS + 4, Killed())]
        )
    folder = RunFolder(Path(settings().save_dir) / "run")
    numbers = read_numbers(folder.checkpoint)
    assert (numbers["epochs"], numbers["examples"], numbers["stopped"]) == (1, 2 * 64, False)
    assert not folder.is_finished


def test_seconds_are_those_of_all_sittings(settings, monkeypatch):
    ticks = iter(range(1000))
    monkeypatch.setattr(trainer.time, "perf_counter", lambda: float(next(ticks)))
    run = run_experiment(settings(name="run"), observers=[EndAt(10, StopTraining(save=True))])
    assert run.folder.read_seconds() == CHUNKS + 1  # a look at the clock a chunk and at the end
    resume_run(run.folder, {})
    assert run.folder.read_seconds() == 3 * (CHUNKS + 1)


# Training further ------------------------------------------------------------------------------


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
def test_a_finished_run_is_trained_further_as_if_it_had_been_one(settings, changes):
    whole = run_experiment(settings(name="whole", epochs=6, **changes))
    run = run_experiment(settings(name="run", epochs=1, **changes))
    for epochs in (2, 6):
        resume_run(run.folder, given(epochs=epochs))
    assert csv_files(run.folder.path) == csv_files(whole.folder.path)
    assert run.folder.read_settings() == whole.folder.read_settings()


def test_a_run_that_was_stopped_can_be_made_shorter(settings):
    whole = run_experiment(settings(name="whole", epochs=2))
    run = run_experiment(
        settings(name="run", epochs=9), observers=[EndAt(CHUNKS + 3, StopTraining(save=True))]
    )
    resume_run(run.folder, given(epochs="2"))
    assert csv_files(run.folder.path) == csv_files(whole.folder.path)


def test_the_notes_on_top_of_the_settings_stay(settings):
    run = run_experiment(settings(name="run", epochs=1))
    path = run.folder.path / "settings.yaml"
    before = path.read_text().replace("NumPy", "an older NumPy")
    path.write_text(before)
    resume_run(run.folder, given(epochs=2))
    assert path.read_text() == before.replace("epochs: 1\n", "epochs: 2\n")


def test_a_result_stays_whole_until_there_is_another(settings):
    """What a run's folder holds while it is trained further, and after a kill, is the old run."""
    run = run_experiment(settings(name="run", epochs=1))
    before = csv_files(run.folder.path)
    held = []

    class Look(Observer):
        def on_epoch_end(self, record: EpochRecord) -> None:
            held.append(csv_files(run.folder.path))

    end = [Look(), EndAt(3 * CHUNKS, Killed())]
    with pytest.raises(Killed):
        resume_run(run.folder, given(epochs=5), observers=end)
    assert held == [before, before]
    assert csv_files(run.folder.path) == before
    assert run.folder.read_settings().epochs == 5
    assert (run.folder.path / former("checkpoint.npz")).exists()
    done = resume_run(run.folder, {})
    whole = run_experiment(settings(name="whole", epochs=5))
    assert csv_files(done.folder.path) == csv_files(whole.folder.path)


def test_a_result_is_taken_away_before_its_files_are_written_anew(settings, monkeypatch):
    run = run_experiment(settings(name="run", epochs=1))
    for name in MADE_OF_A_RESULT:
        (run.folder.path / name).write_text("of the first epoch")

    def die(folder: RunFolder, network: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(RunFolder, "write_network", die)
        with pytest.raises(Killed):
            resume_run(run.folder, given(epochs=2))
    left = {path.name for path in run.folder.path.iterdir()}
    assert not left & {"result.csv", *MADE_OF_A_RESULT, former("checkpoint.npz")}
    assert {"checkpoint.npz", "settings.yaml", "weights_1.csv"} <= left
    resume_run(run.folder, {})
    whole = run_experiment(settings(name="whole", epochs=2))
    assert csv_files(run.folder.path) == csv_files(whole.folder.path)


def test_the_first_layer_after_epoch_1_survives_a_stop_in_that_epoch(settings):
    whole = run_experiment(settings(name="whole"))
    run = run_experiment(settings(name="run"), observers=[EndAt(2, StopTraining(save=True))])
    assert not (run.folder.path / "first_layer_epoch_1.csv").exists()
    resume_run(run.folder, {})
    assert csv_files(run.folder.path) == csv_files(whole.folder.path)


def test_a_finished_run_is_finished_again_and_says_how_to_train_further(settings):
    run = run_experiment(settings(name="run"))
    before = csv_files(run.folder.path)
    for name in ("weights_1.csv", "result.csv"):  # as if killed while they were written
        (run.folder.path / name).unlink()
    told, count = [], Count()
    resume_run(run.folder, {}, observers=[count], report=told.append)
    assert csv_files(run.folder.path) == before
    assert count.begun == []
    assert told[-1] == NothingToTrain(3, "")


def test_a_run_that_ended_early_is_not_trained_further(settings):
    run = run_experiment(settings(name="run", epochs=9, min_delta=1000.0, patience=2))
    before = csv_files(run.folder.path)
    told, count = [], Count()
    resume_run(run.folder, given(epochs=20), observers=[count], report=told.append)
    assert csv_files(run.folder.path) == before
    assert count.begun == []
    assert told[-1] == NothingToTrain(3, "2 epochs")
