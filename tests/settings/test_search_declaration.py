"""The settings of a search: five questions, and what varies in one spelling."""

import pytest
from pydantic import ValidationError

from nn.errors import SettingError
from nn.settings.declaration import SETTINGS
from nn.settings.search_declaration import SEARCH, SearchSettings


def test_five_settings_are_asked_and_trials_only_if_there_is_no_grid() -> None:
    assert [one.name for one in SEARCH.asked] == ["vary", "start", "sampler", "trials", "pruning"]
    trials = SEARCH.settings["trials"]
    assert trials.is_asked({"sampler": "tpe"})
    assert not trials.is_asked({"sampler": "grid"})


def test_what_varies_is_kept_in_one_spelling() -> None:
    settings = SearchSettings(vary="{hidden_units:   [50,100]}")
    assert settings.vary == "hidden_units: [50, 100]"
    assert SearchSettings(vary={"hidden_units": ["50", "100"]}).vary == settings.vary


def test_an_empty_start_means_the_defaults() -> None:
    assert SearchSettings(start="  ").start == "defaults"


@pytest.mark.parametrize(
    ("name", "value"), [("trials", 0), ("sampler", "bayes"), ("study", "../x"), ("dead_after", 0.5)]
)
def test_values_out_of_range_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        SearchSettings(**{name: value})


def test_an_unknown_setting_cannot_vary() -> None:
    with pytest.raises(SettingError, match="unknown setting 'x'"):
        SearchSettings(vary="x: [1, 2]")


def test_no_setting_of_a_search_has_the_name_of_one_of_a_run() -> None:
    assert not SEARCH.settings.keys() & SETTINGS.keys()
