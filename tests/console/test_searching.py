"""The ways into a search, and the studies that come with the program."""

import shlex
from pathlib import Path

import pytest

pytest.importorskip("optuna")

from nn.console.interview import CHANGE, hold_interview
from nn.console.searching import _review, gather_plan, search_command
from nn.searching.plan import plan_search
from nn.settings.search_declaration import SEARCH, SearchSettings
from tests.console.test_interview import ENTER, Script

STUDIES = Path(__file__).resolve().parents[2] / "configs" / "studies"
PLACES = {
    "002_search": 40,
    "003_table": 2 * 2 * 3,
    "004_comparisons": (3 * 3 - 1) * 3,  # without hidden layers two of the three are one network
    "004_decay": 2 * 3 * 3,
    "004_l1": 2 * 3 * 3,
    "lesson_1_activation": 2,
    "lesson_2_learning_rate": 4,
    "lesson_3_by_heart": 2,
    "lesson_4_hidden_layers": 3,
    "lesson_5_first_weights": 2,
}


def test_every_study_that_comes_along_can_be_started():
    found = {}
    for path in STUDIES.glob("*.yaml"):
        plan = gather_plan(["--config", str(path)])
        assert plan.name == path.stem
        found[path.stem] = plan.trials
    assert found == PLACES


def test_a_study_and_its_start_are_found_by_name_from_any_folder(tmp_path, monkeypatch):
    by_path = gather_plan(["--config", str(STUDIES / "003_table.yaml")])
    monkeypatch.chdir(tmp_path)
    by_name = gather_plan(["--config", "studies/003_table"])
    assert (by_name.name, by_name.base) == (by_path.name, by_path.base)
    start = gather_plan(["--defaults", "--start", "003_plain"]).base
    assert start.batch_size == by_path.base.batch_size


def test_a_study_takes_all_else_from_its_start_and_flags_win():
    plan = gather_plan(["--config", str(STUDIES / "002_search.yaml"), "--batch-size", "50"])
    assert (plan.base.decay, plan.base.epochs, plan.base.batch_size) == ("halving", 20, 50)
    settings = plan.settings({"hidden_units": 300, "learning_rate": 0.5, "l2_strength": "1e-05"})
    assert (settings.layers, settings.hidden_layers, settings.hidden_units) == (None, 1, 300)


def test_the_command_of_a_search_starts_the_same_search():
    words = [
        "--defaults", "--vary", "hidden_units: [3, 4]", "--no-pruning", "--sampler", "grid",
        "--epochs", "2", "--l1", "--save-dir", "some where",
    ]  # fmt: skip
    plan = gather_plan(words)
    python, script, *rest = shlex.split(search_command(plan))
    assert (python, script) == ("python", "search.py")
    again = gather_plan(rest)
    assert again.search == plan.search
    assert again.base == plan.base


def test_a_grid_of_a_range_is_explained_and_an_answer_can_be_changed():
    script = Script(ENTER, ENTER, "grid", ENTER, CHANGE.value, "sampler", "random")
    search, _ = hold_interview(
        script, SEARCH, SearchSettings(), {}, lambda search: _review(plan_search(search, {}))
    )
    assert "learning_rate is a range" in "".join(script.shown)
    assert script.asked[4:6] == ["Ready?", "Which answer?"]
    assert script.suggested[4] == CHANGE.value
    assert (search.sampler, search.trials) == ("random", 20)


def test_with_every_answer_given_there_is_none_to_change():
    given = SearchSettings(**{one.name: one.default for one in SEARCH.asked} | {"sampler": "grid"})
    with pytest.raises(SystemExit):
        hold_interview(Script(), SEARCH, given, {}, lambda search: _review(plan_search(search, {})))
