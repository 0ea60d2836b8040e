"""The list of layers as it may be written, and what is wrong with it."""

import subprocess
import sys

import pytest

from nn.architecture.layer_list import check_layers, hidden_layer_list
from nn.errors import SettingError


def test_the_shorthand_is_written_out() -> None:
    assert hidden_layer_list(0, 64, "relu") == []
    assert hidden_layer_list(2, 64, "sigmoid") == [{"dense": 64}, "sigmoid"] * 2


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ([{"dense": "128"}, " ReLU "], [{"dense": 128}, "relu"]),
        ([{"dense": {"units": 128}}], [{"dense": 128}]),
        (
            ({"Dropout": "0.5"}, {"relu": None}, {"flatten": ""}),
            [{"dropout": 0.5}, "relu", "flatten"],
        ),
        ([{"max_pool": ["2", 3]}], [{"max_pool": [2, 3]}]),
        (
            [{"conv2d": {"kernel_size": "3", "filters": "8", "padding": "Same"}}],
            [{"conv2d": {"kernel_size": 3, "filters": 8, "padding": "same"}}],
        ),
    ],
)
def test_a_checked_list_is_plain_and_stays_so(written, plain) -> None:
    assert check_layers(written) == plain
    assert check_layers(plain) == plain


def test_checking_a_list_does_not_wait_for_scipy() -> None:
    code = (
        "import sys, nn.architecture.layer_list as a; a.check_layers([{'dense': 5}]); "
        "assert not {'scipy', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("relu", r"layers is 'relu'; expected a list of layers, as in \[\{dense: 64\}, relu\]"),
        ({"dense": 5}, r"layers is \{'dense': 5\}; expected a list"),
        (None, "layers is None; expected a list"),
        ([], "layers is an empty list; .* set hidden_layers to 0"),
        (["relu"] * 1001, "layers has 1,001 layers; at most 1,000 are allowed"),
        (
            ["relu", "rleu"],
            r"layer 2: unknown layer 'rleu'\. Did you mean relu\? .* dense, output",
        ),
        ([{"maxpool": 2}], r"layer 1: unknown layer 'maxpool'\. Did you mean max_pool\?"),
        ([["relu"]], r"layer 1 is \['relu'\]; expected one layer, such as relu"),
        ([None], "layer 1 is None"),
        ([3], "layer 1 is 3"),
        ([{1: 2}], r"layer 1 is \{1: 2\}"),
        ([{"dense": 5, "relu": None}], "layer 1 is .* expected one layer"),
        ([{}], r"layer 1 is \{\}"),
        (["dense"], r"layer 1 \(dense\): units is missing, as in \{dense: 128\}"),
        ([{"dense": {}}], "units is missing"),
        ([{"conv2d": 8}], r"kernel_size is missing, as in \{conv2d: \{filters: 8, kernel_size: 3"),
        ([{"dense": {"unit": 5}}], r"unknown option 'unit'\. Did you mean units\? Its .* units"),
        ([{"relu": {"slope": 1}}], r"unknown option 'slope'\. It has none"),
        ([{"relu": 3}], r"layer 1 \(relu\) has no options, got 3"),
        ([{"dropout": 1}], "rate is 1; expected a number from 0 and below 1"),
        ([{"dropout": "nan"}], "rate is 'nan'"),
        ([{"dropout": 10**400}], "rate is 1000"),
        ([{"dropout": True}], "rate is True"),
        ([{"max_pool": [2, 2, 2]}], r"size is \[2, 2, 2\]; .* or two of them, \[height, width\]"),
        ([{"max_pool": [2, [2]]}], r"size is \[2, \[2\]\]"),
        ([{"max_pool": 10**9}], "size is 1000000000; expected a whole number from 1 to 4096"),
        ([{"conv2d": {"filters": 2, "kernel_size": 3, "padding": -1}}], "padding is -1; .* from 0"),
        ([{"conv2d": {"filters": 2, "kernel_size": 3, "padding": "full"}}], "padding is 'full'"),
        ([{"conv2d": {"filters": 2, "kernel_size": 3, "dilation": 0}}], "dilation is 0"),
        (["output", "output"], r"layer 2 \(output\): it appears twice"),
    ],
)
def test_what_no_image_could_make_right_is_found_without_one(layers, message) -> None:
    with pytest.raises(SettingError, match=message):
        check_layers(layers)


@pytest.mark.parametrize("units", [0, -1, 1.5, 2.0, True, "²", "1.0", "", "many", [5], {"a": 1}])
def test_only_whole_numbers_from_1_are_units(units) -> None:
    with pytest.raises(SettingError, match=r"layers, layer 1 \(dense\): units is"):
        check_layers([{"dense": {"units": units}}])


def test_a_thousand_layers_are_accepted_and_one_more_is_not() -> None:
    assert len(check_layers(["relu"] * 1000)) == 1000
    with pytest.raises(SettingError, match="layers has 1,001 layers; at most 1,000 are allowed"):
        check_layers(["relu"] * 1001)
