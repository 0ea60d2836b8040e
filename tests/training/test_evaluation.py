"""Loss and accuracy over all examples, however they are dealt out."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from nn.layers.dense import Dense
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.training.evaluation import accuracy, evaluate


@dataclass
class Some:
    inputs: NDArray
    labels: NDArray


def identity(size: int) -> Network:
    """A network whose logits are its inputs."""
    network = Network([Dense(size)], size)
    network.arrays["weights_1"][:] = np.eye(size)
    return network


def test_by_hand() -> None:
    # Right with probability 3/4, wrong with 1/4, and undecided: the first of equals counts.
    third = float(np.log(3))
    inputs = np.array([[third, 0], [0, third], [5, 5]], np.float32)
    labels = np.array([0, 0, 0])
    result = evaluate(identity(2), SoftmaxCrossEntropy(), [Some(inputs, labels)])
    assert result.loss == pytest.approx((math.log(4 / 3) + math.log(4) + math.log(2)) / 3)
    assert result.accuracy == pytest.approx(2 / 3)
    np.testing.assert_array_equal(result.logits, inputs)
    np.testing.assert_array_equal(result.labels, labels)


@pytest.mark.parametrize("chunk", [1, 3, 7, 10, 99])
def test_every_example_counts_once_however_they_are_dealt_out(chunk: int) -> None:
    rng = np.random.default_rng(1)
    inputs = rng.standard_normal((10, 4)).astype(np.float32)
    labels = rng.integers(0, 4, 10)
    whole = evaluate(identity(4), SoftmaxCrossEntropy(), [Some(inputs, labels)])
    dealt = (Some(inputs[i : i + chunk], labels[i : i + chunk]) for i in range(0, 10, chunk))
    parts = evaluate(identity(4), SoftmaxCrossEntropy(), dealt)
    assert parts.loss == pytest.approx(whole.loss, rel=1e-6)
    assert parts.accuracy == whole.accuracy
    assert parts.logits.shape == (10, 4)
    np.testing.assert_array_equal(parts.labels, labels)


def test_examples_may_come_in_the_same_arrays_again() -> None:
    def overwriting():
        some = Some(np.empty((1, 2), np.float32), np.empty(1, np.int64))
        for label in (0, 1, 0):
            some.inputs[:] = np.eye(2)[label]
            some.labels[:] = label
            yield some

    result = evaluate(identity(2), SoftmaxCrossEntropy(), overwriting())
    assert result.labels.tolist() == [0, 1, 0]
    assert result.logits.tolist() == [[1, 0], [0, 1], [1, 0]]
    assert result.accuracy == 1


def test_evaluation_leaves_the_network_and_a_training_step_under_way_alone() -> None:
    network, twin = identity(3), identity(3)
    inputs = np.random.default_rng(2).standard_normal((4, 3)).astype(np.float32)
    d_logits = np.ones((4, 3), np.float32)
    before = network.parameters.values.copy()
    network.forward(inputs, training=True)
    evaluate(network, SoftmaxCrossEntropy(), [Some(-inputs, np.zeros(4, int))])
    network.backward(d_logits)
    twin.forward(inputs, training=True)
    twin.backward(d_logits)
    np.testing.assert_array_equal(network.parameters.gradients, twin.parameters.gradients)
    np.testing.assert_array_equal(network.parameters.values, before)


def test_weights_too_large_to_compute_with_give_a_loss_that_says_so() -> None:
    network = identity(2)
    network.parameters.values[:] = 3e38
    inputs = np.array([[2, -2], [3, 3]], np.float32)
    result = evaluate(network, SoftmaxCrossEntropy(), [Some(inputs, np.array([0, 1]))])
    assert not math.isfinite(result.loss)


def test_accuracy_is_the_share_of_largest_logits_at_the_label() -> None:
    logits = np.array([[0.1, 0.2], [-5, -6], [3, 1], [0, 9]])
    assert accuracy(logits, np.array([1, 0, 1, 1])) == 0.75
    assert accuracy(logits[:1], np.array([0])) == 0
