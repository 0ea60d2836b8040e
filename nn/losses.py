"""How wrong the network is, as one number, and in which direction it would be less wrong.

The network's last outputs, the logits, are scores without a scale. Softmax turns them into
probabilities, and cross-entropy asks how surprising the true label is under them.
"""

import numpy as np
from numpy.typing import NDArray

from nn.layers.layer import Array


def softmax(logits: Array) -> Array:
    """Return exp(logits) / sum of exp(logits) over the classes, shape (N, K).

    Subtracting each row's largest logit first changes nothing in the quotient, and keeps exp from
    overflowing.
    """
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Array = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities


class SoftmaxCrossEntropy:
    """loss = -log softmax(logits)[label], in nats, averaged over the examples.

    Args:
        classes: K, the number of classes.
    """

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self._d_logits: Array = np.empty((0, classes), np.float32)

    def value(self, logits: Array, labels: NDArray[np.integer]) -> float:
        """Return the mean loss in nats per example; not finite where the logits are not.

        Args:
            logits: Shape (N, K).
            labels: Shape (N,), whole numbers from 0 to K - 1.
        """
        # -log softmax = log(sum of exp) - logit of the label, with the largest logit taken out.
        # Logits so far apart that the difference overflows make a loss that is not finite.
        with np.errstate(over="ignore", invalid="ignore"):
            shifted = logits - logits.max(axis=1, keepdims=True)
            log_sums = np.log(np.exp(shifted).sum(axis=1))
            losses = log_sums - shifted[np.arange(len(labels)), labels]
        return float(losses.mean(dtype=np.float64))

    def targets(self, labels: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the labels one-hot: shape (N, K), 1 at each label and 0 elsewhere."""
        one_hot: NDArray[np.float32] = np.eye(self.classes, dtype=np.float32)[labels]
        return one_hot

    def gradient(self, logits: Array, targets: Array) -> Array:
        """Return the mean loss's gradient with respect to the logits, (softmax - targets) / N.

        The array returned is overwritten by the next call.

        Args:
            logits: Shape (N, K).
            targets: Shape (N, K), one-hot.

        Returns:
            Shape (N, K).
        """
        if logits.shape != self._d_logits.shape:
            self._allocate(logits)
        d_logits = self._d_logits
        np.maximum.reduce(logits, axis=1, keepdims=True, out=self._largest)
        np.subtract(logits, self._largest, out=d_logits)
        np.exp(d_logits, out=d_logits)
        # A product with a square of ones puts each row's sum into every column of the row; for
        # ten classes that is faster than summing along rows and stretching the result.
        np.dot(d_logits, self._ones, self._sums)
        d_logits /= self._sums
        d_logits -= targets
        d_logits *= self._one_over_n
        return d_logits

    def _allocate(self, logits: Array) -> None:
        self._d_logits = np.empty(logits.shape, logits.dtype)
        self._sums = np.empty(logits.shape, logits.dtype)
        self._largest = np.empty((len(logits), 1), logits.dtype)
        self._ones = np.ones((self.classes, self.classes), logits.dtype)
        self._one_over_n = logits.dtype.type(1 / len(logits))
