"""The judgement of a network: the figures that plain NumPy finds from the logits."""

import numpy as np
import pytest

from nn.runs.assembly import assemble
from nn.runs.judging import judge
from nn.runs.preparation import prepare_data
from nn.training.history import EpochRecord


@pytest.fixture
def judged(settings):
    """Return a function that judges a fresh network, with its data and its logits."""
    wanted = settings(hidden_layers=0)
    data = prepare_data(wanted)
    state = assemble(wanted, data)
    # With weights like these, some answers are right and some are wrong.
    state.network.arrays["weights_1"][:] *= 5
    state.history.extend(EpochRecord(n, 0.1, n, n / 9, 0, 0, 0) for n in (1, 2, 3))

    def logits(part) -> np.ndarray:
        inputs = part.images.reshape(len(part), -1) / np.float32(255)
        return inputs @ state.network.arrays["weights_1"] + state.network.arrays["biases_1"]

    return lambda epoch: (judge(state, data, epoch=epoch, title="a run"), data.split, logits)


def test_loss_and_accuracy_are_those_of_the_logits(judged):
    judgement, split, logits = judged(epoch=0)
    for name in ("training", "validation", "test"):
        part = getattr(split, name)
        exponentials = np.exp(logits(part))
        chosen = exponentials[np.arange(len(part)), part.labels] / exponentials.sum(axis=1)
        accuracy = np.mean(logits(part).argmax(axis=1) == part.labels)
        loss = -np.log(chosen).mean()
        assert getattr(judgement.result, f"{name}_loss") == pytest.approx(loss, rel=1e-4)
        assert getattr(judgement.result, f"{name}_accuracy") == pytest.approx(accuracy)
    assert judgement.result.test_images == len(split.test)
    assert judgement.result.parameters == 64 * 4 + 4


def test_training_figures_are_those_measured_in_the_epoch_that_made_the_network(judged):
    judgement, _, _ = judged(epoch=2)
    assert (judgement.result.training_loss, judgement.result.training_accuracy) == (2, 2 / 9)
    assert judgement.result.epochs == 3


def test_rows_of_the_confusion_matrix_are_true_classes(judged):
    judgement, split, logits = judged(epoch=1)
    expected = np.zeros((4, 4))
    for true, predicted in zip(split.test.labels, logits(split.test).argmax(axis=1), strict=True):
        expected[true, predicted] += 1
    assert (judgement.confusion == expected).all()
    assert (expected != expected.T).any()


def test_predictions_are_those_for_the_test_images_under_the_title(judged):
    judgement, split, _ = judged(epoch=1)
    assert judgement.predictions.images is split.test.images
    assert judgement.predictions.true is split.test.labels
    assert judgement.predictions.title == "a run"
    assert judgement.predictions.accuracy == pytest.approx(judgement.result.test_accuracy)


def test_the_accuracy_is_that_of_the_predictions_where_probabilities_are_equal(settings):
    wanted = settings(hidden_layers=0, loss="binary_cross_entropy")
    data = prepare_data(wanted)
    state = assemble(wanted, data)
    state.network.arrays["biases_1"][:] = [1000, 1001, 1002, 0]  # three sigmoids are exactly 1
    judgement = judge(state, data, epoch=0, title="a run")
    zeros = np.mean(data.split.test.labels == 0)
    assert judgement.result.test_accuracy == judgement.predictions.accuracy == zeros
    assert judgement.confusion[:, 0].sum() == len(data.split.test)
