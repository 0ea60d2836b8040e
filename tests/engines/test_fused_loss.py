"""The fused gradient of each loss is the loss's, for few rows and for many."""

import numpy as np
import pytest
from numpy.typing import NDArray

from nn.engines.fused_loss import fuse_loss
from nn.losses import LOSSES, Loss


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("classes", [2, 10, 26])
def test_it_is_the_gradient_of_the_loss_whatever_came_before(classes: int, loss: Loss) -> None:
    fused, rng = fuse_loss(loss), np.random.default_rng(0)
    for examples in (4, 15, 16, 17, 200, 1, 4):
        logits = 3 * rng.standard_normal((examples, classes))
        labels = rng.integers(0, classes, examples)
        expected = loss.gradient(logits, labels)
        np.testing.assert_allclose(fused(logits, np.eye(classes)[labels]), expected, atol=1e-15)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("examples", [3, 16, 33])
def test_logits_may_be_too_large_to_exponentiate(examples: int, loss: Loss) -> None:
    rng = np.random.default_rng(1)
    logits = 1e4 * rng.standard_normal((examples, 5)).astype(np.float32)
    labels = rng.integers(0, 5, examples)
    gradient = fuse_loss(loss)(logits, np.eye(5, dtype=np.float32)[labels])
    np.testing.assert_allclose(gradient, loss.gradient(logits, labels), atol=1e-7)


def test_a_loss_of_ones_own_is_used_as_it_is() -> None:
    class Own(Loss):
        def gradient(self, logits: NDArray, labels: NDArray) -> NDArray:
            return np.full_like(logits, labels[0])

    assert fuse_loss(Own())(np.zeros((1, 3)), np.eye(3)[[2]]).tolist() == [[2, 2, 2]]
