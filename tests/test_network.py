"""A whole network: its gradient against differences, its buffer, its names."""

from itertools import chain

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from nn.layers.activations import ReLU, Sigmoid
from nn.layers.convolution import Convolution
from nn.layers.dense import Dense
from nn.layers.dropout import Dropout
from nn.layers.flatten import Flatten
from nn.layers.layer import Layer
from nn.losses import SoftmaxCrossEntropy
from nn.network import LayerError, Network


def network_of(
    *sizes: int, bend: type[Layer] = Sigmoid, dtype: DTypeLike = np.float64, seed: int = 0
) -> Network:
    hidden = [layer for units in sizes[1:-1] for layer in (Dense(units), bend())]
    return Network([*hidden, Dense(sizes[-1])], sizes[0], seed=seed, dtype=dtype)


def gradient_of(network: Network, inputs: NDArray, labels: NDArray) -> NDArray:
    """Return the gradient of the mean loss, laid out as the network's values are."""
    network.backward(SoftmaxCrossEntropy().gradient(network.forward(inputs, training=True), labels))
    return network.parameters.gradients.copy()


@pytest.mark.parametrize("bend", [ReLU, Sigmoid])
@pytest.mark.parametrize("sizes", [(4, 3), (5, 4, 3), (6, 5, 4, 3)])
@pytest.mark.parametrize("examples", [1, 4])
def test_the_gradient_agrees_with_differences(
    bend: type[Layer], sizes: tuple[int, ...], examples: int
) -> None:
    network = network_of(*sizes, bend=bend)
    rng = np.random.default_rng(1)
    network.parameters.values += 0.1 * rng.standard_normal(network.parameter_count)
    inputs, labels = rng.standard_normal((examples, sizes[0])), rng.integers(0, 3, examples)
    gradient = gradient_of(network, inputs, labels)
    loss = SoftmaxCrossEntropy()
    values, step = network.parameters.values, 1e-6
    for i in range(len(values)):
        before = values[i]
        values[i] = before + step
        up = loss.value(network.forward(inputs), labels)
        values[i] = before - step
        down = loss.value(network.forward(inputs), labels)
        values[i] = before
        assert gradient[i] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-8)


def test_training_on_4_4_2_4_gives_what_fresh_networks_give() -> None:
    network = network_of(6, 5, 4, 3, bend=ReLU, dtype=np.float32)
    rng = np.random.default_rng(2)
    for examples in (4, 4, 2, 4, 1):
        inputs = rng.standard_normal((examples, 6)).astype(np.float32)
        labels = rng.integers(0, 3, examples)
        fresh = network_of(6, 5, 4, 3, bend=ReLU, dtype=np.float32)
        np.testing.assert_array_equal(
            gradient_of(network, inputs, labels), gradient_of(fresh, inputs, labels)
        )


def test_a_prediction_is_a_fresh_array_and_equals_the_training_pass() -> None:
    network = network_of(6, 5, 3)
    inputs = np.random.default_rng(3).standard_normal((4, 6))
    first, second = network.forward(inputs), network.forward(inputs)
    trained = network.forward(inputs, training=True)
    assert not np.shares_memory(first, second)
    assert not np.shares_memory(first, trained)
    np.testing.assert_allclose(first, trained, rtol=1e-14)


def test_one_buffer_holds_everything_weights_first() -> None:
    network = network_of(2, 3, 2)
    first, last = network.layers[0], network.layers[2]
    assert network.parameter_count == 2 * 3 + 3 + 3 * 2 + 2
    network.parameters.values[:] = np.arange(17)
    assert first.weights.value.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert last.weights.value.tolist() == [[6, 7], [8, 9], [10, 11]]
    assert first.biases.value.tolist() == [12, 13, 14]
    assert last.biases.value.tolist() == [15, 16]
    assert network.parameters.penalized.tolist() == list(range(12))
    # (1, 1) through the sums [0 + 3 + 12, 1 + 4 + 13, 2 + 5 + 14] and a saturated sigmoid:
    # [6 + 8 + 10 + 15, 7 + 9 + 11 + 16].
    logits = network.forward(np.array([[1.0, 1.0]]))
    np.testing.assert_allclose(logits, [[39, 43]], rtol=1e-5)


def test_arrays_are_numbered_by_layer_and_are_views() -> None:
    network = network_of(4, 3, 3, 2)
    assert list(network.arrays) == [
        *("weights_1", "biases_1", "weights_2", "biases_2", "weights_3", "biases_3")
    ]
    assert network.arrays["weights_3"].shape == (3, 2)
    network.arrays["weights_2"][:] = 7
    assert network.layers[2].weights.value.tolist() == [[7] * 3] * 3
    assert (network.parameters.values == 7).sum() == 9


def test_it_says_its_layers() -> None:
    assert repr(network_of(4, 3, 2, bend=ReLU)) == "dense 4 -> 3 | relu | dense 3 -> 2"


