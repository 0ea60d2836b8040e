"""The figures of the epoch under way are the means over all of its examples."""

import numpy as np
import pytest

from nn.training.history import EpochSoFar


def test_chunks_of_any_size_give_the_means_over_all_examples() -> None:
    losses, right = np.array([3.0, 1.0, 2.0, 6.0, 8.0, 4.0]), np.array([0, 1, 1, 0, 1, 0])
    so_far = EpochSoFar()
    for part in (slice(0, 1), slice(1, 3), slice(3, 6)):
        so_far.add(len(losses[part]), float(losses[part].mean()), float(right[part].mean()))
    assert so_far.examples == 6
    assert so_far.loss == pytest.approx(losses.mean())
    assert so_far.accuracy == pytest.approx(right.mean())


def test_the_next_epoch_begins_with_nothing() -> None:
    so_far = EpochSoFar()
    so_far.add(4, 2.0, 0.5)
    so_far.seconds, so_far.last_finite = 3.0, {"weights_1": np.zeros(2)}
    so_far.clear()
    assert vars(so_far) == vars(EpochSoFar())
    assert (so_far.examples, so_far.loss, so_far.last_finite) == (0, 0.0, None)
