"""The browser computes what NumPy computes: every layer, and every config's whole network."""

import numpy as np
import pytest

from nn.architecture.building import build_network
from nn.architecture.kinds import KINDS
from nn.datasets.drawn_digits import draw_digits
from nn.datasets.normalization import Normalization
from nn.initializers import INITIALIZERS
from nn.layers.dense import Dense
from nn.losses import LOSSES, softmax
from nn.network import Network
from nn.reports.page_data import network_data
from nn.runs.preparation import prepare_network
from tests.config_networks import DISTINCT

LOGITS = """({network, images}) => {
    const read = readNetwork(network);
    return images.map((pixels) => Array.from(computeLogits(read, pixels)));
}"""
NORMALIZATION = Normalization(33.318421, 78.567490)

# Each option of each layer, in networks on images of 11 x 9 pixels, which have no two sides alike.
NETWORKS = {
    "dense": [{"dense": 7}, "relu", {"dense": 5}, "sigmoid"],
    "convolution": [{"conv2d": {"filters": 3, "kernel_size": [3, 2]}}, "relu", "flatten"],
    "stride": [{"conv2d": {"filters": 3, "kernel_size": 3, "stride": [2, 3]}}, "flatten"],
    "padding": [{"conv2d": {"filters": 2, "kernel_size": 3, "padding": [2, 1]}}, "flatten"],
    "padding same": [
        {"conv2d": {"filters": 2, "kernel_size": [4, 2], "padding": "same"}},
        {"conv2d": {"filters": 2, "kernel_size": 3, "padding": "same", "dilation": [2, 3]}},
        "flatten",
    ],
    "padding, stride and dilation": [
        {
            "conv2d": {
                "filters": 2, "kernel_size": [3, 2], "padding": [5, 4], "stride": [3, 2],
                "dilation": [2, 5],
            }
        },
        "flatten",
    ],
    "pooling": [{"max_pool": [2, 3]}, {"conv2d": {"filters": 2, "kernel_size": 2}}, "flatten"],
    "pooling that overlaps": [
        {"conv2d": {"filters": 2, "kernel_size": 2}},
        {"max_pool": {"size": 3, "stride": [1, 2]}},
        "flatten",
    ],
    "average pooling": [
        {"conv2d": {"filters": 5, "kernel_size": 2}}, "relu", "global_average_pool",
    ],
    "batch normalization of rows": [{"dense": 6}, "batch_norm", "relu"],
    "batch normalization of images": [
        {"conv2d": {"filters": 3, "kernel_size": 3}}, "batch_norm", "relu", "flatten",
    ],
    "dropout": [{"dropout": 0.5}, {"dense": 6}, {"dropout": 0.2}],
    "output before the end": [{"dense": 6}, "relu", "output", "relu"],
}  # fmt: skip


def rouse(network: Network, rng: np.random.Generator, variance: float = 1.0) -> None:
    """Give biases and batch normalization numbers as training does; they start at 0 and 1."""
    for name, array in network.arrays.items():
        drawn = rng.normal(0, 0.3, array.shape)
        if name.startswith("gamma"):
            array[...] = np.exp(drawn)
        elif name.startswith("running_variance"):
            array[...] = variance * np.exp(drawn)
        elif not name.startswith("weights"):
            array[...] = drawn


def assert_browser_agrees(run_script, network: Network, images: np.ndarray) -> None:
    expected = network.forward(NORMALIZATION.apply(images))
    described = network_data(network, NORMALIZATION)
    argument = {"network": described, "images": images.reshape(len(images), -1).tolist()}
    logits = np.array(run_script("layers.js", LOGITS, argument))
    assert logits.shape == expected.shape
    assert np.abs(expected).max() > 0.01
    np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-4)


@pytest.mark.long
@pytest.mark.parametrize("settings", DISTINCT.values(), ids=DISTINCT)
def test_the_logits_of_a_config_are_numpys_on_200_images(settings, run_script):
    network = prepare_network(settings, (28, 28), 10)
    rng = np.random.default_rng(7)
    rouse(network, rng)
    assert_browser_agrees(run_script, network, draw_digits(200, rng).images)


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_every_layer_with_every_option_gives_numpys_logits(layers, run_script):
    rng = np.random.default_rng(3)
    network = build_network(
        layers, input_shape=(11, 9), classes=4, initializer=INITIALIZERS["he"], rng=rng
    )
    rouse(network, rng, variance=0.01)  # so small that epsilon shows
    images = rng.integers(0, 256, (20, 11, 9)).astype(np.uint8)
    images[rng.random(images.shape) < 0.5] = 0
    assert_browser_agrees(run_script, network, images)


def test_no_kind_of_layer_is_left_out_above():
    written = {next(iter(layer), "") if isinstance(layer, dict) else layer
               for layers in NETWORKS.values() for layer in layers}  # fmt: skip
    assert written == set(KINDS)


def test_softmax_is_numpys_and_does_not_overflow(run_script):
    logits = np.array([[1.5, -2.0, 0.25], [2000.0, 1999.0, -2000.0]], np.float32)
    call = "(rows) => rows.map((row) => Array.from(softmax(row)))"
    np.testing.assert_allclose(
        run_script("layers.js", call, logits.tolist()), softmax(logits), rtol=1e-5, atol=1e-30
    )


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_probabilities_are_numpys_for_each_loss(loss, run_script):
    network = Network([Dense(4)], (3, 3))
    images = np.random.default_rng(0).integers(0, 256, (5, 9)).astype(np.uint8)
    described = network_data(network, NORMALIZATION, loss.name)
    call = """({ network: description, images }) => {
        const network = readNetwork(description);
        return images.map((pixels) => Array.from(computeProbabilities(network, pixels)));
    }"""
    argument = {"network": described, "images": images.tolist()}
    expected = loss.probabilities(network.forward(NORMALIZATION.apply(images)))
    np.testing.assert_allclose(run_script("layers.js", call, argument), expected, atol=1e-4)
