"""A run as plain numbers and text, for the scripts of its page.

Everything here can be written as JSON. Large arrays are base64 of their float32 bytes: exact, and
a third of the size of decimal digits.
"""

import base64
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.datasets.framing import Framing
from nn.datasets.normalization import Normalization
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.reports.image_sprite import choose_images, make_sprite
from nn.reports.run_pictures import history_columns
from nn.runs.digit_check import SIDE, check_network
from nn.runs.first_layer import unit_of
from nn.runs.predictions import Predictions

# 16 MiB of weights: a page of 22 MB, which browsers still open without delay.
MOST_NUMBERS = 2**22
# A little more than MNIST's 10,000 test images.
MOST_PIXELS = 2**23


def network_data(
    network: Network, normalization: Normalization, loss: str = SoftmaxCrossEntropy.name
) -> dict[str, Any] | None:
    """Return what a browser needs to run a network; None if it is too large for a page."""
    if sum(array.size for array in network.arrays.values()) > MOST_NUMBERS:
        return None
    layers = [
        {
            "name": layer.name,
            "inputShape": layer.input_shape,
            "outputShape": layer.output_shape,
            "constants": layer.constants,
            "arrays": {stem: _base64(array) for stem, array in layer.arrays.items()},
        }
        for layer in network.layers
    ]
    scaling = {"subtract": normalization.subtract, "divide": normalization.divide}
    return {
        "layers": layers,
        "normalization": scaling,
        "loss": loss,
        "firstUnit": unit_of(network),
    }


def _base64(array: NDArray[np.floating]) -> str:
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode("ascii")


def digit_check_data() -> dict[str, Any]:
    """Return the network that tells whether a drawing shows a digit, and what it takes."""
    return {
        "network": network_data(check_network(), Normalization(0.0, 255.0)),
        "imageShape": [SIDE, SIDE],
        "framing": framing_data(Framing.like_mnist((SIDE, SIDE))),
    }


def framing_data(framing: Framing) -> dict[str, Any]:
    """Return how a drawing is placed."""
    return {
        "inkHeight": framing.ink_height,
        "inkWidth": framing.ink_width,
        "stretched": bool(framing.stretched),
        "byMass": bool(framing.by_mass),
        "thickness": framing.thickness,
    }


def history_data(folder: Path) -> dict[str, Any]:
    """Return the histories of a run's folder, with None for values that are not finite."""
    data: dict[str, Any] = {}
    for kind in ("loss", "accuracy"):
        epochs, training, validation = history_columns(folder / f"{kind}_history.csv", 3)
        data["epochs"] = epochs.astype(int).tolist()
        data[kind] = {"training": _finite(training), "validation": _finite(validation)}
    _, rates = history_columns(folder / "learning_rate_history.csv", 2)
    data["learningRate"] = _finite(rates)
    return data


def _finite(values: NDArray[np.float64]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def image_data(predictions: Predictions, most_pixels: int = MOST_PIXELS) -> dict[str, Any]:
    """Return the chosen test images with their true and predicted classes and confidences."""
    chosen = choose_images(predictions, most_pixels)
    confidence = np.nan_to_num(predictions.confidence[chosen].astype(np.float64))
    return {
        **sprite_data(predictions.images[chosen]),
        "index": chosen.tolist(),
        "true": predictions.true[chosen].tolist(),
        "predicted": predictions.predicted[chosen].tolist(),
        "confidence": confidence.round(4).tolist(),
    }


def sprite_data(images: NDArray[np.uint8]) -> dict[str, Any]:
    """Return images, (N, H, W) or (N, 3, H, W), as one picture with so many of them in a row."""
    png, columns = make_sprite(images)
    return {
        "sprite": "data:image/png;base64," + base64.b64encode(png).decode("ascii"),
        "columns": columns,
    }
