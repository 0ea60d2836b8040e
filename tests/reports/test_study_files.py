"""The table of a search's trials, and which of its pictures can be drawn."""

import csv

import pytest

pytest.importorskip("optuna")
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from nn.reports import study_files
from nn.reports.study_files import describe, draw_study, importance_of, write_trials
from nn.reports.study_plots import Axis
from nn.searching.plan import plan_search
from nn.searching.study import StudyStatus
from nn.settings.checking import Given
from nn.settings.search_declaration import SearchSettings

VARY = "learning_rate: 0.001..1 log, hidden_units: [4, 8]"
SPACE = {
    "learning_rate": FloatDistribution(0.001, 1, log=True),
    "hidden_units": CategoricalDistribution(("4", "8")),
}


def trial(rate, outcome, *curve, value=None, **notes):
    return create_trial(
        state=TrialState.COMPLETE if outcome == "complete" else TrialState.PRUNED,
        params={"learning_rate": rate, "hidden_units": "8"},
        distributions=SPACE,
        value=value,
        intermediate_values=dict(enumerate(curve, 1)),
        user_attrs={"result": {"outcome": outcome, "reason": "", **notes}},
    )


@pytest.fixture
def make_status(tmp_path):
    def make(*trials, vary=VARY, **search):
        given = {"save_dir": Given(str(tmp_path), "--save-dir")}
        plan = plan_search(SearchSettings(vary=vary, study="s", trials=12, **search), given)
        for number, one in enumerate(trials):
            one.number = number
        return StudyStatus(plan, trials)

    return make


@pytest.fixture
def drawn(monkeypatch):
    """Collect what is given to be drawn, by the picture's name, instead of drawing it."""
    calls = {}
    monkeypatch.setattr(study_files, "importance_of", lambda status: {})
    for name in ("plot_parameters", "plot_learning_curves", "plot_importance"):
        monkeypatch.setattr(
            study_files, name, lambda path, *given: calls.__setitem__(path.name, given)
        )
    return calls


def test_the_table_has_a_row_for_each_trial_that_ended(make_status) -> None:
    waiting = create_trial(state=TrialState.WAITING)
    complete = trial(0.1, "complete", value=0.5, run="trial-0003", epochs=2, test_accuracy=0.25)
    status = make_status(waiting, trial(0.01, "pruned"), complete)
    with write_trials(status).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["trial"], row["outcome"]) for row in rows] == [("2", "pruned"), ("3", "complete")]
    assert (rows[1]["learning_rate"], rows[1]["hidden_units"]) == ("0.1", "8")
    notes = [rows[1][name] for name in ("run", "epochs", "test_accuracy")]
    assert notes == ["trial-0003", "2", "0.25"]
    assert rows[0]["run"] == ""


def test_complete_trials_are_drawn_first_and_the_best_of_them_at_the_front(
    make_status, drawn
) -> None:
    status = make_status(
        trial(0.1, "pruned", 0.9, value=0.9),
        trial(0.2, "complete", 0.2, 0.5, value=0.5),
        trial(0.3, "complete", value=0.75),
        trial(0.4, "settings that do not fit"),
    )
    paths = draw_study(status)
    assert [path.name for path in paths] == ["parameters.png", "learning_curves.png"]
    trials, axes, unit, title = drawn["parameters.png"]
    assert [each.value for each in trials] == [75, 50, 90, None]
    assert [each.complete for each in trials] == [True, True, False, False]
    assert axes == [Axis("learning_rate", True), Axis("hidden_units", False, ["4", "8"])]
    assert (unit, title) == ("validation accuracy (%)", "s")
    curves = drawn["learning_curves.png"][0]
    assert [each.curve for each in curves] == [{1: 20, 2: 50}, {1: 90}]


def test_of_losses_the_smallest_is_the_best_and_they_are_no_percentages(make_status, drawn) -> None:
    trials = [trial(0.1, "complete", value=value) for value in (0.5, 0.25)]
    draw_study(make_status(*trials, objective="validation_loss"))
    assert [each.value for each in drawn["parameters.png"][0]] == [0.25, 0.5]
    assert drawn["parameters.png"][2] == "validation loss (per example)"


def test_only_the_ten_best_have_curves_and_importance_is_drawn_if_there_is_any(
    make_status, drawn, monkeypatch
) -> None:
    many = [trial(0.1, "complete", 0.5, value=0.01 * n) for n in range(12)]
    monkeypatch.setattr(study_files, "importance_of", lambda status: {"hidden_units": 1.0})
    assert [path.name for path in draw_study(make_status(*many))][-1] == "importance.png"
    assert len(drawn["learning_curves.png"][0]) == 10
    assert drawn["importance.png"] == ({"hidden_units": 1.0}, "s")


def test_importance_finds_what_decides_and_needs_enough_trials(make_status) -> None:
    assert importance_of(make_status()) == {}
    rates = [10 ** (-n / 10) for n in range(9)]
    trials = [trial(rate, "complete", value=1 / (1 + abs(rate - 0.5))) for rate in rates]
    importance = importance_of(make_status(*trials))
    assert sum(importance.values()) == pytest.approx(1)
    assert importance["learning_rate"] > 0.8
    alone = make_status(*trials, vary="learning_rate: 0.001..1 log")
    assert importance_of(alone) == {}  # it decides everything


def test_without_a_trial_nothing_is_drawn(make_status, drawn) -> None:
    make_status().plan.folder.mkdir()
    assert draw_study(make_status()) == []
    assert drawn == {}


def test_a_trial_is_described_by_its_settings(make_status) -> None:
    one = trial(0.01, "pruned")
    assert describe(make_status(one), one) == "learning_rate 0.01, hidden_units 8"
