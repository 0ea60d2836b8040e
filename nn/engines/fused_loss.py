"""The gradient of softmax with cross-entropy for many small batches: no new arrays."""

import numpy as np

from nn.layers.layer import Array

# From here on a transposed copy is searched faster than row by row: for 128 rows of 10, 1.7
# microseconds instead of 5.6.
_MANY_ROWS = 16


class FusedLossGradient:
    """d_logits = (softmax(logits) - targets) / N; see `nn.losses.SoftmaxCrossEntropy`."""

    def __init__(self) -> None:
        self._d_logits: Array = np.empty((0, 0), np.float32)

    def __call__(self, logits: Array, targets: Array) -> Array:
        """Return the gradient, (N, K); overwritten by the next call.

        Args:
            logits: Shape (N, K).
            targets: Shape (N, K), 1 at each label and 0 elsewhere.
        """
        if logits.shape != self._d_logits.shape:
            self._allocate(logits)
        d_logits = self._d_logits
        self._find_largest(logits)
        np.subtract(logits, self._largest, out=d_logits)
        np.exp(d_logits, out=d_logits)
        # A product with a square of ones puts each row's sum into every column of the row; for
        # ten classes that is faster than summing along rows and stretching the result.
        np.dot(d_logits, self._ones, self._sums)
        d_logits /= self._sums
        d_logits -= targets
        d_logits *= self._shares
        return d_logits

    def _find_largest(self, logits: Array) -> None:
        """Write each row's largest logit to `_largest`, shape (N, 1)."""
        if len(logits) < _MANY_ROWS:
            np.maximum.reduce(logits, axis=1, keepdims=True, out=self._largest)
        else:  # as columns of long rows, which NumPy compares a row at a time
            np.copyto(self._transposed, logits.T)
            np.maximum.reduce(self._transposed, axis=0, out=self._largest[:, 0])

    def _allocate(self, logits: Array) -> None:
        examples, classes = logits.shape
        self._d_logits = np.empty(logits.shape, logits.dtype)
        self._sums = np.empty(logits.shape, logits.dtype)
        self._transposed = np.empty((classes, examples), logits.dtype)
        self._largest = np.empty((examples, 1), logits.dtype)
        self._ones = np.ones((classes, classes), logits.dtype)
        # An array, because NumPy multiplies two arrays of one shape in half the time that an array
        # and a number take.
        self._shares = np.full(logits.shape, 1 / examples, logits.dtype)
