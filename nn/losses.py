"""How wrong the network is, as one number, and in which direction it would be less wrong.

The network's last outputs, the logits, are scores without a scale. A loss first turns them into
probabilities: softmax into those of one choice among all classes, the sigmoid into one for each
class by itself. Then it measures how far they are from the truth, which is 1 for the true class and
0 for all others.
"""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nn.layers.activations import sigmoid
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


class Loss:
    """What training minimizes, a mean over the examples.

    Below, z are the logits, p the probabilities, and y is the truth: 1 for the true class, else 0.

    With label smoothing s, training aims at y' = (1 - s) y + s / K instead of y, so that no logit
    gains by growing forever. Only the gradient changes. The value is always that of the true
    labels, as it is without penalties, so losses of different runs can be compared.

    Args:
        smoothing: s, from 0 and below 1.

    Attributes:
        name: As the setting `loss` calls it.
        unit: Of its value.

    Reference: Szegedy et al. (2016), Rethinking the Inception Architecture for Computer Vision,
    section 7.
    """

    name: ClassVar[str]
    unit: ClassVar[str] = "nats per example"

    def __init__(self, smoothing: float = 0.0) -> None:
        self.smoothing = smoothing

    def targets(self, logits: Array, labels: NDArray[np.integer]) -> Array:
        """Return y', (N, K); without smoothing it is y.

        Args:
            logits: Shape (N, K); only its K and type matter here.
            labels: Shape (N,), whole numbers from 0 to K - 1.
        """
        classes = logits.shape[1]
        truth: Array = np.eye(classes, dtype=logits.dtype)
        if self.smoothing:
            truth *= 1 - self.smoothing
            truth += self.smoothing / classes
        return truth.take(labels, axis=0)

    def probabilities(self, logits: Array) -> Array:
        """Return the probability that the network gives to each class.

        Args:
            logits: Shape (N, K).

        Returns:
            Shape (N, K), from 0 to 1.
        """
        # In float32, every logit above 17 would become exactly 1, and the largest be forgotten.
        return sigmoid(logits.astype(np.float64))

    def logits(self, probabilities: Array) -> Array:
        """Return logits that have these probabilities, (N, K).

        Those of 0 and 1 are the largest and smallest that a number of this type leaves finite.
        """
        kind = np.finfo(probabilities.dtype)
        p = np.clip(probabilities, kind.tiny, 1 - kind.epsneg)
        logits: Array = np.log(p) - np.log1p(-p)
        return logits

    def value(self, logits: Array, labels: NDArray[np.integer]) -> float:
        """Return the mean loss; not finite where the logits are no numbers.

        Args:
            logits: Shape (N, K).
            labels: Shape (N,), whole numbers from 0 to K - 1.
        """
        raise NotImplementedError

    def gradient(self, logits: Array, labels: NDArray[np.integer]) -> Array:
        """Return the mean loss's gradient with respect to the logits.

        Args:
            logits: Shape (N, K).
            labels: Shape (N,), whole numbers from 0 to K - 1.

        Returns:
            Shape (N, K).
        """
        raise NotImplementedError

    def of_guessing(self, classes: int) -> float:
        """Return the loss of a network that prefers none of K classes: all logits are 0."""
        return self.value(np.zeros((1, classes)), np.zeros(1, np.int64))

    def of_frequencies(self, shares: NDArray[np.float64]) -> float:
        """Return the smallest loss of a network that gives every image the same answer.

        Args:
            shares: How often each class occurs, (K,); the sum is 1. The best answer is the shares.
        """
        raise NotImplementedError


class SoftmaxCrossEntropy(Loss):
    """loss = -log p[label], where p = softmax(z), in nats.

    How surprising the true class is under the probabilities of one choice among all classes.
    """

    name = "cross_entropy"

    def probabilities(self, logits: Array) -> Array:
        """Return softmax(z), (N, K); each row sums to 1."""
        return softmax(logits)

    def logits(self, probabilities: Array) -> Array:
        """Return log p, (N, K)."""
        logits: Array = np.log(np.maximum(probabilities, np.finfo(probabilities.dtype).tiny))
        return logits

    def value(self, logits: Array, labels: NDArray[np.integer]) -> float:
        """Return the mean of -log softmax(z)[label]."""
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
        """Return (p - y') / N."""
        return (softmax(logits) - self.targets(logits, labels)) / len(logits)

    def of_frequencies(self, shares: NDArray[np.float64]) -> float:
        """Return the entropy of the shares."""
        return float(_entropy(shares).sum())


class BinaryCrossEntropy(Loss):
    """loss = sum over k of -y[k] log p[k] - (1 - y[k]) log(1 - p[k]), where p = sigmoid(z).

    Every class is a question by itself, yes or no; the loss is how surprising all K answers are, in
    nats.

    Reference: Nielsen (2015), Neural Networks and Deep Learning, chapter 3, eq. 63.
    """

    name = "binary_cross_entropy"

    def value(self, logits: Array, labels: NDArray[np.integer]) -> float:
        """Return the mean of the sum over k of log(1 + exp(z[k])), minus z[label].

        With p = 1 / (1 + exp(-z)), -log(1 - p) is log(1 + exp(z)), and -log p is z less than that.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            surprises = np.logaddexp(0, logits).sum(axis=1, dtype=np.float64)
            return float((surprises - logits[np.arange(len(labels)), labels]).mean())

    def gradient(self, logits: Array, labels: NDArray[np.integer]) -> Array:
        """Return (p - y') / N: the sigmoid's derivative, p (1 - p), cancels."""
        return (sigmoid(logits) - self.targets(logits, labels)) / len(logits)

    def of_frequencies(self, shares: NDArray[np.float64]) -> float:
        """Return the entropies of all K questions."""
        return float((_entropy(shares) + _entropy(1 - shares)).sum())


class SquaredError(Loss):
    """loss = half the sum over k of (p[k] - y[k])^2, where p = sigmoid(z).

    The distance between answer and truth, as people measured it before cross-entropy. An output
    that is wrong and certain hardly learns: p (1 - p) in its gradient is nearly 0.

    Reference: Nielsen (2015), Neural Networks and Deep Learning, chapter 1, eq. 6.
    """

    name = "squared_error"
    unit = "squared error per example"

    def value(self, logits: Array, labels: NDArray[np.integer]) -> float:
        """Return the mean of half the sum over k of (p[k] - y[k])^2."""
        squares = (sigmoid(logits) - one_hot(logits, labels)) ** 2
        return float(squares.sum(axis=1, dtype=np.float64).mean() / 2)

    def gradient(self, logits: Array, labels: NDArray[np.integer]) -> Array:
        """Return (p - y') p (1 - p) / N."""
        p = sigmoid(logits)
        return (p - self.targets(logits, labels)) * p * (1 - p) / len(logits)

    def of_frequencies(self, shares: NDArray[np.float64]) -> float:
        """Return half the sum of all K variances, share (1 - share)."""
        return float((shares * (1 - shares)).sum() / 2)


LOSSES: dict[str, Loss] = {
    loss.name: loss for loss in (SoftmaxCrossEntropy(), BinaryCrossEntropy(), SquaredError())
}


def one_hot(logits: Array, labels: NDArray[np.integer]) -> Array:
    """Return y, (N, K): 1 for the true class of each example and 0 for all others."""
    truth: Array = np.eye(logits.shape[1], dtype=logits.dtype)[labels]
    return truth


def _entropy(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return -share log share for each share; 0 for a share of 0."""
    return -shares * np.log(np.where(shares > 0, shares, 1))
