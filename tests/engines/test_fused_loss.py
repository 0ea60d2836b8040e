"""The fused gradient of the loss is the loss's, for few rows and for many."""

import numpy as np
import pytest

from nn.engines.fused_loss import FusedLossGradient
from nn.losses import SoftmaxCrossEntropy


@pytest.mark.parametrize("classes", [2, 10, 26])
def test_it_is_the_gradient_of_the_loss_whatever_came_before(classes: int) -> None:
    fused, rng = FusedLossGradient(), np.random.default_rng(0)
    for examples in (4, 15, 16, 17, 200, 1, 4):
        logits = 3 * rng.standard_normal((examples, classes))
        labels = rng.integers(0, classes, examples)
        expected = SoftmaxCrossEntropy().gradient(logits, labels)
        np.testing.assert_allclose(fused(logits, np.eye(classes)[labels]), expected, atol=1e-15)


@pytest.mark.parametrize("examples", [3, 16, 33])
def test_logits_too_large_to_exponentiate_are_shifted_first(examples: int) -> None:
    rng = np.random.default_rng(1)
    logits = 1e4 * rng.standard_normal((examples, 5)).astype(np.float32)
    labels = rng.integers(0, 5, examples)
    gradient = FusedLossGradient()(logits, np.eye(5, dtype=np.float32)[labels])
    np.testing.assert_allclose(gradient, SoftmaxCrossEntropy().gradient(logits, labels), atol=1e-7)
