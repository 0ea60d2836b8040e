"""What a run keeps of its first layer, and that the start drawn again is the start there was."""

import numpy as np
import pytest

from nn.errors import RunFolderError
from nn.runs import first_layer
from nn.runs.csv_files import write_array
from nn.runs.experiment import run_experiment
from nn.runs.first_layer import pixel_weights, read_first_layer, unit_of
from nn.runs.preparation import prepare_network
from nn.settings.declaration import Settings
from nn.training.stopping import StopTraining
from nn.training.trainer import Observer
from tests.resuming.leaving import EndAt

CONVOLUTION = [{"conv2d": {"filters": 2, "kernel_size": 3}}, "relu", "flatten", {"dense": 4}]


def written(folder, name: str) -> np.ndarray:
    return np.loadtxt(folder.path / name, np.float32, delimiter=",", ndmin=2)


def test_the_three_moments_are_those_of_the_training(settings, monkeypatch):
    seen: dict[object, np.ndarray] = {}
    real = first_layer.FirstLayerWriter.__init__

    class Watch(Observer):
        def on_epoch_end(self, record):
            seen[record.epoch] = seen["weights"].copy()

    def start(keeper, folder, network):
        real(keeper, folder, network)
        seen["weights"] = network.arrays["weights_1"]
        seen["start"] = seen["weights"].copy()

    monkeypatch.setattr(first_layer.FirstLayerWriter, "__init__", start)
    folder = run_experiment(settings(epochs=3, seed=5), observers=[Watch()]).folder
    layer = read_first_layer(folder)
    assert layer.image_shape == (8, 8)
    assert list(layer.moments) == ["at the start", "after epoch 1", "at the end, epoch 3"]
    for moment, when in zip(layer.moments.values(), ("start", 1, 3), strict=True):
        assert np.array_equal(moment, seen[when])
    assert not np.array_equal(seen["start"], seen[1])
    assert np.array_equal(written(folder, "first_layer_epoch_1.csv"), seen[1])


def test_the_first_epoch_of_one_is_the_end(settings):
    layer = read_first_layer(run_experiment(settings(epochs=1)).folder)
    assert list(layer.moments) == ["at the start", "at the end, epoch 1"]


def test_a_run_from_before_the_file_lacks_only_that_moment(settings):
    folder = run_experiment(settings()).folder
    (folder.path / "first_layer_epoch_1.csv").unlink()
    assert list(read_first_layer(folder).moments) == ["at the start", "at the end, epoch 3"]


def test_a_large_layer_is_written_once(settings, monkeypatch):
    monkeypatch.setattr(first_layer, "MOST_NUMBERS", 8 * 8 * 8 - 1)
    run = run_experiment(settings(epochs=2))
    assert not (run.folder.path / "first_layer_epoch_1.csv").exists()
    assert list(read_first_layer(run.folder).moments) == ["at the start", "at the end, epoch 2"]


def test_a_network_that_is_in_memory_is_not_read(settings, monkeypatch):
    run = run_experiment(settings(epochs=1))
    saved = read_first_layer(run.folder)
    monkeypatch.setattr(first_layer, "read_array", None)
    in_memory = read_first_layer(run.folder, run.network)
    for moment, weights in saved.moments.items():
        assert in_memory.moments[moment].tobytes() == weights.tobytes()


def test_kernels_are_no_images_of_the_pixels(settings):
    folder = run_experiment(settings(layers=CONVOLUTION, epochs=1)).folder
    assert read_first_layer(folder) is None
    assert not (folder.path / "first_layer_epoch_1.csv").exists()


@pytest.mark.parametrize(
    ("layers", "units"),
    [
        ([{"dense": 7}], 7),
        (["batch_norm", {"dropout": 0.1}, {"dense": 7}], 7),
        (["flatten", {"dense": 7}], 7),
        (["output"], 4),
        (CONVOLUTION, None),
        ([{"max_pool": 2}, "flatten", {"dense": 4}], None),
    ],
)
def test_a_layer_is_dense_and_first_as_long_as_every_pixel_still_is_itself(layers, units):
    weights = pixel_weights(prepare_network(Settings(layers=layers), (8, 8), 4))
    assert (None if weights is None else weights.shape) == (units and (64, units))


def test_a_damaged_file_is_named_in_the_error(settings):
    folder = run_experiment(settings()).folder
    (folder.path / "first_layer_epoch_1.csv").write_text("1,2\n")
    with pytest.raises(RunFolderError, match=r"first_layer_epoch_1.csv: expected 64 rows"):
        read_first_layer(folder)


def test_a_result_of_no_whole_epoch_has_no_moment_after_the_first(settings):
    """The file may be there all the same: of a training that goes on, and has no result yet."""
    stop = EndAt(1, StopTraining(save=True))
    folder = run_experiment(settings(), observers=[stop]).folder
    write_array(folder.path / "first_layer_epoch_1.csv", np.ones((64, 8)))
    assert list(read_first_layer(folder).moments) == ["at the start", "at the end"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"hidden_layers": 0}, "class"),
        ({"hidden_layers": 1}, "unit"),
        ({"layers": CONVOLUTION}, "filter"),
    ],
)
def test_the_first_layer_has_units_filters_or_classes(changes, expected):
    assert unit_of(prepare_network(Settings(**changes), (8, 8), 4)) == expected
