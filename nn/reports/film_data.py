"""The film of a run's learning, as numbers for its page: a frame for each snapshot.

Each frame holds what changed: the first weights, the confusion matrix, and the answers for twenty
test images.
"""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.layers.convolution import Convolution
from nn.layers.layer import Array
from nn.network import Network
from nn.reports.page_data import sprite_data
from nn.runs.first_layer import pixel_weights
from nn.runs.predictions import Predictions, confusion_matrix
from nn.runs.preparation import prepare_network
from nn.runs.saved_run import SavedRun
from nn.runs.snapshots import read_snapshots

MOST_TESTED = 2_000  # test images of each frame
IMAGES = 20
_MOST_CLASSES = 30
_MOST_BYTES = 1_000_000  # of the weights in all frames; one byte each
_FULL = 127  # the byte above and below the middle, 128, that gets the full colour


def film_data(run: SavedRun, predictions: Predictions) -> dict[str, Any] | None:
    """Return the frames of a run's film; None if it has fewer than two.

    Args:
        run: The run.
        predictions: Of its trained network, for the test images.
    """
    facts = run.facts
    if facts.classes > _MOST_CLASSES:
        return None
    images, true = predictions.images[:MOST_TESTED], predictions.true[:MOST_TESTED]
    inputs = run.normalization.apply(images)
    network = prepare_network(run.settings, facts.image_shape, facts.classes)
    epochs, probabilities, weights = [], [], []
    for epoch in read_snapshots(run.folder, network):
        epochs.append(epoch)
        probabilities.append(run.loss.probabilities(network.forward(inputs)))
        first = _first_weights(network) if facts.channels == 1 else None
        weights.append(None if first is None else first[0].copy())
    if len(epochs) < 2:
        return None
    chosen = _most_changed(np.stack(probabilities), true)
    return {
        **sprite_data(images[chosen]),
        "tested": len(images),
        "index": chosen.tolist(),
        "true": true[chosen].tolist(),
        "weights": _picture(weights, first),
        "frames": [
            {
                "epoch": epoch,
                "matrix": confusion_matrix(true, each.argmax(axis=1), facts.classes).tolist(),
                "predicted": each[chosen].argmax(axis=1).tolist(),
                "confidence": each[chosen].max(axis=1).astype(float).round(4).tolist(),
            }
            for epoch, each in zip(epochs, probabilities, strict=True)
        ],
    }


def _first_weights(network: Network) -> tuple[Array, Any] | None:
    """Return the weights of the first layer, (D, U), and its kernel's size if it has one."""
    for layer in network.layers:
        if isinstance(layer, Convolution):
            weights = layer.weights.value
            return weights.reshape(-1, weights.shape[-1]), layer.constants["kernel_size"]
        if "weights" in layer.arrays:
            break
    dense = pixel_weights(network)
    return None if dense is None else (dense, None)


def _most_changed(
    probabilities: NDArray[np.floating], true: NDArray[np.integer]
) -> NDArray[np.intp]:
    """Return the images whose true class's probability varied most, equally many of each class.

    Args:
        probabilities: (frames, N, K).
        true: (N,).
    """
    varied = np.std(probabilities[:, np.arange(len(true)), true], axis=0)
    by_variation = np.argsort(-varied, kind="stable")
    labels = true[by_variation]
    rounds = np.array([np.sum(labels[:n] == label) for n, label in enumerate(labels)])
    chosen = by_variation[np.argsort(rounds, kind="stable")][:IMAGES]
    return chosen[np.argsort(true[chosen], kind="stable")]


def _picture(weights: list[Array | None], first: tuple[Array, Any] | None) -> dict[str, Any] | None:
    """Return the weights of all frames as bytes, frame by frame and unit by unit."""
    if first is None:
        return None
    pixels, units = first[0].shape
    shown = min(units, _MOST_BYTES // (pixels * len(weights)))
    if not shown:
        return None
    stacked = np.stack([each[:, :shown].T for each in weights if each is not None])
    # The few largest weights would leave all others pale.
    strongest = float(np.quantile(np.abs(stacked[-1]), 0.998)) or 1.0
    scaled = np.clip(stacked / strongest * _FULL, -_FULL, _FULL)
    content = np.rint(128 + scaled).astype(np.uint8).tobytes()
    return {
        "bytes": base64.b64encode(content).decode("ascii"),
        "units": shown,
        "kernel": first[1],
    }
