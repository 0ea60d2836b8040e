"""When checkpoints are written, and what becomes of a training if one cannot be."""

from pathlib import Path

import pytest

from nn.errors import RunFolderError
from nn.runs import checkpoint_writer
from nn.runs.checkpoint_numbers import read_numbers
from nn.runs.experiment import run_experiment
from nn.runs.run_folder import RunFolder
from nn.training.history import EpochRecord
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer
from tests.resuming.leaving import CHUNKS, EndAt, Killed

pytestmark = pytest.mark.usefixtures("small_chunks")


def test_a_long_epoch_has_checkpoints_in_between(settings):
    """80 images are 20 steps, so the second chunk of 64 is the first to have a checkpoint."""
    with pytest.raises(Killed):
        run_experiment(
            settings(name="run", checkpoint_steps=20), observers=[EndAt(CHUNKS + 4, Killed())]
        )
    folder = RunFolder(Path(settings().save_dir) / "run")
    numbers = read_numbers(folder.checkpoint)
    assert (numbers["epochs"], numbers["examples"], numbers["stopped"]) == (1, 2 * 64, False)
    assert not folder.is_finished


@pytest.mark.parametrize(("steps", "written"), [(1, 6), (16, 6), (17, 3), (48, 2), (100, 0)])
def test_checkpoints_within_an_epoch_are_so_many_steps_apart(settings, monkeypatch, steps, written):
    """The epoch has 399 images, 64 a chunk and 4 a step; its end has a checkpoint in any case."""
    numbers = []
    monkeypatch.setattr(
        checkpoint_writer,
        "write_checkpoint",
        lambda path, checkpoint: numbers.append(checkpoint.numbers),
    )
    run_experiment(settings(checkpoint_steps=steps, epochs=2))
    within = [one["epochs"] for one in numbers if one["examples"]]
    assert within == [0] * written + [1] * written
    assert [one["epochs"] for one in numbers if not one["examples"]] == [1, 2]


def test_the_checkpoint_of_an_epoch_knows_what_other_observers_made_of_it(settings):
    """It is written after they are told of the epoch's end, the one that keeps the best, too."""
    checked = []

    class Look(Observer):
        def on_epoch_end(self, record: EpochRecord) -> None:
            checked.append((run / "checkpoint.npz").exists())

    wanted = settings(name="run", epochs=1, restore_best_weights=True)
    run = Path(wanted.save_dir) / "run"
    run_experiment(wanted, observers=[Look()])
    assert checked == [False]


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
