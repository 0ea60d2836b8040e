"""What varies: every way to write it, and every way to get it wrong."""

import pytest

from nn.errors import SettingError
from nn.settings.search_declaration import SearchSettings
from nn.settings.search_space import Range, Values, grid, read_space, settings_of, show_space


def test_values_and_ranges_are_read_as_their_settings_read_them():
    space = read_space(
        "learning_rate: 1e-4..1 log, hidden_units: 50..1000, l2_strength: 0..0.1, l1: [y, No],"
        " hidden_layers: [zero, 2], normalization: Normal",
        "vary",
    )
    assert space == {
        "learning_rate": Range("learning_rate", 1e-4, 1.0, log=True, whole=False),
        "hidden_units": Range("hidden_units", 50, 1000, log=False, whole=True),
        "l2_strength": Range("l2_strength", 0.0, 0.1, log=False, whole=False),
        "l1": Values(("l1",), ((True,), (False,))),
        "hidden_layers": Values(("hidden_layers",), ((0,), (2,))),
        "normalization": Values(("normalization",), (("normal",),)),
    }


def test_settings_that_vary_together_and_layers_are_lists_of_lists():
    space = read_space(
        "activation, optimizer: [[relu, sgd], [sigmoid, ADAM]], layers: [[{dense: 3}], [relu]]", "v"
    )
    assert space["activation, optimizer"].choices == (("relu", "sgd"), ("sigmoid", "adam"))
    assert space["layers"].choices == (([{"dense": 3}],), (["relu"],))
    assert settings_of(space, {"activation, optimizer": "sigmoid, adam", "layers": "[relu]"}) == {
        "activation": "sigmoid",
        "optimizer": "adam",
        "layers": ["relu"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "learning_rate: 0.0001..1.0 log, hidden_units: 50..1000000",
        "activation, optimizer: [[relu, sgd], [sigmoid, momentum]], seed: [0, 1]",
        "layers: [[{dense: 20}, relu], [output, relu]], l1: [yes, no]",
    ],
)
def test_what_is_shown_can_be_read_again(text):
    assert show_space(read_space(text, "vary")) == text
    assert SearchSettings(vary=text).vary == text
    assert read_space(f"{{{text}}}", "vary") == read_space(text, "vary")


def test_a_mapping_from_yaml_is_read_alike():
    written = {"hidden_units": ["5", "6"], "activation, optimizer": [["relu", "sgd"]]}
    text = "hidden_units: [5, 6], activation, optimizer: [[relu, sgd]]"
    assert read_space(written, "vary") == read_space(text, "vary")


def test_a_value_given_twice_is_one():
    assert read_space("hidden_layers: [1, one]", "vary")["hidden_layers"].labels == ["1"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hidden_units: 100..50", "is '100..50', from large to small; write 50..100"),
        ("hidden_units: 50..50", "a single number"),
        ("learning_rate: 0..1", "vary: learning_rate is '0'; expected a number above 0"),
        ("hidden_units: [5, 0]", "vary: hidden_units is '0'; expected a whole number from 1"),
        ("hidden_units: 1.5..3", "hidden_units is '1.5'"),
        ("l2_strength: 0..1 log", "a log range must begin above 0"),
        ("l2_strength: 0..1 lin", "only the word log may follow"),
        ("learning_rte: [1]", "unknown setting 'learning_rte'. Did you mean learning_rate?"),
        ("name: [a, b]", "it cannot vary"),
        ("activation: relu..sigmoid", "expected relu or sigmoid, not a range"),
        ("activation, optimizer: [[relu]]", "each value is a list of 2"),
        ("activation, optimizer: [relu, sgd]", "each value is a list of 2"),
        ("hidden_units: []", "has no values"),
        ("hidden_units", "has no values"),
        ({"activation, optimizer": [["relu", "sgd"]], "optimizer": "sgd"}, "optimizer twice"),
        ("hidden_units: [1", "expected settings with a list or a range"),
        ("!!python/object:os.system {}", "expected settings with a list or a range"),
        ("", "expected settings with a list or a range"),
        ("[1, 2]", "expected settings with a list"),
    ],
)
def test_what_cannot_vary_so_is_said_with_what_would_do(text, words):
    with pytest.raises(SettingError) as error:
        read_space(text, "vary")
    assert words in str(error.value)
    with pytest.raises(SettingError):
        SearchSettings(vary=text)


def test_a_grid_of_more_than_anyone_can_train_is_refused_before_it_is_made():
    """Fifteen lines of a config would make a thousand million million combinations."""
    ten = ", ".join(map(str, range(1, 11)))
    names = ["epochs", "hidden_units", "batch_size", "seed", "patience", "decay_every"]
    space = read_space(", ".join(f"{name}: [{ten}]" for name in names), "vary")
    assert next(grid({name: space[name] for name in names[:5]}))["epochs"] == "1"
    with pytest.raises(SettingError, match="a grid of 1000000 combinations; at most 100,000"):
        next(grid(space))


def test_a_grid_is_every_combination_once():
    space = read_space("hidden_layers: [0, 1], activation: [relu, sigmoid], seed: [3]", "vary")
    assert list(grid(space)) == [
        {"hidden_layers": layers, "activation": activation, "seed": "3"}
        for layers in ("0", "1")
        for activation in ("relu", "sigmoid")
    ]
    with pytest.raises(SettingError, match="seed is a range; the sampler grid accepts only lists"):
        list(grid(read_space("seed: 0..5", "vary")))


def test_numbers_drawn_are_short_and_stay_in_their_range():
    space = read_space("learning_rate: 0.12344..0.123461, hidden_units: 1..9", "vary")
    for drawn in (0.12344, 0.1234567, 0.123461):
        rate = settings_of(space, {"learning_rate": drawn, "hidden_units": 3})["learning_rate"]
        assert 0.12344 <= rate <= 0.123461
    wide = read_space("learning_rate: 1e-4..1", "vary")
    assert settings_of(wide, {"learning_rate": 0.123456})["learning_rate"] == 0.1235
