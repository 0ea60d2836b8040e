import re

import pytest

from nn.errors import SettingError
from nn.settings.checking import Given, check_settings, check_value
from nn.settings.declaration import Settings


def test_what_is_not_given_has_its_default():
    assert check_settings({"epochs": Given("3", "--epochs")}) == Settings(epochs=3)


def test_an_error_says_where_what_arrived_what_is_expected_and_what_is_near():
    with pytest.raises(SettingError) as error:
        check_settings({"activation": Given("Rellu", "line 4")})
    assert str(error.value) == ("line 4 is 'Rellu'; expected relu or sigmoid. Did you mean relu?")
    assert error.value.exit_code == 2


def test_an_unknown_name_brings_the_nearest():
    with pytest.raises(SettingError, match=r"unknown setting\. Did you mean epochs\?"):
        check_settings({"epoch": Given("3", "epoch")})


def test_one_value_can_be_checked_alone():
    assert check_value("l1", Given(" Y ", "line 5")) is True


@pytest.mark.parametrize("other", ["hidden_layers", "hidden_units", "activation"])
def test_layers_and_their_shorthand_are_not_mixed(other):
    value = {"hidden_layers": "1", "hidden_units": "5", "activation": "relu"}[other]
    given = {"layers": Given("[relu]", "a.yaml, line 1: layers"), other: Given(value, "--other")}
    with pytest.raises(SettingError, match=r"a\.yaml, line 1: layers and --other both define"):
        check_settings(given)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("[{dens: 64}]", "layer 1: unknown layer 'dens'. Did you mean dense?"),
        ("[{dense: 0}]", "layer 1 (dense): units is '0'"),
        ("[relu, &a b, *a]", "expected a list of layers"),
        ("[!!python/name:os.system]", "expected a list of layers"),
        ("{dense: 64}", "expected a list of layers"),
        ("[]", "empty list"),
    ],
)
def test_a_list_of_layers_is_checked_at_once(written, words):
    with pytest.raises(SettingError, match=re.escape(words)) as error:
        check_settings({"layers": Given(written, "a.yaml, line 3: layers")})
    assert str(error.value).startswith("a.yaml, line 3: layers")
