"""Dropout: by hand, by differences with the mask held still, and in the long run."""

import numpy as np
import pytest

from nn.gradients import check_gradients
from nn.layers.dropout import Dropout
from nn.layers.windows import batch_first, batch_last
from tests.built_layers import built


class Scripted(np.random.Generator):
    """Draws the same numbers every time."""

    def __init__(self, draws: list[float]) -> None:
        super().__init__(np.random.PCG64(0))
        self._draws = draws

    def random(self, size=None, dtype=np.float64, out=None):
        out[:] = self._draws
        return out


def scripted(rate: float, draws: list[float]) -> Dropout:
    layer = built(Dropout(rate), 4)
    layer.rng = Scripted(draws)
    return layer


def test_by_hand() -> None:
    layer = scripted(0.75, [0.7, 0.75, 0.1, 0.9])
    # Draws below the rate drop their number; what is left is divided by 1 - 0.75.
    assert layer.forward(np.array([[1.0, 2, 3, 4]]), training=True).tolist() == [[0, 8, 0, 16]]
    assert layer.backward(np.array([[1.0, 1, 1, -1]])).tolist() == [[0, 4, 0, -4]]


def test_outside_training_nothing_happens() -> None:
    layer = built(Dropout(0.9), 5)
    before = layer.rng.bit_generator.state
    inputs = np.random.default_rng(1).standard_normal((3, 5))
    assert (layer.forward(inputs) == inputs).all()
    assert layer.rng.bit_generator.state == before


def test_the_gradients_agree_with_differences() -> None:
    draws = np.random.default_rng(0).random(8).tolist()
    check_gradients(scripted(0.5, draws), np.random.default_rng(1).standard_normal((2, 4)))


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_in_the_long_run_the_rate_is_dropped_and_the_mean_stays(rate, dtype) -> None:
    layer = built(Dropout(rate), 1000)
    outputs = layer.forward(np.ones((100, 1000), dtype), training=True)
    assert outputs.dtype == dtype
    # 100,000 draws: the share's deviation is at most 0.0016.
    assert (outputs == 0).mean() == pytest.approx(rate, abs=0.007)
    assert outputs.mean() == pytest.approx(1, abs=0.014)
    assert set(np.unique(outputs)) <= {dtype(0), dtype(1 / (1 - rate))}


def test_each_step_drops_others_and_the_same_stream_the_same() -> None:
    inputs = np.ones((4, 50), np.float32)
    layer, again = (built(Dropout(0.5), 50, seed=3) for _ in range(2))
    first = layer.forward(inputs, training=True).copy()
    second = layer.forward(inputs, training=True).copy()
    assert (first != second).any()
    assert (again.forward(inputs, training=True) == first).all()
    assert (layer.backward(inputs) == second).all()


def test_images_in_any_order_in_memory() -> None:
    images = batch_first(np.ones((2, 3, 3, 50), np.float32))
    assert not images.flags.c_contiguous
    layer = built(Dropout(0.5), 2, 3, 3)
    for batch in (images, np.ascontiguousarray(images)[:40]):
        outputs = layer.forward(batch, training=True)
        assert outputs.shape == batch.shape
        assert 0.4 < (outputs == 0).mean() < 0.6
        assert (layer.backward(batch) == outputs).all()
    assert batch_last(images).flags.c_contiguous


def test_it_says_what_it_is() -> None:
    assert repr(Dropout(0.25)) == "dropout 0.25"


def test_masks_take_nothing_from_the_stream_of_the_weights() -> None:
    rng = np.random.default_rng(0)
    built(Dropout(0.5), 4, seed=rng).forward(np.ones((2, 4), np.float32), training=True)
    assert rng.random() == np.random.default_rng(0).random()
