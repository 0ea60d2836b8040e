"""The health of layers: figures worked by hand, and a probe that leaves no trace."""

from collections.abc import Sequence

import numpy as np
import pytest

from nn.layers.activations import ReLU, Sigmoid
from nn.layers.batch_norm import BatchNorm
from nn.layers.convolution import Convolution
from nn.layers.dense import Dense
from nn.layers.dropout import Dropout
from nn.layers.flatten import Flatten
from nn.layers.layer import Layer
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import OPTIMIZERS, SGD, Optimizer
from nn.training.history import EpochRecord
from nn.training.layer_health import LayerProbe, LayerRecord
from tests.training.scripted import Some

LOSS = SoftmaxCrossEntropy()
EPOCH = EpochRecord(3, 0.1, 1.0, 0.5, 1.0, 0.5, 1.0)


def some(features: int = 4, examples: int = 12) -> Some:
    rng = np.random.default_rng(0)
    return Some(
        rng.standard_normal((examples, features)).astype(np.float32), np.arange(examples) % 3
    )


def probe(
    network: Network, examples: Some, optimizer: Optimizer | None = None, batch_size: int = 12
) -> list[LayerRecord]:
    records: list[LayerRecord] = []
    LayerProbe(
        network,
        LOSS,
        optimizer or SGD(network.parameters, learning_rate=0.1),
        examples,
        batch_size=batch_size,
        steps_per_epoch=2000,
        records=records,
    ).on_epoch_end(EPOCH)
    return records


def test_units_that_are_silent_for_every_image_are_dead() -> None:
    hidden = Dense(4)
    network = Network([hidden, ReLU(), Dense(3)], 4)
    hidden.biases.value[:] = [-100, 100, -100, -100]
    first, last = probe(network, some())
    assert (first.epoch, first.layer, first.dead) == (3, 1, 0.75)
    assert (last.epoch, last.layer) == (3, 2)
    assert np.isnan([first.saturated, last.dead, last.saturated]).all()


def test_a_unit_that_fires_for_a_single_image_lives() -> None:
    hidden = Dense(1)
    network = Network([hidden, ReLU(), Dense(3)], 1)
    hidden.weights.value[:], hidden.biases.value[:] = 1, -1
    inputs = np.zeros((100, 1), np.float32)
    assert probe(network, Some(inputs, np.zeros(100, int)))[0].dead == 1
    inputs[99] = 2
    assert probe(network, Some(inputs, np.zeros(100, int)))[0].dead == 0


def test_a_filter_is_one_unit_and_lives_if_it_fires_anywhere() -> None:
    filters = Convolution(2, 2)
    network = Network([filters, BatchNorm(), ReLU(), Flatten(), Dense(3)], (2, 3))
    inputs = np.zeros((12, 6), np.float32)
    inputs[:, 5] = 1  # in the second of two positions
    filters.weights.value[:] = [[0, 0], [0, 0], [0, 0], [1, -1]]
    assert probe(network, Some(inputs, np.zeros(12, int)))[0].dead == 0.5


def test_sigmoids_whose_slope_is_below_a_tenth_of_the_steepest_are_saturated() -> None:
    hidden = Dense(1)
    network = Network([hidden, Sigmoid(), Dense(3)], 1)
    hidden.weights.value[:] = 1
    # The slope is 0.025 at 3.637.
    inputs = np.array([[-9], [-3.7], [-3.6], [0], [3.6], [3.7], [50], [0]], np.float32)
    record = probe(network, Some(inputs, np.zeros(8, int)))[0]
    assert record.saturated == 4 / 8
    assert np.isnan(record.dead)


def test_norms_and_ratio_are_those_of_a_step() -> None:
    network, examples = Network([Dense(3)], 4), some()
    weights = network.parameters.penalized.astype(np.float64)
    (record,) = probe(network, examples)
    network.backward(LOSS.gradient(network.forward(examples.inputs, True), examples.labels))
    gradient = np.linalg.norm(network.layers[0].weights.gradient)
    assert record.weight_norm == pytest.approx(np.sqrt((weights**2).sum()), rel=1e-6)
    assert record.gradient_norm == pytest.approx(gradient, rel=1e-5)
    assert record.update_ratio == pytest.approx(0.1 * gradient / record.weight_norm, rel=1e-4)


def test_several_small_steps_are_averaged() -> None:
    network, examples = Network([Dense(3)], 4), some()
    (record,) = probe(network, examples, batch_size=6)
    optimizer, norms = SGD(network.parameters, learning_rate=0.1), []
    for batch in (slice(6), slice(6, 12)):
        logits = network.forward(examples.inputs[batch], True)
        network.backward(LOSS.gradient(logits, examples.labels[batch]))
        norms.append(np.linalg.norm(network.layers[0].weights.gradient))
        optimizer.step()
    assert record.gradient_norm == pytest.approx(np.mean(norms), rel=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_probe_leaves_training_as_it_was(name: str) -> None:
    def arrays() -> list[np.ndarray]:
        return [*network.arrays.values(), *optimizer.state.values()]

    dropout = Dropout(0.5)
    layers: Sequence[Layer] = [Dense(5), BatchNorm(), ReLU(), dropout, Dense(3)]
    network = Network(layers, 4)
    optimizer = OPTIMIZERS[name](network.parameters, learning_rate=0.1)
    before, stream = [array.copy() for array in arrays()], dropout.rng.bit_generator.state
    records = probe(network, some(), optimizer)
    assert all(record.update_ratio > 0 for record in records)
    assert dropout.rng.bit_generator.state == stream
    for array, old in zip(arrays(), before, strict=True):
        np.testing.assert_array_equal(array, old)
    assert str(probe(network, some(), optimizer)) == str(records)  # NaN equals nothing


def test_a_short_epoch_is_probed_with_a_single_step() -> None:
    network, examples = Network([Dense(3)], 4), some()
    taken: list[int] = []
    watch = LayerProbe(
        network, LOSS, SGD(network.parameters, learning_rate=0.1), examples,
        batch_size=2, steps_per_epoch=6, records=[],
    )  # fmt: skip
    network.layers[0].backward, backward = (  # type: ignore[method-assign]
        lambda d_outputs: (taken.append(len(d_outputs)), backward(d_outputs))[1],
        network.layers[0].backward,
    )
    watch.on_epoch_end(EPOCH)
    assert taken == [2]


def test_a_network_without_weights_has_no_records() -> None:
    assert probe(Network([ReLU()], 3), some(3)) == []
