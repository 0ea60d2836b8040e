"""What a list of layers becomes, and how its errors name the layer that does not fit."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn.architecture.building import build_network, describe
from nn.architecture.kinds import KINDS
from nn.architecture.layer_list import check_layers, hidden_layer_list
from nn.errors import SettingError
from nn.initializers import he
from nn.layers.activations import ReLU, Sigmoid
from nn.layers.batch_norm import BatchNorm
from nn.layers.convolution import Convolution
from nn.layers.dense import Dense
from nn.layers.dropout import Dropout
from nn.layers.flatten import Images
from nn.layers.layer import Layer
from nn.layers.pooling import MaxPooling
from nn.network import Network

CONVOLUTION = {"conv2d": {"filters": 2, "kernel_size": 3}}
LENET = [
    {"conv2d": {"filters": 3, "kernel_size": 3, "padding": 1}},
    "batch_norm",
    "relu",
    {"max_pool": 2},
    {"conv2d": {"filters": 4, "kernel_size": 3, "dilation": 2}},
    "relu",
    "flatten",
    {"dense": 6},
    "batch_norm",
    "relu",
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.sampled_from([*KINDS, "units", "size", "x"]), children, max_size=3)
    ),
    max_leaves=8,
)


def build(layers: list[Any], size: tuple[int, int] = (28, 28), classes: int = 10) -> Network:
    rng = np.random.default_rng(0)
    return build_network(layers, input_shape=size, classes=classes, initializer=he, rng=rng)


def kinds(network: Network) -> list[type[Layer]]:
    return [type(layer) for layer in network.layers]


def test_each_layer_has_words_and_a_shape() -> None:
    network = build(hidden_layer_list(1, 64, "relu"))
    assert describe(network) == [
        ("dense 784 -> 64", "64"),
        ("relu", "64"),
        ("dense 64 -> 10", "10"),
    ]
    assert describe(build([])) == [("dense 784 -> 10", "10")]


def test_the_output_layer_is_added_unless_it_is_named() -> None:
    assert kinds(build(["output", "relu"])) == [Dense, ReLU]
    assert kinds(build([{"dense": 5}, "output"])) == [Dense, Dense]
    assert kinds(build([{"dense": 5}])) == [Dense, Dense]
    assert build(["output"], classes=3).layers[-1].output_shape == (3,)


def test_the_dilated_network() -> None:
    layers = [
        {"conv2d": {"filters": 8, "kernel_size": 3, "dilation": 2}},
        "relu",
        "flatten",
        {"dense": 128},
        "relu",
    ]
    assert describe(build(layers)) == [
        ("images", "1 x 28 x 28"),
        ("conv2d 1 -> 8, kernel 3, dilation 2", "8 x 24 x 24"),
        ("relu", "8 x 24 x 24"),
        ("flatten", "4608"),
        ("dense 4608 -> 128", "128"),
        ("relu", "128"),
        ("dense 128 -> 10", "10"),
    ]


def test_every_kind_of_layer_is_built_with_its_options() -> None:
    layers = [
        "batch_norm",
        {"conv2d": {"filters": 4, "kernel_size": [3, 2], "stride": 2, "padding": 1}},
        "sigmoid",
        {"max_pool": {"size": 2, "stride": 1}},
        {"dropout": 0.25},
        "global_average_pool",
        "flatten",
        {"dense": {"units": 6}},
    ]
    network = build(layers, size=(9, 8))
    assert kinds(network)[:5] == [Images, BatchNorm, Convolution, Sigmoid, MaxPooling]
    assert describe(network)[1:7] == [
        ("batch_norm 1", "1 x 9 x 8"),
        ("conv2d 1 -> 4, kernel 3 x 2, stride 2, padded to 11 x 10", "4 x 5 x 5"),
        ("sigmoid", "4 x 5 x 5"),
        ("max_pool 2, stride 1", "4 x 4 x 4"),
        ("dropout 0.25", "4 x 4 x 4"),
        ("global_average_pool", "4"),
    ]
    named = {name for layer in layers for name in ([layer] if isinstance(layer, str) else layer)}
    assert named == set(KINDS) - {"output", "relu"}, "a new layer belongs in this test"


@pytest.mark.parametrize(
    ("layers", "images"),
    [
        ([{"dense": 5}], False),
        (["batch_norm", "relu", {"dense": 5}], False),
        (["flatten", {"dense": 5}], False),
        (["batch_norm", {"dropout": 0.5}, {"max_pool": 2}, "flatten"], True),
        ([{"max_pool": 2}, "flatten"], True),
    ],
)
def test_rows_become_images_where_the_first_layers_need_them(layers, images) -> None:
    assert (Images in kinds(build(layers))) == images
    assert build(layers).forward(np.zeros((3, 784), np.float32)).shape == (3, 10)


def test_the_same_stream_gives_the_same_network_with_dropout_or_without() -> None:
    layers = [{"dense": 5}, "relu"]
    without = build(layers).parameters.values
    assert (build(layers).parameters.values == without).all()
    network = build([{"dropout": 0.5}, *layers, {"dropout": 0.5}])
    assert (network.parameters.values == without).all()


def test_each_dropout_has_a_stream_of_its_own_whatever_the_sizes() -> None:
    draws = []
    for units in (5, 7):
        network = build([{"dropout": 0.5}, {"dense": units}, {"dropout": 0.5}])
        draws.append([one.rng.random() for one in network.layers if isinstance(one, Dropout)])
    assert draws[0] == draws[1]
    assert draws[0][0] != draws[0][1]


def test_arrays_are_numbered_in_the_order_of_the_list() -> None:
    network = build(
        [{"conv2d": {"filters": 2, "kernel_size": 3}}, "batch_norm", "flatten", "batch_norm"]
    )
    assert {name: array.shape for name, array in network.arrays.items()} == {
        "weights_1": (9, 2),
        "biases_1": (2,),
        "gamma_1": (2,),
        "beta_1": (2,),
        "running_mean_1": (2,),
        "running_variance_1": (2,),
        "gamma_2": (1352,),
        "beta_2": (1352,),
        "running_mean_2": (1352,),
        "running_variance_2": (1352,),
        "weights_2": (1352, 10),
        "biases_2": (10,),
    }


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([CONVOLUTION, {"dense": 5}], r"layer 2 \(dense\): .*2 x 6 x 6 .*put flatten before it"),
        ([CONVOLUTION], r"layer 2 \(output\): .* put flatten before it"),
        ([{"dense": 5}, CONVOLUTION], r"layer 2 \(conv2d\): .*gets rows of 5 numbers"),
        (
            ["flatten", {"max_pool": 2}, "flatten"],
            r"layer 2 \(max_pool\): .*rows of 64 numbers",
        ),
        ([{"conv2d": {"filters": 2, "kernel_size": 9}}], r"layer 1 .*9 x 9 is larger .* 8 x 8"),
        ([{"max_pool": 4}, {"max_pool": 3}], r"layer 2 .*3 x 3 is larger .* 2 x 2"),
        (["output", {"dense": 5}], r"layer 2 \(dense\): .* has 5 numbers, .* 10 classes"),
        ([{"dense": 10**9}], r"layer 1 \(dense\): .* 64,000,000,000 weights, 238.42 GiB; at"),
        ([{"dense": 10**30}], r"layer 1 \(dense\): .* weights, [\d,]+.\d\d GiB"),
        ([{"dense": 2**9}, {"dense": 2**17}], r"layer 2 .* 67,141,632 weights"),
        ([{"conv2d": {"filters": 10**9, "kernel_size": 3}}], "9,000,000,000 weights, 33.53 GiB"),
        ([{"conv2d": {"filters": 10**6, "kernel_size": 1}}], "outputs 64,000,000 numbers per"),
        (
            [{"conv2d": {"filters": 1, "kernel_size": 1, "padding": 4096, "stride": 4096}}],
            "outputs 67,240,000 numbers",
        ),
        (
            [{"conv2d": {"filters": 1, "kernel_size": 3, "stride": 2, "padding": "same"}}],
            "padding same",
        ),
    ],
)
def test_what_does_not_fit_the_images_names_its_layer(layers, message) -> None:
    check_layers(layers)
    with pytest.raises(SettingError, match=message):
        build(layers, size=(8, 8))


def carry_over(network: Network, theirs: Any, torch: Any) -> None:
    """Make our network's arrays those of a torch.nn.Sequential of the same layers."""
    learning = [module for module in theirs if hasattr(module, "weight")]
    ours = [layer for layer in network.layers if layer.parameters]
    for layer, module in zip(ours, learning, strict=True):
        weight = module.weight.detach().numpy()
        if isinstance(layer, BatchNorm):
            layer.gamma.value[:] = weight
            layer.beta.value[:] = module.bias.detach().numpy()
            layer.running_mean[:] = module.running_mean.numpy()
            layer.running_variance[:] = module.running_var.numpy()
        else:
            layer.arrays["weights"][:] = weight.reshape(len(weight), -1).T
            layer.arrays["biases"][:] = module.bias.detach().numpy()


