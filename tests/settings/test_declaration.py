import pytest
from pydantic import ValidationError

from nn.settings.declaration import ASKED, SETTINGS, Settings


def test_the_eight_questions_come_in_the_order_of_the_product():
    assert [setting.name for setting in ASKED] == [
        "hidden_layers",
        "normalization",
        "initialization",
        "activation",
        "l1",
        "learning_rate_decay",
        "optimizer",
        "epochs",
    ]


def test_the_defaults_are_those_of_the_product():
    settings = Settings()
    assert settings.model_dump() == {
        "hidden_layers": 1,
        "normalization": "simple",
        "initialization": "xavier",
        "activation": "relu",
        "l1": False,
        "learning_rate_decay": False,
        "optimizer": "momentum",
        "epochs": 10,
        "hidden_units": 64,
        "batch_size": 4,
        "learning_rate": 0.001,
        "loss": "cross_entropy",
        "label_smoothing": 0.0,
        "decay_rate": 0.98,
        "layers": None,
        "start_from": "",
        "decay": "exponential",
        "decay_every": 10,
        "monitor": "validation_loss",
        "patience": 0,
        "patience_unit": "epochs",
        "patience_for": "improvement",
        "min_delta": 0.0,
        "restore_best_weights": False,
        "test_shift": 0,
        "momentum": 0.9,
        "dampening": 0.0,
        "weight_average": 0.0,
        "l1_strength": 1e-5,
        "l2_strength": 0.0,
        "threads": 1,
        "compiled": False,
        "seed": 0,
        "dataset": "auto",
        "prepare": "scale",
        "image_size": 28,
        "color": False,
        "split": "seed",
        "validation_size": 10_000,
        "test_size": 0.2,
        "shuffle_split": True,
        "distortion": "none",
        "data_dir": "data",
        "save_dir": "saved_files",
        "name": "",
        "checkpoint_steps": 20_000,
    }


def test_every_default_is_a_value_that_its_setting_accepts():
    assert Settings.model_validate(Settings().model_dump()) == Settings()


def test_every_setting_is_explained_in_one_line():
    for setting in SETTINGS.values():
        assert setting.help
        assert "\n" not in setting.help
        assert all(choice.explain for choice in setting.choices)


@pytest.mark.parametrize(
    ("name", "spellings", "value"),
    [
        ("hidden_layers", ["0", "zero", "Zero", " ZERO ", 0], 0),
        ("hidden_layers", ["1", "one", "One"], 1),
        ("hidden_layers", ["2", "two", "TWO"], 2),
        ("normalization", ["simple", "Simple"], "simple"),
        ("normalization", ["normal", "\tNormal\n"], "normal"),
        ("initialization", ["gauss", "Gauss"], "gauss"),
        ("initialization", ["xavier", "Xavier"], "xavier"),
        ("initialization", ["he", "He", "HE"], "he"),
        ("activation", ["relu", "Relu", "ReLU"], "relu"),
        ("activation", ["sigmoid", "Sigmoid"], "sigmoid"),
        ("l1", ["y", "Y", "yes", "Yes", "on", "true", True], True),
        ("l1", ["n", "N", "no", "No", "off", "False", False], False),
        ("optimizer", ["sgd", "SGD"], "sgd"),
        ("optimizer", ["adam", "Adam"], "adam"),
        ("epochs", ["5", " 5 ", 5], 5),
        ("learning_rate", ["1e-4", "0.0001", 1e-4], 1e-4),
        ("validation_size", ["0.25", 0.25], 0.25),
        ("validation_size", ["5000", 5000, 5000.0], 5000),
        ("dataset", ["built-in", "Built_In"], "built-in"),
        ("name", ["first try-2", "ä_1", ""], None),
    ],
)
def test_every_spelling_is_accepted(name, spellings, value):
    for spelling in spellings:
        taken = getattr(Settings.model_validate({name: spelling}), name)
        wanted = spelling if value is None else value
        assert taken == wanted
        assert type(taken) is type(wanted)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *[
            ("epochs", wrong)
            for wrong in ["0", "-1", "1.5", "²", "", "yes", True, None, [], "9" * 5000]
        ],
        *[("hidden_layers", wrong) for wrong in ["3", "-1", "1.0", True, "", "three", 1.0]],
        *[("l1", wrong) for wrong in ["1", 1, "", "ye", None]],
        *[
            ("learning_rate", wrong)
            for wrong in ["0", "-1", "nan", "inf", "1,5", True, float("nan")]
        ],
        *[("decay_rate", wrong) for wrong in ["0", "1.01"]],
        *[("momentum", wrong) for wrong in ["1", "-0.1"]],
        *[("dampening", wrong) for wrong in ["1", "-0.1"]],
        *[("label_smoothing", wrong) for wrong in ["1", "-0.1"]],
        *[("test_shift", wrong) for wrong in ["9", "-1", "0.5"]],
        *[("weight_average", wrong) for wrong in ["1", "-0.1"]],
        *[("l1_strength", wrong) for wrong in ["-1e-9", "inf"]],
        *[("hidden_units", wrong) for wrong in ["0", "1e3", "10000000000"]],
        *[("batch_size", wrong) for wrong in ["0", "2.5"]],
        *[("seed", wrong) for wrong in ["-1", "0.5"]],
        *[("validation_size", wrong) for wrong in ["0", "1.5", "-3", True, "nan"]],
        *[("data_dir", wrong) for wrong in ["", " ", "a\0b", 5]],
        *[
            ("name", wrong)
            for wrong in [
                "..",
                ".",
                ".a",
                "a.b",
                "a/b",
                "a\\b",
                "/a",
                "a\n",
                " a",
                "-a",
                "x" * 61,
                "\x1b[2J",
            ]
        ],
    ],
)
def test_a_wrong_value_is_refused(name, wrong):
    with pytest.raises(ValidationError):
        Settings.model_validate({name: wrong})


def test_settings_cannot_be_changed_behind_their_checks():
    with pytest.raises(ValidationError):
        Settings().epochs = 0
    with pytest.raises(ValidationError):
        Settings(epoch=3)
