"""Ticking what a search varies."""

import pytest

from nn.console.interview import BACK
from nn.console.vary_choice import _NAMES, choose_what_varies, suggested_values
from nn.settings.search_space import Range, read_space


class Ticker:
    """Ticks what a script says."""

    def __init__(self, *ticked) -> None:
        self._ticked = list(ticked)
        self.asked: list[str] = []

    def tick(self, message, choices):
        self.asked.append(message)
        ticked = self._ticked.pop(0)
        assert ticked is BACK or set(ticked) <= {choice.value for choice in choices}
        return ticked


@pytest.mark.parametrize(
    ("ticked", "written"),
    [
        ((["hidden_units", "l1"], ["16", "64"], ["yes"]), "hidden_units: [16, 64], l1: [yes]"),
        ((["learning_rate"], ["1e-4..0.1 log", "0.1"]), "learning_rate: 1e-4..0.1 log"),
        ((["l1"], BACK, ["seed"], ["0", "1"]), "seed: [0, 1]"),
        ((["l1", "something else"],), ""),
        ((BACK,), ""),
    ],
)  # fmt: skip
def test_what_was_ticked_becomes_yaml(ticked, written):
    assert choose_what_varies(Ticker(*ticked)) == written


@pytest.mark.parametrize("name", _NAMES)
def test_every_suggestion_is_a_value_of_its_setting(name):
    for choice in suggested_values(name):
        ranged = ".." in choice.value
        space = read_space(f"{name}: {choice.value if ranged else [choice.value]}", "vary")
        assert isinstance(space[name], Range) == ranged
        assert choice.explain
