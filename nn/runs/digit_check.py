"""Whether an image shows a digit at all.

A network that knows ten digits calls everything one of them, often with great confidence: a smiling
face is a 0. So a second, small network with two classes is asked first. It was trained on MNIST's
digits, and on things that are none: `python -m benchmarks.digit_check` draws and trains it again.
It is the same for every run, since what a digit looks like does not depend on who reads it.
"""

from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from nn.architecture.building import build_network
from nn.architecture.layer_list import LayerSpec
from nn.datasets.npz import read_arrays
from nn.initializers import xavier
from nn.network import Network

CHECK = files("nn.runs") / "digit_check.npz"
LAYERS: list[LayerSpec] = [
    {"conv2d": {"filters": 16, "kernel_size": 5, "stride": 2}},
    "relu",
    {"conv2d": {"filters": 32, "kernel_size": 3, "stride": 2}},
    "relu",
    "flatten",
    {"dense": 48},
    "relu",
]
"""Of the network; its inputs are pixels / 255, its classes a digit (0) and something else (1)."""
SIDE = 28


def looks_like_digit(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return for each image whether it shows a digit, (N,).

    Args:
        images: Placed as MNIST's are, ink from 0 to 255, (N, 28, 28).
    """
    is_digit: NDArray[np.bool_] = digit_margin(images) > 0
    return is_digit


def digit_margin(images: NDArray[np.uint8]) -> NDArray[np.floating]:
    """Return by how much a digit's logit exceeds that of something else, (N,); see above."""
    logits = check_network().forward(images / np.float32(255))
    margin: NDArray[np.floating] = logits[:, 0] - logits[:, 1]
    return margin


@cache
def check_network() -> Network:
    """Return the network; its inputs are pixels / 255."""
    rng = np.random.default_rng(0)  # of weights that are replaced
    network = build_network(
        LAYERS, input_shape=(SIDE, SIDE), classes=2, initializer=xavier, rng=rng
    )
    with as_file(CHECK) as path:
        arrays = read_arrays(path)
    for stem, array in network.arrays.items():
        array[...] = arrays[stem]
    return network
