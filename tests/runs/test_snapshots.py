"""Snapshots: which epochs are kept, that they hold the network as it was, what is passed over."""

import numpy as np
import pytest

from nn.resuming.resume import resume_run
from nn.runs import snapshots
from nn.runs.experiment import run_experiment
from nn.runs.snapshots import SnapshotWriter, read_snapshots, room_for
from nn.training.history import EpochRecord
from nn.training.stopping import StopTraining
from tests.resuming.leaving import CHUNKS, EndAt, given


def files(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.path.glob("snapshot_*.f32"))}


def test_they_hold_the_network_as_it_was_after_each_epoch(settings):
    layers = [{"dense": 6}, "batch_norm", "relu"]
    run = run_experiment(settings(name="run", layers=layers, epochs=3), snapshots=True)
    network = run.network
    last = network.snapshot()
    seen = {epoch: network.snapshot() for epoch in read_snapshots(run.folder, network)}
    assert list(seen) == [1, 2, 3]
    for name, array in last.items():
        np.testing.assert_array_equal(seen[3][name], array)
        assert not np.array_equal(seen[1][name], array)


def test_without_being_asked_for_there_are_none(settings):
    assert files(run_experiment(settings(name="run")).folder) == {}


@pytest.mark.parametrize(
    ("epochs", "kept"), [(3, [1, 2, 3]), (20, [*range(1, 21)]), (50, [*range(3, 51, 3)]), (1, [1])]
)
def test_of_many_epochs_every_few_are_kept(epochs, kept, settings):
    run = run_experiment(settings(name="run", epochs=1))
    writer = SnapshotWriter(run.folder, run.network, epochs)
    for epoch in range(1, epochs + 1):
        writer.on_epoch_end(EpochRecord(epoch, 0.1, 0.1, 0.1, 0.1, 0.1, seconds=1))
    assert list(read_snapshots(run.folder, run.network)) == kept


def test_all_together_stay_below_their_bytes(settings, monkeypatch):
    run = run_experiment(settings(name="run", epochs=1))
    size = 4 * sum(array.size for array in run.network.arrays.values())
    monkeypatch.setattr(snapshots, "MOST_BYTES", 5 * size)
    assert room_for(run.network) == 5
    run = run_experiment(settings(name="five", epochs=11), snapshots=True)
    assert list(read_snapshots(run.folder, run.network)) == [3, 6, 9]
    monkeypatch.setattr(snapshots, "MOST_BYTES", size - 1)
    assert files(run_experiment(settings(name="none"), snapshots=True).folder) == {}


def test_an_interrupted_run_has_the_same(settings):
    whole = run_experiment(settings(name="whole"), snapshots=True).folder
    stop = EndAt(CHUNKS + 3, StopTraining(save=True))
    left = run_experiment(settings(name="left"), observers=[stop], snapshots=True).folder
    resume_run(left, {}, snapshots=True)
    assert files(left) == files(whole)


@pytest.mark.parametrize("room", [3, 20])
def test_an_extended_run_has_those_of_a_run_of_as_many_epochs(settings, monkeypatch, room):
    monkeypatch.setattr(snapshots, "MOST", room)
    whole = run_experiment(settings(name="whole", epochs=6), snapshots=True).folder
    short = run_experiment(settings(name="short", epochs=4), snapshots=True).folder
    extended = resume_run(short, given(epochs=6), snapshots=True).folder
    assert files(extended) == files(whole)


def test_what_is_damaged_is_passed_over(settings, tmp_path):
    run = run_experiment(settings(name="run", epochs=6), snapshots=True)
    path = run.folder.path
    whole = (path / "snapshot_1.f32").read_bytes()
    (path / "snapshot_1.f32").write_bytes(whole[:-1])
    (path / "snapshot_2.f32").write_bytes(whole + b"\0")
    (path / "snapshot_3.f32").write_bytes(np.full(len(whole) // 4, np.nan, "<f4").tobytes())
    (path / "snapshot_4.f32").unlink()
    (path / "snapshot_4.f32").symlink_to(path / "snapshot_5.f32")
    (path / "snapshot_7.f32").mkdir()
    (path / "snapshot_x.f32").touch()
    assert list(read_snapshots(run.folder, run.network)) == [5, 6]
