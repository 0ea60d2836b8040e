"""A whole run on small data: what it leaves, what its settings change, and what it says."""

from itertools import pairwise

import numpy as np
import pytest

from nn.losses import LOSSES
from nn.runs import assembly, preparation
from nn.runs.experiment import FinishedRun, run_experiment
from nn.runs.facts import NotLearning, SmallSteps
from nn.runs.preparation import prepare_data
from nn.runs.saved_run import load_run, predict_test_set
from nn.settings.declaration import Settings
from nn.training.trainer import Observer

CSV_FILES = {
    "accuracy_history.csv",
    "biases_1.csv",
    "biases_2.csv",
    "confusion_matrix.csv",
    "data.csv",
    "framing.csv",
    "layers_history.csv",
    "learning_rate_history.csv",
    "loss_history.csv",
    "normalization.csv",
    "result.csv",
    "weights_1.csv",
    "first_layer_epoch_1.csv",
    "weights_2.csv",
}


@pytest.fixture(scope="module")
def run(data, tmp_path_factory) -> FinishedRun:
    """One finished run for all who only look at it."""
    save_dir = tmp_path_factory.mktemp("saved_files")
    settings = Settings(
        data_dir=str(data), save_dir=str(save_dir), name="shared", hidden_units=8,
        learning_rate=0.01, epochs=3, normalization="normal", learning_rate_decay=True,
    )  # fmt: skip
    return run_experiment(settings)


def csv_files(run: FinishedRun) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.folder.path.glob("*.csv")}


def table(run: FinishedRun, name: str) -> dict[str, list[float]]:
    header, *rows = (run.folder.path / name).read_text().splitlines()
    columns = zip(*(map(float, row.split(",")) for row in rows), strict=True)
    return dict(zip(header.split(","), map(list, columns), strict=True))


def logits_from_csv(run: FinishedRun, images: np.ndarray) -> np.ndarray:
    """Compute the logits with nothing but NumPy and the run's files."""
    numbers = {
        path.stem: np.loadtxt(path, np.float32, delimiter=",", ndmin=2)
        for path in run.folder.path.glob("*s_?.csv")
    }
    subtract, divide = (table(run, "normalization.csv")[name][0] for name in ("subtract", "divide"))
    outputs = (images.reshape(len(images), -1).astype(np.float64) - subtract) / divide
    layers = len(numbers) // 2
    for layer in range(1, layers + 1):
        outputs = outputs @ numbers[f"weights_{layer}"] + numbers[f"biases_{layer}"]
        outputs = np.maximum(outputs, 0) if layer < layers else outputs
    return outputs


# What a run leaves -----------------------------------------------------------------------------


def test_a_run_leaves_its_files_and_nothing_else(run):
    assert {path.name for path in run.folder.path.iterdir()} == CSV_FILES | {
        "checkpoint.npz",
        "seconds.txt",
        "settings.yaml",
    }
    assert run.folder.name == "shared"
    assert run.cut_short is None
    assert run.seconds > 0


def test_the_result_is_what_numpy_finds_from_the_files(run):
    split = prepare_data(run.folder.read_settings()).split
    for name, part in (("test", split.test), ("validation", split.validation)):
        logits = logits_from_csv(run, part.images)
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        chosen = (exponentials / exponentials.sum(axis=1, keepdims=True))[
            np.arange(len(part)), part.labels
        ]
        accuracy = np.mean(logits.argmax(axis=1) == part.labels)
        result = table(run, "result.csv")
        assert result[f"{name}_loss"] == pytest.approx([-np.log(chosen).mean()], rel=1e-5)
        assert result[f"{name}_accuracy"] == pytest.approx([accuracy], rel=1e-8)
        assert getattr(run.result, f"{name}_accuracy") == pytest.approx(accuracy)
    assert result["test_images"] == [60]
    assert result["epochs"] == [3]
    assert result["parameters"] == [64 * 8 + 8 + 8 * 4 + 4]
    assert run.folder.read_result().test_accuracy == pytest.approx(run.result.test_accuracy)


def test_it_has_learned_something_but_not_by_heart(run):
    assert 0.8 < run.result.test_accuracy < 1


