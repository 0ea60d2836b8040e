"""An exported network answers as the run's own does, and knows the run's normalization."""

import sys
from pathlib import Path

import numpy as np
import pytest

from nn.architecture.building import build_network
from nn.architecture.kinds import KINDS
from nn.datasets.drawn_digits import draw_digits
from nn.datasets.framing import Framing
from nn.datasets.normalization import Normalization
from nn.errors import RunFolderError, SettingError
from nn.initializers import INITIALIZERS
from nn.network import Network
from nn.runs.data_facts import DataFacts
from nn.runs.export import export_network
from nn.runs.preparation import prepare_network
from nn.runs.run_folder import RunFolder
from nn.runs.saved_run import SavedRun
from nn.settings.declaration import Settings
from tests.config_networks import DISTINCT

FAST = ("000_softmax", "beyond_cnn")  # the simplest, and one with convolutions
NORMALIZATION = Normalization(33.318421, 78.567490)
LAYERS = [
    {"conv2d": {"filters": 3, "kernel_size": [3, 2], "padding": "same", "dilation": [2, 1]}},
    "batch_norm", "relu", {"max_pool": {"size": [2, 3], "stride": [1, 2]}}, {"dropout": 0.2},
    {"conv2d": {"filters": 2, "kernel_size": 2, "stride": [2, 1], "padding": [1, 2]}},
    "global_average_pool", "flatten", {"dense": 6}, "batch_norm", "sigmoid", "output",
]  # fmt: skip


def run_of(folder: Path, network: Network, shape: tuple[int, int], classes: int) -> SavedRun:
    rng = np.random.default_rng(5)
    for name, array in network.arrays.items():
        if name.startswith(("gamma", "running_variance")):
            array[...] = np.exp(rng.normal(0, 0.3, array.shape))
        elif not name.startswith("weights"):
            array[...] = rng.normal(0, 0.3, array.shape)
    facts = DataFacts(*shape, classes, 1)
    folder = RunFolder.create(folder, "run")
    framing = Framing.like_mnist(shape)
    return SavedRun(folder, Settings(), network, NORMALIZATION, facts, framing)


@pytest.fixture
def run(tmp_path) -> SavedRun:
    network = build_network(
        LAYERS, input_shape=(11, 9), classes=4, initializer=INITIALIZERS["he"],
        rng=np.random.default_rng(3),
    )  # fmt: skip
    return run_of(tmp_path, network, (11, 9), 4)


def assert_onnxruntime_agrees(run: SavedRun, images: np.ndarray) -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="pip install onnx onnxruntime")
    session = onnxruntime.InferenceSession(
        export_network(run, "onnx"), providers=["CPUExecutionProvider"]
    )
    (logits,) = session.run(["logits"], {"pixels": images.astype(np.float32)})
    expected = run.network.forward(NORMALIZATION.apply(images))
    largest = np.abs(expected).max()  # of terms as large as this, other sums round differently
    assert largest > 0.01
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-5 * max(1, largest))


def test_every_layer_gives_the_same_logits_in_onnxruntime(run):
    images = np.random.default_rng(1).integers(0, 256, (50, 11, 9)).astype(np.uint8)
    assert_onnxruntime_agrees(run, images)


def test_the_network_above_has_every_kind_of_layer():
    assert {next(iter(each)) if isinstance(each, dict) else each for each in LAYERS} == set(KINDS)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(settings, id=name, marks=() if name in FAST else pytest.mark.long)
        for name, settings in DISTINCT.items()
    ],
)
def test_every_config_gives_the_same_logits_in_onnxruntime(settings, tmp_path):
    run = run_of(tmp_path, prepare_network(settings, (28, 28), 10), (28, 28), 10)
    assert_onnxruntime_agrees(run, draw_digits(50, np.random.default_rng(7)).images)


def test_an_npz_has_the_arrays_of_the_csv_files_and_the_normalization(run):
    with np.load(export_network(run, "npz")) as loaded:
        assert set(loaded) == {*run.network.arrays, "subtract", "divide"}
        for name, array in run.network.arrays.items():
            np.testing.assert_array_equal(loaded[name], array)
        assert loaded["subtract"] == np.float32(NORMALIZATION.subtract)
        assert loaded["divide"] == np.float32(NORMALIZATION.divide)


def test_without_the_package_the_message_says_how_to_install_it(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(SettingError, match=r"pip install -r requirements-export\.txt"):
        export_network(run, "onnx")
    assert not (run.folder.path / "network.onnx").exists()


def test_another_form_is_refused_and_a_lost_folder_is_named(run):
    with pytest.raises(SettingError, match="got 'h5', expected onnx or npz"):
        export_network(run, "h5")
    run.folder.discard()
    with pytest.raises(RunFolderError, match=r"network\.npz: cannot be written"):
        export_network(run, "npz")
