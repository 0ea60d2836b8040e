"""How wrong the network is, as one number, and in which direction it would be less wrong.

The network's last outputs, the logits, are scores without a scale. Softmax turns them into
probabilities, and cross-entropy asks how surprising the true label is under them.
"""

import math

import numpy as np
from numpy.typing import NDArray

from nn.layers.layer import Array


def softmax(logits: Array) -> Array:
    """Return exp(logits) / sum of exp(logits) over the classes, shape (N, K).

    Subtracting each row's largest logit first changes nothing in the quotient, and keeps exp from
    overflowing.
    """
    # Logits so far apart that their difference overflows still become 0 and 1; those of a network
    # that has diverged are NaN, and so are its probabilities.
    with np.errstate(over="ignore", invalid="ignore"):
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: Array = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities


class SoftmaxCrossEntropy:
    """loss = -log softmax(logits)[label], in nats, averaged over the examples."""

    def value(self, logits: Array, labels: NDArray[np.integer]) -> float:
        """Return the mean loss in nats per example; not finite where the logits are not.

        Args:
            logits: Shape (N, K).
            labels: Shape (N,), whole numbers from 0 to K - 1.
        """
        # -log softmax = log(sum of exp) - logit of the label, with the largest logit taken out.
        # Logits so far apart that the difference overflows make a loss that is not finite.
        with np.errstate(over="ignore", invalid="ignore"):
            # Transposed, ten long rows instead of thousands of short ones: NumPy then compares
            # and adds whole rows at a time, which takes a seventh of the time.
            shifted = logits.T.copy()
            shifted -= shifted.max(axis=0)
            of_labels = shifted[labels, np.arange(len(labels))]
            losses = np.log(np.exp(shifted, out=shifted).sum(axis=0)) - of_labels
        return float(losses.mean(dtype=np.float64))

    def gradient(self, logits: Array, labels: NDArray[np.integer]) -> Array:
        """Return the mean loss's gradient with respect to the logits, (softmax - one-hot) / N.

        Args:
            logits: Shape (N, K).
            labels: Shape (N,), whole numbers from 0 to K - 1.

        Returns:
            Shape (N, K).
        """
        one_hot = np.eye(logits.shape[1], dtype=logits.dtype)[labels]
        gradient: Array = (softmax(logits) - one_hot) / len(logits)
        return gradient

    def of_guessing(self, classes: int) -> float:
        """Return the loss of a network that assigns all K classes the same probability, log K."""
        return math.log(classes)