def test_layers_that_do_not_fit_are_named() -> None:
    with pytest.raises(LayerError, match=r"layer 2 \(dense\): it expects rows of numbers, but"):
        Network([Convolution(2, 3), Dense(5)], (6, 6))
    with pytest.raises(LayerError, match=r"layer 1 \(conv2d\): it expects images, .* rows of 36"):
        Network([Convolution(2, 3)], 36)


def test_images_enter_as_rows_and_become_images_where_the_first_layer_wants_them() -> None:
    network = Network([ReLU(), Convolution(2, 3), Flatten(), Dense(3)], (5, 4))
    assert repr(network.layers[0]) == "images"
    assert network.forward(np.ones((2, 20), np.float32)).shape == (2, 3)
    assert network.input_shape == (20,)
    assert repr(Network([ReLU(), Dense(3)], (5, 4)).layers[0]) == "relu"


def test_predictions_are_the_classes_of_the_largest_logits() -> None:
    network = network_of(4, 3)
    network.parameters.values[:] = 0
    network.layers[0].weights.value[0, 2] = network.layers[0].weights.value[1, 1] = 1
    images = np.array([[[5.0, 1], [0, 0]], [[1, 5], [0, 0]]])
    assert network.predict(images).tolist() == network.predict(images.reshape(2, 4)).tolist()
    assert network.predict(images).tolist() == [2, 1]
    assert network.predict(images[:1]).tolist() == [2]
    with pytest.raises(ValueError, match=r"shape \(2, 2\); expected 4 numbers .* images\[:1\]"):
        network.predict(images[0])


def test_a_seed_may_be_a_stream_and_gives_the_same_weights() -> None:
    values = [
        Network([Dense(3), Dropout(0.5), Dense(2)], 4, seed=seed).parameters.values
        for seed in (7, 7, np.random.default_rng(7), 8)
    ]
    assert (values[0] == values[1]).all()
    assert (values[0] == values[2]).all()
    assert (values[0] != values[3]).any()


def test_a_layer_in_two_places_is_refused() -> None:
    relu = ReLU()
    with pytest.raises(ValueError, match="twice"):
        Network([Dense(3), relu, Dense(3), relu], 3)


class Counting(ReLU):
    """Counts how often it is asked for a gradient."""

    asked = 0

    def backward(self, d_outputs: NDArray) -> NDArray:
        self.asked += 1
        return super().backward(d_outputs)


def test_nothing_before_the_first_layer_that_learns_is_asked_for_a_gradient() -> None:
    before, between = Counting(), Counting()
    network = Network([before, Dense(3), between, Dense(2)], 4)
    gradient_of(network, np.ones((2, 4), np.float32), np.array([0, 1]))
    assert (before.asked, between.asked) == (0, 1)
    assert [layer.needs_input_gradient for layer in network.layers[1:]] == [False, True, True]


def test_a_network_that_learns_nothing_is_possible() -> None:
    network = Network([ReLU()], 3)
    network.forward(np.ones((2, 3)), training=True)
    network.backward(np.ones((2, 3)))
    assert network.parameter_count == 0
    assert network.arrays == {}


def test_arrays_belong_to_their_layers_alone() -> None:
    """No two layers work in the same memory during a step."""
    network = network_of(4, 4, 4, 4)
    rng = np.random.default_rng(5)
    outputs = [rng.standard_normal((4, 4))]
    for layer in network.layers:
        outputs.append(layer.forward(outputs[-1], training=True))
    gradients = [rng.standard_normal((4, 4))]
    for layer in reversed(network.layers):
        gradients.append(layer.backward(gradients[-1]))
    arrays = list(chain(outputs, gradients[:-1], network.arrays.values()))
    for i, one in enumerate(arrays):
        for another in arrays[i + 1 :]:
            assert not np.shares_memory(one, another)


class Counter(Layer):
    """Makes many numbers of an example, and counts how many examples come at a time."""

    name = "counter"

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.outputs = outputs
        self.seen: list[int] = []

    def build(self, input_shape, initial) -> None:
        self.input_shape, self.output_shape = input_shape, (self.outputs,)

    def forward(self, inputs: NDArray, training: bool = False) -> NDArray:
        self.seen.append(len(inputs))
        return np.broadcast_to(inputs, (len(inputs), *self.output_shape))


def test_outside_training_large_layers_see_few_examples_at_a_time() -> None:
    counter = Counter(2**17)
    network = Network([counter], 1)
    inputs = np.arange(11.0).reshape(11, 1)
    assert network.forward(inputs)[:, -1].tolist() == list(range(11))
    assert counter.seen == [4, 4, 3]
    network.forward(inputs, training=True)
    assert counter.seen == [4, 4, 3, 11]


def test_a_snapshot_brings_everything_back() -> None:
    network = network_of(4, 3, 2)
    snapshot = network.snapshot()
    before = network.parameters.values.copy()
    network.parameters.values += 1
    network.restore(snapshot)
    assert (network.parameters.values == before).all()