def test_the_confusion_matrix_counts_the_test_images(run):
    split = prepare_data(run.folder.read_settings()).split
    predicted = logits_from_csv(run, split.test.images).argmax(axis=1)
    expected = np.zeros((4, 4))
    for true, guess in zip(split.test.labels, predicted, strict=True):
        expected[true, guess] += 1
    matrix = np.loadtxt(run.folder.path / "confusion_matrix.csv", delimiter=",")
    assert (matrix == expected).all()
    assert matrix.trace() / matrix.sum() == pytest.approx(run.result.test_accuracy)
    assert (matrix != matrix.T).any()  # otherwise rows and columns could be exchanged unseen


def test_histories_hold_every_epoch_and_end_with_the_results_figures(run):
    result = table(run, "result.csv")
    for measure in ("loss", "accuracy"):
        history = table(run, f"{measure}_history.csv")
        assert history["epoch"] == [1, 2, 3]
        assert history["training"][-1] == result[f"training_{measure}"][0]
        assert history["validation"][-1] == result[f"validation_{measure}"][0]
    assert table(run, "loss_history.csv")["training"][0] > result["training_loss"][0]


def test_the_rate_history_holds_the_rate_that_each_epoch_used(run):
    rates = table(run, "learning_rate_history.csv")["learning_rate"]
    assert rates == pytest.approx([0.01, 0.01 * 0.98, 0.01 * 0.98**2], rel=1e-8)


def test_without_decay_the_rate_stays(settings):
    rates = table(run_experiment(settings()), "learning_rate_history.csv")
    assert rates == {"epoch": [1, 2, 3], "learning_rate": [0.01] * 3}


def test_settings_name_the_data_that_were_found_and_say_where(run, data):
    text = (run.folder.path / "settings.yaml").read_text()
    assert f"# data: images in {data.name}/, four IDX files in {data}/\n" in text
    assert "dataset: mnist\n" in text
    assert "save_dir" not in text
    assert "\nname:" not in text


def test_data_facts_are_the_datas(run):
    facts = run.folder.read_data_facts()
    assert (facts.image_height, facts.image_width, facts.classes) == (8, 8, 4)
    assert facts.crc32 == int(prepare_data(run.folder.read_settings()).images.fingerprint, 16)


@pytest.mark.parametrize("layers", [0, 1, 2])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_every_network_and_optimizer_learns(settings, layers, optimizer):
    rate = {"sgd": 0.2, "momentum": 0.02, "adam": 0.003}[optimizer]
    done = run_experiment(
        settings(hidden_layers=layers, optimizer=optimizer, learning_rate=rate, epochs=8)
    )
    assert done.result.test_accuracy > 0.8
    assert len(list(done.folder.path.glob("weights_?.csv"))) == layers + 1


@pytest.mark.parametrize(("shape", "classes"), [((1, 2), 2), ((5, 3), 11), ((28, 28), 10)])
def test_images_of_any_size_and_number_of_classes_do(
    settings, small_data, tmp_path, shape, classes
):
    folder = small_data(tmp_path / "other", shape=shape, classes=classes, training=110, test=50)
    done = run_experiment(settings(data_dir=str(folder), epochs=1))
    matrix = np.loadtxt(done.folder.path / "confusion_matrix.csv", delimiter=",")
    assert matrix.shape == (classes, classes)
    facts = table(done, "data.csv")
    assert (facts["image_height"], facts["image_width"]) == ([shape[0]], [shape[1]])


# Seeds -----------------------------------------------------------------------------------------


def test_the_same_settings_give_the_same_files_to_the_last_byte(settings):
    first, second = (csv_files(run_experiment(settings(name=name))) for name in ("a", "b"))
    assert first == second
    assert set(first) == CSV_FILES


def test_the_saved_settings_give_the_same_files(run, tmp_path):
    again = run.folder.read_settings().model_copy(update={"save_dir": str(tmp_path)})
    assert csv_files(run_experiment(again)) == csv_files(run)


