from nn.settings.declaration import SETTINGS
from nn.settings.setting import Choice, no, yes


def test_a_value_is_its_own_first_spelling():
    assert Choice(1, "one", explain="").spellings == ("1", "one")
    assert yes("").shown == "yes"


def test_true_is_not_one_and_false_is_not_zero():
    assert not Choice(1, explain="").is_meant_by(True)
    assert not no("").is_meant_by(0)


def test_blanks_and_capitals_make_no_difference():
    assert no("").is_meant_by(" Off\t")
    assert SETTINGS["l1"].interpret(" YES ") is True
    assert SETTINGS["epochs"].interpret(" 3 ") == "3"


def test_what_a_setting_accepts_is_said_in_words():
    assert SETTINGS["epochs"].expected == "a whole number from 1 up to 1,000,000,000,000"
    assert SETTINGS["momentum"].expected == "a number from 0 below 1"
    assert SETTINGS["decay_rate"].expected == "a number above 0 up to 1"
    assert SETTINGS["hidden_layers"].expected == "0 (zero), 1 (one) or 2 (two)"
    assert SETTINGS["hidden_units"].expected == "a whole number from 1 up to 1,000,000"


def test_values_are_shown_as_a_person_writes_them():
    assert SETTINGS["l1"].show(True) == "yes"
    assert SETTINGS["epochs"].show(10) == "10"
    assert SETTINGS["activation"].show("relu") == "relu"
