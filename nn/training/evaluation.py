"""How good a network is on images it does not train on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nn.engines.threads import limited_threads
from nn.layers.layer import Array
from nn.losses import Loss
from nn.network import Network


class Examples(Protocol):
    """Some examples, ready for a network."""

    @property
    def inputs(self) -> NDArray[np.float32]:
        """Normalized pixels, shape (M, D)."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """True classes, shape (M,)."""


@dataclass(frozen=True)
class Evaluation:
    """How well a network does on a set of images.

    Attributes:
        loss: Mean over the examples, without penalties.
        accuracy: Share of the examples whose largest logit is the true label's, from 0 to 1.
        logits: Shape (N, K).
        labels: True classes, shape (N,).
    """

    loss: float
    accuracy: float
    logits: Array
    labels: NDArray[np.int64]


def evaluate(network: Network, loss: Loss, examples: Iterable[Examples]) -> Evaluation:
    """Run the network over all examples, without training.

    Args:
        network: The network.
        loss: The loss to measure.
        examples: The examples, in chunks. The last bits of the logits depend on the sizes of the
            chunks, so identical figures need identical chunks.
    """
    logits, labels = [], []
    for some in examples:
        # One thread, so that the last bits are the same everywhere. Weights that are too large
        # overflow here; the loss reports it, so no warning is needed.
        with limited_threads(1), np.errstate(over="ignore", invalid="ignore"):
            logits.append(network.forward(some.inputs))
        labels.append(some.labels.copy())  # the next chunk may reuse the array
    all_logits, all_labels = np.concatenate(logits), np.concatenate(labels)
    return Evaluation(
        loss=loss.value(all_logits, all_labels),
        accuracy=accuracy(all_logits, all_labels),
        logits=all_logits,
        labels=all_labels,
    )


def accuracy(logits: Array, labels: NDArray[np.integer]) -> float:
    """Return the share of rows (N, K) whose largest logit is that of the label (N,), 0 to 1."""
    return float(np.mean(logits.argmax(axis=1) == labels))
