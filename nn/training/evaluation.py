"""How good a network is on images it does not learn from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nn.engines.threads import limited_threads
from nn.layers.layer import Array
from nn.losses import SoftmaxCrossEntropy
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
    """What a network makes of a set of images.

    Attributes:
        loss: Mean cross-entropy in nats per example, without penalties.
        accuracy: Share of the examples whose largest logit is the true label's, from 0 to 1.
        logits: Shape (N, K).
        labels: True classes, shape (N,).
    """

    loss: float
    accuracy: float
    logits: Array
    labels: NDArray[np.int64]


def evaluate(
    network: Network, loss: SoftmaxCrossEntropy, examples: Iterable[Examples]
) -> Evaluation:
    """Run the network over all examples, without training.

    Args:
        network: The network.
        loss: The loss to average.
        examples: The examples, some at a time. The logits depend, in their last bits, on how
            many come at a time, so whoever wants the same numbers twice deals them out alike.
    """
    logits, labels = [], []
    for some in examples:
        # One thread, so that the last bits are the same wherever this is done. Weights grown too
        # large overflow here; the loss, not a warning, is to say so.
        with limited_threads(1), np.errstate(over="ignore", invalid="ignore"):
            logits.append(network.forward(some.inputs))
        labels.append(some.labels.copy())  # The next examples may come in the same array.
    all_logits, all_labels = np.concatenate(logits), np.concatenate(labels)
    return Evaluation(
        loss=loss.value(all_logits, all_labels),
        accuracy=accuracy(all_logits, all_labels),
        logits=all_logits,
        labels=all_labels,
    )


def accuracy(logits: Array, labels: NDArray[np.integer]) -> float:
    """Return the share of rows (N, K) whose largest logit is the label's (N,), from 0 to 1."""
    return float(np.mean(logits.argmax(axis=1) == labels))
