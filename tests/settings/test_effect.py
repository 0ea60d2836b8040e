"""What is said to have no effect has none: two trainings that differ in it leave the same bytes."""

import pytest

from nn.files import atomic_write
from nn.runs.experiment import run_experiment
from nn.settings.declaration import SETTINGS, Settings
from nn.settings.effect import _WHERE, effective, has_effect, lasting

CASES = [
    ("hidden_layers", {"layers": [{"dense": 8}]}, 2),
    ("hidden_units", {"hidden_layers": 0}, 9),
    ("activation", {"hidden_layers": 0}, "sigmoid"),
    ("initialization", {"start_from": "base"}, "gauss"),
    ("l1_strength", {}, 0.5),
    ("decay", {}, "cosine"),
    ("decay_rate", {}, 0.1),
    ("decay_rate", {"learning_rate_decay": True, "decay": "cosine"}, 0.1),
    ("decay_every", {"learning_rate_decay": True}, 1),
    ("momentum", {"optimizer": "sgd"}, 0.1),
    ("dampening", {"optimizer": "adam"}, 0.1),
    ("monitor", {}, "validation_accuracy"),
    ("patience_unit", {}, "steps"),
    ("patience_for", {}, "change"),
    ("min_delta", {"restore_best_weights": True}, 0.5),
    ("validation_size", {}, 0.1),
    ("prepare", {"dataset": "mnist"}, "digit"),
    ("image_size", {"dataset": "mnist"}, 20),
    ("checkpoint_steps", {}, 1),
    ("threads", {"compiled": True, "hidden_units": 2000, "batch_size": 30}, 2),
]
WITH_DRAWN_DIGITS = ("color", {"dataset": "built-in"}, True)


@pytest.mark.parametrize(("name", "others", "value"), [*CASES, WITH_DRAWN_DIGITS], ids=str)
def test_a_setting_without_effect_is_not_among_those_that_differ(name, others, value):
    one = Settings(**others)
    other = Settings.model_construct(**(dict(one) | {name: value}))
    assert getattr(one, name) != getattr(other, name)
    assert not has_effect(name, one)
    assert effective(one) == effective(other)


@pytest.mark.parametrize(
    "case", [*CASES, pytest.param(WITH_DRAWN_DIGITS, marks=pytest.mark.long)], ids=str
)
def test_a_setting_without_effect_leaves_the_same_bytes(small_data, tmp_path, monkeypatch, case):
    monkeypatch.setattr(atomic_write.os, "fsync", lambda descriptor: None)
    name, others, value = case
    data = small_data(tmp_path / "data", training=60, test=20)
    fixed = {"data_dir": str(data), "epochs": 2, "learning_rate": 0.01, "hidden_units": 5} | others
    if "start_from" in others:
        base = fixed | {"name": "base", "start_from": "", "save_dir": str(tmp_path / "saved_files")}
        run_experiment(Settings(**base))
    left = []
    for changes in ({}, {name: value}):
        settings = Settings(**fixed).model_copy(
            update={**changes, "save_dir": str(tmp_path / "saved_files"), "name": "run"}
        )
        folder = run_experiment(settings).folder.path
        left.append({path.name: path.read_bytes() for path in folder.glob("*.csv")})
    assert left[0] == left[1]


def test_every_setting_that_can_lose_its_effect_is_tried_here():
    tried = {name for name, *_ in [*CASES, WITH_DRAWN_DIGITS]}
    assert tried | {"layers", "data_dir", "save_dir", "name"} == set(_WHERE)
    assert set(_WHERE) <= set(SETTINGS)


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("hidden_units", {"hidden_layers": 1}),
        ("layers", {"layers": ["relu"]}),
        ("l1_strength", {"l1": True}),
        ("decay", {"learning_rate_decay": True}),
        ("decay_rate", {"learning_rate_decay": True, "decay": "step"}),
        ("decay_every", {"learning_rate_decay": True, "decay": "step"}),
        ("momentum", {}),
        ("dampening", {"optimizer": "momentum"}),
        ("monitor", {"restore_best_weights": True}),
        ("min_delta", {"patience": 1}),
        ("validation_size", {"split": "official"}),
        ("seed", {}),
    ],
)
def test_a_setting_with_an_effect_is_named_with_its_value(name, others):
    settings = Settings(**others)
    assert effective(settings)[name] == SETTINGS[name].show(getattr(settings, name))


def test_values_are_written_as_people_write_them():
    shown = effective(Settings(l1=True, layers=[{"dense": 3}]))
    assert shown["l1"] == "yes"
    assert shown["layers"] == "[{dense: 3}]"
    assert "hidden_layers" not in shown


@pytest.mark.parametrize(
    ("changes", "lasts"),
    [
        ({}, False),
        ({"learning_rate_decay": True}, False),
        ({"learning_rate_decay": True, "decay": "cosine"}, True),
        ({"learning_rate_decay": True, "decay": "one_cycle"}, True),
        ({"decay": "cosine"}, False),
    ],
)
def test_a_resumed_run_may_get_more_epochs_unless_its_learning_rates_depend_on_them(changes, lasts):
    assert ("epochs" in lasting(Settings(**changes))) is lasts
    assert "seed" in lasting(Settings(**changes))
