"""What a training hands over to a checkpoint, and takes back from it."""

import math

import numpy as np
import pytest

from nn.runs.assembly import assemble
from nn.runs.preparation import prepare_data
from nn.training.history import EpochRecord
from nn.training.layer_health import LayerRecord
from nn.training.state import Checkpoint


@pytest.fixture
def made(settings):
    """Return a function that makes the state of a training before its first step."""

    def make(**changes):
        wanted = settings(optimizer="adam", layers=[{"dense": 4}, {"dropout": 0.5}], **changes)
        return assemble(wanted, prepare_data(wanted))

    return make


def advance(state) -> None:
    """Change everything that steps change: one epoch, and eight examples of the next."""
    steps = -(-state.batches.examples // state.batches.batch_size) + 2
    state.network.parameters.values[:] += 1
    state.optimizer.state["mean"][:] = 2
    state.optimizer.state["steps"][:] = steps
    for rng in state.streams.values():
        rng.random(3)
    state.history.append(EpochRecord(1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6))
    state.layers.append(LayerRecord(1, 1, math.nan, 0.25, 2.0, 3.0, math.inf))
    state.so_far.add(8, 0.7, 0.25)
    state.so_far.last_finite = {n: array + 3 for n, array in state.network.arrays.items()}


def copied(checkpoint: Checkpoint) -> Checkpoint:
    return Checkpoint(checkpoint.numbers, {n: a.copy() for n, a in checkpoint.arrays.items()})


def test_another_training_takes_over_all_that_steps_change(made):
    first, second = made(), made()
    advance(first)
    kept = copied(first.gather())
    second.put_back(kept)
    again = second.gather()
    assert again.numbers == kept.numbers
    assert again.arrays.keys() == kept.arrays.keys()
    for name, array in kept.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array)
    draws = [[rng.random() for rng in state.streams.values()] for state in (first, second)]
    assert draws[0] == draws[1]
    assert second.history == first.history
    assert str(second.layers) == str(first.layers)  # NaN equals nothing


def test_the_best_network_is_taken_over_beside_the_latest(made):
    first, second = (made(restore_best_weights=True) for _ in range(2))
    advance(first)
    first.best.arrays = {name: array + 5 for name, array in first.network.arrays.items()}
    second.put_back(copied(first.gather()))
    for name, array in first.best.arrays.items():
        np.testing.assert_array_equal(second.best.arrays[name], array)


def test_the_average_of_the_weights_is_taken_over_beside_the_weights(made):
    first, second = (made(weight_average=0.9) for _ in range(2))
    advance(first)
    first.judged.parameters.values[:] = 7
    kept = copied(first.gather())
    assert first.layout(kept.numbers).keys() == kept.arrays.keys()
    second.put_back(kept)
    assert (second.judged.parameters.values == 7).all()
    assert (second.network.parameters.values == first.network.parameters.values).all()


def test_the_layout_is_that_of_the_arrays_that_were_gathered(made):
    state = made()
    advance(state)
    kept = state.gather()
    expected = {name: (array.shape, array.dtype) for name, array in kept.arrays.items()}
    assert state.layout(kept.numbers) == expected
    assert "sound/weights_1" in expected  # the name in the checkpoints of all versions


def test_a_checkpoint_from_before_layers_were_looked_at_is_taken_over(made):
    first, second = made(), made()
    advance(first)
    kept = copied(first.gather())
    del kept.numbers["layers"], kept.arrays["layers"]
    assert second.layout(kept.numbers).keys() == kept.arrays.keys()
    second.put_back(kept)
    assert (second.history, second.layers) == (first.history, [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda kept: kept.numbers.update(loss=-1.0), "loss is not a finite number from 0"),
        (lambda kept: kept.arrays["optimizer/steps"].fill(3), "optimizer/steps is 3"),
        (lambda kept: kept.arrays["network/biases_1"].fill(np.nan), "network/biases_1 holds"),
        (lambda kept: kept.numbers.update(streams={}), "streams must be those of shuffling"),
        (lambda kept: kept.arrays["history"].fill(7), "history has a row that cannot be an epoch"),
        (lambda kept: kept.arrays["layers"].fill(-1), "layers has a row that cannot be the health"),
        (lambda kept: kept.arrays["layers"].fill(7), "layers has a row that cannot be the health"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(made, change, message):
    first, second = made(), made()
    advance(first)
    kept = copied(first.gather())
    change(kept)
    before = copied(second.gather())
    with pytest.raises(ValueError, match=message):
        second.put_back(kept)
    for name, array in second.gather().arrays.items():
        np.testing.assert_array_equal(array, before.arrays[name])


def test_a_checkpoint_stands_at_the_end_of_a_step_or_of_the_epoch(made):
    whole = made().batches.examples
    state = made(batch_size=whole - 1)
    numbers = state.gather().numbers
    for examples in (whole - 1, whole):  # the last step has one example
        assert "sound/weights_1" in state.layout(numbers | {"examples": examples})
    with pytest.raises(ValueError, match="which is not the end of a step"):
        state.layout(numbers | {"examples": whole - 2})


def test_no_more_layers_are_read_than_the_epochs_have(made):
    state = made()
    advance(state)
    numbers = state.gather().numbers
    with pytest.raises(ValueError, match="layers has 99 rows, more than 1 epochs can have"):
        state.layout(numbers | {"layers": 99})
