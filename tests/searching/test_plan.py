"""What a search is to do, from all the places it can be written in."""

import pytest

from nn.errors import SettingError
from nn.searching.plan import override, plan_search
from nn.settings.checking import Given
from nn.settings.search_declaration import SearchSettings


def given(**values) -> dict[str, Given]:
    return {name: Given(value, f"--{name}") for name, value in values.items()}


def plan(search=None, **fixed):
    return plan_search(SearchSettings(**(search or {})), given(**fixed))


def test_a_trial_has_what_varies_and_all_else_from_the_flags(tmp_path):
    made = plan({"vary": "hidden_units: [5, 6]", "study": "s"}, epochs="3", save_dir=str(tmp_path))
    settings = made.settings({"hidden_units": "6"}, "trial-0001")
    assert (settings.hidden_units, settings.epochs, settings.name) == (6, 3, "trial-0001")
    assert settings.save_dir == str(tmp_path / "s")


def test_the_start_may_be_a_config_a_run_or_a_runs_name(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("epochs: 7\nlayers: [{dense: 5}, relu]\n")
    run = tmp_path / "runs" / "mine"
    run.mkdir(parents=True)
    (run / "settings.yaml").write_text("epochs: 8\n")
    save_dir = str(tmp_path / "runs")
    rate = {"vary": "learning_rate: [1, 2]"}
    assert plan({**rate, "start": str(config)}).base.layers == [{"dense": 5}, "relu"]
    for start in ("mine", str(run)):
        assert plan({**rate, "start": start}, save_dir=save_dir).base.epochs == 8
    assert plan({**rate, "start": "mine"}, save_dir=save_dir, epochs="2").base.epochs == 2
    with pytest.raises(SettingError, match=r"'mien' is neither a run.*Did you mean mine\?"):
        plan({"start": "mien"}, save_dir=save_dir)


def test_a_list_of_layers_and_its_shorthand_replace_each_other():
    layers, units = given(layers="[relu]"), given(hidden_units="5", epochs="3")
    assert set(override(layers, units)) == {"hidden_units", "epochs"}
    assert set(override(units, layers)) == {"layers", "epochs"}


def test_a_grid_leaves_out_combinations_that_are_the_same_run():
    made = plan(
        {
            "vary": "hidden_layers: [0, 1], activation: [relu, sigmoid], seed: [0, 1]",
            "sampler": "grid",
        }
    )
    assert made.trials == 6  # without hidden layers there is no activation
    assert made.name == "grid-hidden_layers-activation-seed"


@pytest.mark.parametrize(
    ("search", "fixed", "words"),
    [
        ({"vary": "epochs: [1, 2]"}, {"epochs": "3"}, "--epochs is fixed, and vary names it too"),
        (
            {"vary": "loss: [squared_error, cross_entropy]", "objective": "validation_loss"},
            {},
            "validation_loss cannot compare networks of different losses",
        ),
        (
            {"vary": "layers: [[relu]], hidden_units: [1]"},
            {},
            "vary: layers and vary: hidden_units both define",
        ),
        ({"vary": "seed: 0..3", "sampler": "grid"}, {}, "seed is a range"),
        ({"start": "nothing.yaml"}, {}, "names no config, and 'nothing.yaml' is neither a run"),
    ],
)
def test_what_does_not_go_together_is_said_before_anything_starts(search, fixed, words):
    with pytest.raises(SettingError) as error:
        plan(search, **fixed)
    assert words in str(error.value)


def test_what_must_stay_the_same_is_all_but_places_and_numbers_of_hands():
    first = plan({"trials": 5, "workers": 1}, save_dir="a").identity()
    assert first == plan({"trials": 9, "workers": 2}, save_dir="b", data_dir="c").identity()
    assert first != plan({"sampler_seed": 1}).identity()
    assert first != plan(epochs="11").identity()
