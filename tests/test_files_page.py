"""Networks rebuilt from their run folders by someone who has read `docs/files.md` and nothing else.

The functions here follow that page, sentence by sentence, in float64 and in the plainest form.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import yaml

from nn.runs.experiment import run_experiment
from nn.runs.run_folder import RunFolder
from nn.runs.saved_run import load_run
from nn.settings.checking import Given, check_settings
from nn.settings.config_files import read_config

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
EVERY_KIND = ("000_softmax_relu", "001_batch_norm", "001_dilated_convolution_ours", "beyond_cnn")
EVERY_KIND += ("004_0_hidden_sgd", "004_2_hidden_sigmoid_sgd")
CASES = [
    pytest.param(one, id=one.stem, marks=[] if one.stem in EVERY_KIND else [pytest.mark.long])
    for one in CONFIGS
]
ODD_SIZES = (
    "layers: [batch_norm, {conv2d: {filters: 3, kernel_size: [2, 3], stride: [3, 2], "
    "padding: [1, 2]}}, sigmoid, {conv2d: {filters: 4, kernel_size: [2, 4], padding: same, "
    "dilation: [3, 1]}}, batch_norm, {max_pool: {size: [3, 2], stride: 2}}, flatten, flatten, "
    "output, batch_norm]"
)
AVERAGES = "layers: [{conv2d: {filters: 4, kernel_size: 3}}, relu, global_average_pool, {dense: 5}]"
WRITTEN = {"odd sizes": ODD_SIZES, "averages": AVERAGES}
IMAGES_FIRST = ("conv2d", "max_pool", "global_average_pool")
WITH_WEIGHTS = ("dense", "output", "conv2d")
OPTIONS = {"dense": "units", "conv2d": "filters", "max_pool": "size", "dropout": "rate"}


def read_layers(folder: Path) -> list[tuple[str, dict]]:
    """Return names and options, as "The list of layers" has them."""
    settings = yaml.safe_load((folder / "settings.yaml").read_text())
    listed = settings.get("layers")
    if listed is None:
        pair = [{"dense": settings["hidden_units"]}, settings["activation"]]
        listed = pair * settings["hidden_layers"]
    layers = []
    for one in listed:
        name, options = next(iter(one.items())) if isinstance(one, dict) else (one, {})
        layers.append((name, options if isinstance(options, dict) else {OPTIONS[name]: options}))
    return layers if any(name == "output" for name, _ in layers) else [*layers, ("output", {})]


def numbers(folder: Path, stem: str) -> np.ndarray:
    return np.loadtxt(folder / f"{stem}.csv", delimiter=",", ndmin=2)


def named(folder: Path, file: str) -> Mapping[str, float]:
    header, row = (folder / file).read_text().split()
    return dict(zip(header.split(","), map(float, row.split(",")), strict=True))


def pair(size: int | list[int]) -> list[int]:
    return size if isinstance(size, list) else [size, size]


def convolve(x: np.ndarray, weights: np.ndarray, biases: np.ndarray, options: dict) -> np.ndarray:
    """Return outputs (N, F, H', W') as "Convolution" has them."""
    kernel, stride = pair(options["kernel_size"]), pair(options.get("stride", 1))
    dilation, padding = pair(options.get("dilation", 1)), options.get("padding", 0)
    if padding == "same":
        zeros = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        around = [(z // 2, z - z // 2) for z in zeros]
    else:
        around = [(p, p) for p in pair(padding)]
    padded = np.pad(x, [(0, 0), (0, 0), *around])
    sides = [
        (padded.shape[2 + axis] - dilation[axis] * (kernel[axis] - 1) - 1) // stride[axis] + 1
        for axis in (0, 1)
    ]
    outputs = np.empty((len(x), weights.shape[1], *sides))
    for y, column in np.ndindex(*sides):
        top, left = y * stride[0], column * stride[1]
        window = padded[:, :, top:, left:][:, :, :: dilation[0], :: dilation[1]]
        window = window[:, :, : kernel[0], : kernel[1]].reshape(len(x), -1)
        outputs[:, :, y, column] = window @ weights + biases
    return outputs


def pool(x: np.ndarray, options: dict) -> np.ndarray:
    """Return outputs (N, C, H', W') as "Pooling" has them."""
    size = pair(options["size"])
    stride = pair(options.get("stride", size))
    sides = [(x.shape[2 + axis] - size[axis]) // stride[axis] + 1 for axis in (0, 1)]
    outputs = np.empty((*x.shape[:2], *sides))
    for y, column in np.ndindex(*sides):
        top, left = y * stride[0], column * stride[1]
        window = x[:, :, top : top + size[0], left : left + size[1]]
        outputs[:, :, y, column] = window.max(axis=(2, 3))
    return outputs


def normalize(x: np.ndarray, folder: Path, number: int) -> np.ndarray:
    """Return outputs as "Batch normalization" has them."""
    each = (1, -1, *(1 for _ in x.shape[2:]))
    stems = ("gamma", "beta", "running_mean", "running_variance")
    gamma, beta, mean, variance = (numbers(folder, f"{s}_{number}").reshape(each) for s in stems)
    return gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta


def rebuilt(folder: Path, pixels: np.ndarray) -> np.ndarray:
    """Return the logits of images (N, H, W)."""
    layers, facts = read_layers(folder), named(folder, "data.csv")
    scaling = named(folder, "normalization.csv")
    x = (pixels.reshape(len(pixels), -1) - scaling["subtract"]) / scaling["divide"]
    deciding = next(name for name, _ in layers if name in (*IMAGES_FIRST, *WITH_WEIGHTS))
    if deciding in IMAGES_FIRST:
        x = x.reshape(-1, 1, int(facts["image_height"]), int(facts["image_width"]))
    weighted = normalized = 0
    for name, options in layers:
        if name in WITH_WEIGHTS:
            weighted += 1
            weights, biases = (numbers(folder, f"{s}_{weighted}") for s in ("weights", "biases"))
        if name in ("dense", "output"):
            x = x @ weights + biases
        elif name == "conv2d":
            x = convolve(x, weights, biases, options)
        elif name == "max_pool":
            x = pool(x, options)
        elif name == "global_average_pool":
            x = x.mean(axis=(2, 3))
        elif name == "batch_norm":
            normalized += 1
            x = normalize(x, folder, normalized)
        elif name == "flatten":
            x = x.reshape(len(x), -1)
        elif name == "relu":
            x = np.maximum(x, 0)
        elif name == "sigmoid":
            x = 1 / (1 + np.exp(-x))
        else:
            assert name == "dropout"
    return x


@pytest.fixture(scope="module")
def train(small_data, tmp_path_factory) -> Callable[[Path], Path]:
    """Return a function that trains a config on small images for an epoch; it returns the run."""
    folder = tmp_path_factory.mktemp("data")
    data = small_data(folder, shape=(28, 28), classes=10, training=120, test=20)

    def run(config: Path) -> Path:
        changes = {
            "epochs": "1", "batch_size": "4", "learning_rate": "0.01", "validation_size": "0.2",
            "data_dir": str(data), "save_dir": str(data / "saved_files"), "name": config.stem,
        }  # fmt: skip
        given = read_config(config) | {name: Given(text, name) for name, text in changes.items()}
        return run_experiment(check_settings(given)).folder.path

    return run


@pytest.mark.parametrize("config", [*CASES, *WRITTEN])
@pytest.mark.usefixtures("unforced_disk")
def test_a_reader_of_the_page_rebuilds_the_network_from_its_files(config, train, tmp_path):
    if config in WRITTEN:
        text, config = WRITTEN[config], tmp_path / "written.yaml"
        config.write_text(text)
    folder = train(config)
    pixels = np.random.default_rng(1).integers(0, 256, (6, 28, 28)).astype(np.uint8)
    run = load_run(RunFolder(folder))
    logits = run.network.forward(run.normalization.apply(pixels))
    assert np.ptp(logits) > 0
    assert np.allclose(rebuilt(folder, pixels), logits, rtol=0, atol=1e-5 * np.abs(logits).max())
