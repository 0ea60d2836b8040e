"""Batches: the few examples that a network sees before each step.

The order of the examples is shuffled again for every epoch, so that no two examples always meet in
the same batch. Gathering and normalizing four rows at a time would cost more than the step that
uses them. So about two thousand are prepared at once, fewer of large images, and the trainer
slices its batches from them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn.datasets.distortion import Distortion
from nn.datasets.images import LabelledImages
from nn.datasets.normalization import Normalization

CHUNK_ROWS = 2048
_LARGEST_CHUNK = 2**24  # numbers, 64 MiB in float32: 2,048 images of 90 x 90 pixels


@dataclass(frozen=True)
class Chunk:
    """Some rows, ready for the network; the next chunk overwrites the arrays.

    Attributes:
        inputs: normalized pixels, float32, (M, D), contiguous.
        labels: classes, int64, (M,).
    """

    inputs: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


class Batches:
    """The training examples, in a new order every epoch.

    Args:
        part: the training images.
        normalization: applied to their pixels.
        batch_size: examples per step, from 1; a larger number than there are means all at once.
        rng: the random stream of the order, used for nothing else.
        distortion: applied to every image, differently in every epoch; None for no distortion.
        chunk_rows: about how many rows are prepared at a time, fewer if they are long.
    """

    def __init__(
        self,
        part: LabelledImages,
        normalization: Normalization,
        batch_size: int,
        *,
        rng: np.random.Generator,
        distortion: Distortion | None = None,
        chunk_rows: int = CHUNK_ROWS,
    ) -> None:
        self.batch_size = batch_size
        self._part = part
        self._normalization = normalization
        self._rng = rng
        at_once = rows_at_once(_features(part), chunk_rows)
        whole_batches = max(1, at_once // batch_size) * batch_size
        self._buffer = _Buffer(part, normalization, distortion, min(whole_batches, len(part)))

    def __len__(self) -> int:
        """Return the number of batches in an epoch, including the last and smaller one."""
        return math.ceil(len(self._part) / self.batch_size)

    @property
    def examples(self) -> int:
        """N, the number of examples in an epoch."""
        return len(self._part)

    def epoch(self, skip: int = 0) -> Iterator[Chunk]:
        """Yield every example exactly once, in a new order.

        A chunk holds whole batches; only the last may end with a smaller one. Its batches are
        ``chunk.inputs[start : start + batch_size]``, with the labels of the same slice.

        During the epoch, the random stream keeps the state it had at the beginning of the epoch,
        so a checkpoint within the epoch leads to the same order again.

        Args:
            skip: the number of examples to leave out at the beginning, a multiple of whole chunks.
        """
        began = self._rng.bit_generator.state
        order = self._rng.permutation(len(self._part))
        ended, self._rng.bit_generator.state = self._rng.bit_generator.state, began
        rows = self._buffer.rows
        for start in range(skip, len(order), rows):
            yield self._buffer.fill(order[start : start + rows])
        self._rng.bit_generator.state = ended


def in_order(
    part: LabelledImages, normalization: Normalization, *, chunk_rows: int = CHUNK_ROWS
) -> Iterator[Chunk]:
    """Yield every example once, in the order of the part: for evaluation and prediction."""
    rows = rows_at_once(_features(part), chunk_rows)
    inputs = np.empty((min(rows, len(part)), _features(part)), dtype=np.float32)
    for start in range(0, len(part), rows):
        images = part.images[start : start + rows]
        labels = part.labels[start : start + rows]
        yield Chunk(normalization.apply(images, out=inputs[: len(images)]), labels)


def rows_at_once(features: int, most: int = CHUNK_ROWS) -> int:
    """Return how many rows of so many features are prepared at a time: at most 64 MiB of them."""
    return max(1, min(most, _LARGEST_CHUNK // features))


class _Buffer:
    """The memory of one chunk, allocated once and reused."""

    def __init__(
        self,
        part: LabelledImages,
        normalization: Normalization,
        distortion: Distortion | None,
        rows: int,
    ) -> None:
        self.rows = rows
        self._pixels = part.images.reshape(len(part), -1)
        self._labels = part.labels
        self._normalization = normalization
        self._distortion = distortion
        self._gathered = np.empty((rows, _features(part)), dtype=np.uint8)
        self._inputs = np.empty((rows, _features(part)), dtype=np.float32)
        self._chunk_labels = np.empty(rows, dtype=np.int64)

    def fill(self, rows: NDArray[np.int64]) -> Chunk:
        gathered = self._gathered[: len(rows)]
        labels = self._chunk_labels[: len(rows)]
        # mode="clip" lets take() write directly into `out`; no row is out of range or clipped.
        np.take(self._pixels, rows, axis=0, out=gathered, mode="clip")
        np.take(self._labels, rows, out=labels, mode="clip")
        if self._distortion:
            self._distortion.apply(gathered, out=gathered)
        return Chunk(self._normalization.apply(gathered, out=self._inputs[: len(rows)]), labels)


def _features(part: LabelledImages) -> int:
    return int(np.prod(part.images.shape[1:]))