def test_another_seed_gives_another_run_on_the_same_test_images(settings):
    one, other = run_experiment(settings(seed=1)), run_experiment(settings(seed=2))
    differing = {
        name for name, content in csv_files(one).items() if csv_files(other)[name] != content
    }
    assert {"weights_1.csv", "loss_history.csv", "result.csv"} <= differing
    assert "data.csv" not in differing


def test_batches_are_shuffled_by_the_seed_alone(settings, monkeypatch):
    """With equal weights and split, another order of the batches must be the only difference."""
    real = assembly.random_stream
    plain = csv_files(run_experiment(settings(epochs=1)))
    monkeypatch.setattr(assembly, "random_stream", lambda seed, purpose: real(seed + 1, purpose))
    shuffled = csv_files(run_experiment(settings(epochs=1)))
    assert plain["weights_1.csv"] != shuffled["weights_1.csv"]
    assert plain["normalization.csv"] == shuffled["normalization.csv"]


# What the settings change ----------------------------------------------------------------------


def test_l1_makes_weights_smaller_and_only_where_it_is_switched_on(settings):
    def weights(**changes) -> float:
        done = run_experiment(settings(**changes))
        return float(np.abs(np.loadtxt(done.folder.path / "weights_1.csv", delimiter=",")).sum())

    without = weights(l1_strength=0.01)
    assert weights(l1=True, l1_strength=0.01) < 0.9 * without
    assert weights(l1=True, l1_strength=0.0) == without
    assert weights(l2_strength=0.1) < 0.9 * without


@pytest.mark.parametrize(
    "changes",
    [
        {"momentum": 0.5},
        {"dampening": 0.9},
        {"batch_size": 5},
        {"activation": "sigmoid"},
        {"initialization": "he"},
        {"normalization": "normal"},
        {"hidden_units": 9},
        {"learning_rate_decay": True},
        {"split": "official", "validation_size": 0.1},
        {"optimizer": "sgd"},
        {"label_smoothing": 0.1},
        {"weight_average": 0.9},
        {"distortion": "affine"},
        {"distortion": "elastic"},
    ],
    ids=str,
)
def test_every_setting_arrives_where_it_is_needed(settings, changes):
    plain = csv_files(run_experiment(settings(epochs=2)))
    changed = csv_files(run_experiment(settings(epochs=2, **changes)))
    assert plain["weights_2.csv"] != changed["weights_2.csv"]


def test_the_rate_is_halved_where_validation_fell(settings):
    changes = {"learning_rate_decay": True, "decay": "halving", "learning_rate": 0.1}
    done = run_experiment(settings(epochs=12, **changes))
    accuracies = table(done, "accuracy_history.csv")["validation"]
    expected = [0.1]
    for before, after in pairwise(accuracies):
        expected.append(expected[-1] / 2 if after < before else expected[-1])
    assert expected[-1] < expected[0]
    rates = table(done, "learning_rate_history.csv")["learning_rate"]
    assert rates == pytest.approx([0.1, *expected[:-1]], rel=1e-8)


@pytest.mark.parametrize(
    ("patience", "unit", "last"), [(2, "epochs", 3), (150, "steps", 3), (50, "steps", 2)]
)
def test_training_ends_early_when_patience_does(settings, patience, unit, last):
    """No improvement is large enough but the first; an epoch has 100 steps."""
    changes = {"min_delta": 1000.0, "patience": patience, "patience_unit": unit}
    done = run_experiment(settings(epochs=9, **changes))
    assert table(done, "loss_history.csv")["epoch"] == list(range(1, last + 1))
    assert done.cut_short is None
    assert done.verdict == f"Early stopping ended the training after epoch {last}."


@pytest.mark.parametrize("restore", [True, False])
def test_the_best_weights_are_restored_where_that_is_wanted(settings, restore):
    """With steps this long the validation loss is worse in the end than it was."""
    done = run_experiment(settings(epochs=15, learning_rate=0.1, restore_best_weights=restore))
    losses = table(done, "loss_history.csv")["validation"]
    assert min(losses) < 0.9 * losses[-1]
    wanted = min(losses) if restore else losses[-1]
    assert done.result.validation_loss == pytest.approx(wanted, rel=1e-6)
    record = list(losses).index(wanted)
    trained = table(done, "loss_history.csv")["training"]
    assert done.result.training_loss == pytest.approx(trained[record], rel=1e-6)
    assert table(done, "result.csv")["epochs"] == [15]
    assert (f"epoch {record + 1}, the best one" in done.verdict) == restore


