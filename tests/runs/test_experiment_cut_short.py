"""Runs that end before their time: stopped, diverged, or out of disk."""

import errno
import re
from pathlib import Path

import pytest

from nn.errors import DataError, DivergedError, RunFolderError, StoppedError
from nn.files import atomic_write
from nn.runs.experiment import FinishedRun, run_experiment
from nn.runs.preparation import prepare_network
from nn.training.history import EpochRecord
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer


class At(Observer):
    """Raises something at an epoch's end, or after a chunk of it."""

    def __init__(self, error: BaseException, *, end_of: int = 0, within: int = 0) -> None:
        self._error, self._end_of, self._within = error, end_of, within
        self._epoch = 0

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        self._epoch = epoch

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        if self._epoch == self._within:
            raise self._error

    def on_epoch_end(self, record: EpochRecord) -> None:
        if record.epoch == self._end_of:
            raise self._error


def epochs_in(path: Path) -> list[int]:
    return [int(row.split(",")[0]) for row in path.read_text().splitlines()[1:]]


def csv_files(run: FinishedRun) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.folder.path.glob("*.csv")}


def test_a_run_stopped_in_its_first_epoch_is_saved_as_it_is(settings):
    done = run_experiment(settings(), observers=[At(StopTraining(save=True), within=1)])
    assert isinstance(done.cut_short, StoppedError)
    assert done.result.epochs == 0
    assert {"weights_2.csv", "confusion_matrix.csv", "result.csv"} <= set(csv_files(done))
    assert (done.folder.path / "loss_history.csv").read_text() == "epoch,training,validation\n"
    assert 0 < done.result.training_accuracy < 1
    fresh = prepare_network(done.folder.read_settings(), (8, 8), 4)
    read = prepare_network(done.folder.read_settings(), (8, 8), 4)
    done.folder.read_network(read)
    assert (read.parameters.values != fresh.parameters.values).any()


def test_a_run_stopped_later_keeps_its_whole_epochs(settings):
    done = run_experiment(settings(epochs=9), observers=[At(StopTraining(save=True), within=3)])
    assert str(done.cut_short) == "training was stopped after 2 whole epochs."
    assert epochs_in(done.folder.path / "accuracy_history.csv") == [1, 2]
    assert done.result.epochs == 2


def test_a_run_stopped_at_an_epochs_end_keeps_that_epoch(settings):
    done = run_experiment(settings(epochs=9), observers=[At(StopTraining(save=True), end_of=2)])
    assert epochs_in(done.folder.path / "loss_history.csv") == [1, 2]
    plain = run_experiment(settings(epochs=2))
    assert csv_files(done) == csv_files(plain)


@pytest.mark.parametrize("when", [{"within": 1}, {"within": 3}, {"end_of": 2}], ids=str)
def test_a_discarded_run_leaves_nothing(settings, tmp_path, when):
    run_experiment(settings(name="older", epochs=1))
    with pytest.raises(StoppedError, match="nothing was kept"):
        run_experiment(settings(), observers=[At(StopTraining(save=False), **when)])
    assert [path.name for path in (tmp_path / "saved_files").iterdir()] == ["older"]


@pytest.mark.parametrize(("layers", "rate"), [(0, 1e38), (1, 1e30), (2, 1e30)])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_a_run_that_diverges_says_so_and_leaves_finite_numbers(settings, layers, rate, optimizer):
    done = run_experiment(settings(hidden_layers=layers, learning_rate=rate, optimizer=optimizer))
    assert isinstance(done.cut_short, DivergedError)
    assert f"A learning rate of {rate:g} is too large" in str(done.cut_short)
    assert {"weights_1.csv", "confusion_matrix.csv", "result.csv"} <= set(csv_files(done))
    for content in csv_files(done).values():
        assert not re.search(b"nan|inf", content)
    network = prepare_network(done.folder.read_settings(), (8, 8), 4)
    done.folder.read_network(network)


def test_a_run_that_diverges_leaves_no_average_of_what_it_lost(settings):
    wrong = {"learning_rate": 1e6, "optimizer": "sgd"}
    done, plain = (run_experiment(settings(weight_average=k, **wrong)) for k in (0.9, 0.0))
    assert isinstance(done.cut_short, DivergedError)
    assert csv_files(done) == csv_files(plain)


def test_an_error_in_the_first_epoch_leaves_no_folder(settings, tmp_path):
    with pytest.raises(ZeroDivisionError):
        run_experiment(settings(), observers=[At(ZeroDivisionError(), within=1)])
    assert not list((tmp_path / "saved_files").iterdir())


def test_an_error_later_leaves_the_histories_of_the_whole_epochs(settings, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run_experiment(settings(name="lost"), observers=[At(KeyboardInterrupt(), within=3)])
    folder = tmp_path / "saved_files" / "lost"
    assert epochs_in(folder / "loss_history.csv") == [1, 2]
    assert not (folder / "result.csv").exists()


def test_a_disk_that_is_full_from_the_start_leaves_nothing(settings, tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic_write.os, "fsync", full)
    with pytest.raises(RunFolderError, match=r"settings\.yaml: cannot be written \(No space"):
        run_experiment(settings())
    assert not list((tmp_path / "saved_files").iterdir())


def test_a_disk_that_fills_up_leaves_whole_files_and_no_finished_run(
    settings, tmp_path, monkeypatch
):
    def fill_up(descriptor):
        if any("weights_2" in path.name for path in (tmp_path / "saved_files").rglob("*")):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic_write.os, "fsync", fill_up)
    with pytest.raises(RunFolderError, match=r"weights_2\.csv: cannot be written \(No space"):
        run_experiment(settings(name="full"))
    left = {path.name for path in (tmp_path / "saved_files" / "full").iterdir()}
    assert "weights_1.csv" in left
    assert not left & {"weights_2.csv", "result.csv"}
    assert {Path(name).suffix for name in left} == {".csv", ".yaml", ".npz"}


def test_damaged_data_leave_nothing(settings, small_data, tmp_path):
    folder = small_data(tmp_path / "damaged")
    labels = folder / "t10k-labels-idx1-ubyte.gz"
    labels.write_bytes(labels.read_bytes()[:-20])
    with pytest.raises(DataError, match="t10k-labels-idx1-ubyte"):
        run_experiment(settings(data_dir=str(folder)))
    assert not (tmp_path / "saved_files").exists()


def test_a_save_folder_that_is_a_file_stays_as_it_is(settings, tmp_path):
    (tmp_path / "saved_files").write_text("mine")
    with pytest.raises(RunFolderError, match="saved_files"):
        run_experiment(settings())
    assert (tmp_path / "saved_files").read_text() == "mine"
