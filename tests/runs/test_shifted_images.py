"""Images that are read at several positions, and what these readings say together."""

import numpy as np
import pytest

from nn.datasets.images import LabelledImages
from nn.losses import LOSSES
from nn.runs.assembly import assemble
from nn.runs.preparation import prepare_data
from nn.runs.shifted_images import evaluate_shifted, shifted
from nn.training.evaluation import evaluate


def test_every_shift_comes_once_and_background_enters_at_the_edges() -> None:
    image = np.array([[1, 2], [3, 4]], np.uint8)
    part = LabelledImages(image[np.newaxis], np.array([7]))
    moved = [one.images[0].tolist() for one in shifted(part, 1)]
    assert len(moved) == 9
    assert moved[0] == [[0, 0], [0, 1]]
    assert moved[4] == image.tolist()
    assert moved[7] == [[3, 4], [0, 0]]
    in_colour = LabelledImages(np.stack([image] * 3)[np.newaxis], np.array([7]))
    assert next(shifted(in_colour, 1)).images.shape == (1, 3, 2, 2)
    (alone,) = shifted(part, 0)
    assert alone.images.tolist() == [image.tolist()]


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_the_answer_is_the_mean_of_the_probabilities(loss, settings) -> None:
    wanted = settings(loss=loss.name)
    data = prepare_data(wanted)
    network, part = assemble(wanted, data).network, data.split.test
    network.parameters.values[:] *= 4
    alone = [evaluate(network, loss, data.in_order(one)()) for one in shifted(part, 1)]
    mean = np.mean([loss.probabilities(one.logits) for one in alone], axis=0)

    together = evaluate_shifted(network, loss, data, part, 1)
    np.testing.assert_allclose(loss.probabilities(together.logits), mean, atol=1e-6)
    assert together.accuracy == np.mean(mean.argmax(axis=1) == part.labels)
    assert together.loss == loss.value(together.logits, part.labels)
    assert together.loss != alone[4].loss
    once = evaluate_shifted(network, loss, data, part, 0)
    np.testing.assert_array_equal(once.logits, alone[4].logits)