def test_the_average_of_the_weights_is_validated_and_saved_and_changes_no_step(settings):
    plain, averaged = (run_experiment(settings(weight_average=k)) for k in (0.0, 0.9))
    assert csv_files(plain)["weights_1.csv"] != csv_files(averaged)["weights_1.csv"]
    histories = [table(run, "loss_history.csv") for run in (plain, averaged)]
    assert histories[0]["training"] == histories[1]["training"]
    assert histories[0]["validation"] != histories[1]["validation"]
    assert histories[1]["validation"][-1] == float(f"{averaged.result.validation_loss:.9g}")


def test_a_name_in_use_gets_a_number(settings):
    first = run_experiment(settings(name="mine", epochs=1))
    before = csv_files(first)
    assert run_experiment(settings(name="mine", epochs=2)).folder.name == "mine-2"
    assert csv_files(first) == before


@pytest.mark.parametrize("loss", LOSSES)
def test_each_loss_trains_a_run_whose_predictions_are_its_own(settings, loss):
    run = run_experiment(settings(loss=loss, learning_rate=0.05, epochs=5))
    assert run.result.validation_accuracy > 0.5
    losses = table(run, "loss_history.csv")["training"]
    assert losses[-1] < losses[0]
    saved = load_run(run.folder)
    assert saved.loss.name == loss
    predictions = predict_test_set(saved)
    assert predictions.accuracy == pytest.approx(run.result.test_accuracy)
    np.testing.assert_array_equal(predictions.probabilities, run.predictions.probabilities)
    sums = predictions.probabilities.sum(axis=1)
    assert np.allclose(sums, 1, atol=1e-5) == (loss == "cross_entropy")


# What is said ----------------------------------------------------------------------------------


def test_which_images_are_used_is_said_with_their_numbers(settings, data):
    said: list[str] = []
    run_experiment(settings(), report=said.append)
    assert said[0] == (
        f"images in {data.name}/ (four IDX files in {data}/): "
        "399 training, 41 validation and 60 test images"
    )


def test_a_network_that_does_not_learn_is_said_once(settings):
    said: list[object] = []
    run_experiment(settings(learning_rate=1e-9, initialization="gauss"), report=said.append)
    assert len(said) == 3
    assert isinstance(said[1], NotLearning)
    assert not said[1].is_worse_than_guessing
    assert said[1].guessing == pytest.approx(np.log(4), rel=1e-3)
    assert isinstance(said[2], SmallSteps)


def test_a_network_thrown_off_by_its_steps_is_not_advised_to_take_longer_ones(settings):
    said: list[object] = []
    words = {"learning_rate": 5, "optimizer": "sgd"}
    finished = run_experiment(settings(**words), report=said.append)
    assert finished.cut_short is None
    assert said[1].is_worse_than_guessing
    assert said[1].learning_rate == 5


def test_observers_are_told_of_every_epoch(settings):
    told: list[object] = []

    class Notes(Observer):
        def on_epoch_start(self, epoch, epochs, examples):
            told.append((epoch, epochs, examples))

        def on_epoch_end(self, record):
            told.append(record.epoch)

    run_experiment(settings(epochs=2), observers=[Notes()])
    assert told == [(1, 2, 399), 1, (2, 2, 399), 2]


def test_the_test_images_are_looked_at_once_and_after_training(settings, monkeypatch):
    looked: list[int | str] = []
    real = preparation.in_order

    def watched(part, normalization):
        looked.append(len(part))
        return real(part, normalization)

    class Notes(Observer):
        def on_epoch_end(self, record):
            looked.append("end of epoch")

    monkeypatch.setattr(preparation, "in_order", watched)
    run_experiment(settings(epochs=2), observers=[Notes()])
    assert looked.count(60) == 1
    assert looked.index(60) > max(i for i, what in enumerate(looked) if what == "end of epoch")