def test_weights_carried_over_from_pytorch_give_the_same_logits() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3, padding=1),
        torch.nn.BatchNorm2d(3),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(3, 4, 3, dilation=2),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
        torch.nn.Linear(4 * 10 * 10, 6),
        torch.nn.BatchNorm1d(6),
        torch.nn.ReLU(),
        torch.nn.Linear(6, 10),
    )
    images = torch.rand(50, 1, 28, 28)
    theirs(images)  # moves the running averages
    network = build(LENET)
    carry_over(network, theirs, torch)
    rows = images.numpy().reshape(50, 784)

    for training in (False, True):
        theirs.train(training)
        expected = theirs(images).detach().numpy()
        # float32 sums of up to 400 products in another order: some 1e-6 of logits around 1.
        np.testing.assert_allclose(network.forward(rows, training), expected, atol=1e-5, rtol=1e-5)
    carried_on = build(LENET)
    carry_over(carried_on, theirs, torch)
    for name, array in network.arrays.items():
        np.testing.assert_allclose(array, carried_on.arrays[name], atol=1e-6, rtol=1e-5)


def test_many_images_at_once_give_what_few_at_a_time_give() -> None:
    network = build(LENET)
    rows = np.random.default_rng(0).random((700, 784), dtype=np.float32)
    at_once = network.forward(rows)
    in_parts = np.concatenate([network.forward(rows[i : i + 7]) for i in range(0, 700, 7)])
    assert at_once.shape == (700, 10)
    np.testing.assert_allclose(at_once, in_parts, atol=1e-5)


def test_two_thousand_images_at_once_need_little_memory() -> None:
    network = build([{"conv2d": {"filters": 16, "kernel_size": 5}}, "relu", "flatten"])
    rows = np.zeros((2000, 784), np.float32)
    tracemalloc.start()
    network.forward(rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # All windows of all images would take 115 MB, and their outputs, twice, 147 MB.
    assert peak < 20e6


@settings(max_examples=100, deadline=None)
@given(ANYTHING)
def test_whatever_is_written_is_a_list_of_layers_or_a_setting_error(written) -> None:
    try:
        plain = check_layers(written)
    except SettingError:
        return
    assert check_layers(plain) == plain
    try:
        network = build(plain, size=(8, 8))
    except SettingError:
        return
    assert network.layers[-1].output_shape == (10,)
