"""Numbers that go wrong, through the whole program: settings in, a run's folder out.

Steps too large for any network, images with nothing on them, classes without an example: each ends
in a finished run whose numbers are finite, or in one clear error.
"""

import csv
import math
from collections.abc import Callable
from itertools import product
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from nn.datasets.idx import write_idx
from nn.errors import DataError, DivergedError, ProgramError
from nn.files import atomic_write
from nn.layers.activations import Sigmoid
from nn.losses import SoftmaxCrossEntropy, softmax
from nn.optimizers import OPTIMIZERS
from nn.runs.csv_files import read_array
from nn.runs.experiment import FinishedRun, run_experiment
from nn.runs.saved_run import load_run, predict_test_set
from nn.settings.declaration import SETTINGS, Settings

pytestmark = pytest.mark.filterwarnings("error")  # NumPy's warnings of overflow among them

NETWORKS: dict[str, dict[str, object]] = {
    "relu": {"hidden_units": 8},
    "sigmoid": {"hidden_units": 8, "activation": "sigmoid"},
    "none": {"hidden_layers": 0},
    "deep": {"hidden_layers": 2, "hidden_units": 8, "initialization": "he"},
    "convolution": {
        "layers": [{"conv2d": {"filters": 2, "kernel_size": 3}}, "relu", {"max_pool": 2}, "flatten"]
    },
    "batch norm": {"layers": [{"dense": 8}, "batch_norm", "relu"]},
    "convolution, batch norm": {
        "layers": [{"conv2d": {"filters": 2, "kernel_size": 3}}, "batch_norm", "relu", "flatten"]
    },
    "dropout": {"layers": [{"dense": 8}, "relu", {"dropout": 0.5}]},
}
QUICK = {"relu", "none", "convolution, batch norm"}
each_network = pytest.mark.parametrize(
    "network",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.long) for name in NETWORKS],
)


@pytest.fixture(autouse=True)
def _unforced_disk(monkeypatch) -> None:
    monkeypatch.setattr(atomic_write.os, "fsync", lambda descriptor: None)


@pytest.fixture
def run(tmp_path) -> Callable[..., FinishedRun]:
    """Return a function that trains on the given images and checks what is left of it."""

    def train(training, test=None, **words) -> FinishedRun:
        for part, (images, labels) in {"train": training, "t10k": test or training}.items():
            write_idx(tmp_path / f"{part}-images-idx3-ubyte", images)
            write_idx(tmp_path / f"{part}-labels-idx1-ubyte", labels)
        small = {"epochs": 2, "hidden_units": 4, "batch_size": 4, "learning_rate": 0.01}
        places = {"data_dir": str(tmp_path), "save_dir": str(tmp_path / "runs"), "dataset": "mnist"}
        settings = Settings(**{**small, **words, **places})
        finished = run_experiment(settings)
        assert_whole(finished)
        return finished

    return train


def assert_whole(finished: FinishedRun) -> None:
    """Check every number in the folder, and that predict.py comes to the same result."""
    saved = load_run(finished.folder)  # refuses a number that is not finite
    for stem, array in saved.network.arrays.items():
        assert np.isfinite(array).all(), stem
    with (finished.folder.path / "result.csv").open(encoding="ascii") as stream:
        (row,) = csv.DictReader(stream)
    assert all(math.isfinite(float(number)) for number in row.values())
    predictions = predict_test_set(saved)
    assert predictions.accuracy == pytest.approx(finished.result.test_accuracy)
    assert np.isfinite(predictions.probabilities).all()
    classes = saved.facts.classes
    matrix = read_array(finished.folder.path / "confusion_matrix.csv", (classes, classes))
    assert matrix.sum() == finished.result.test_images


def images(labels: list[int], side: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return noisy images with a blot for each label's class."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 100, (len(labels), side * side), dtype=np.uint8)
    for number, label in enumerate(labels):
        pixels[number, label * 3 : label * 3 + 3] = 255
    return pixels.reshape(-1, side, side), np.array(labels, dtype=np.uint8)


BALANCED = [number % 3 for number in range(60)]


# Steps too long --------------------------------------------------------------------------------


@each_network
def test_a_learning_rate_of_1e30_ends_at_once_and_keeps_finite_numbers(network, run) -> None:
    """With every optimizer and normalization.

    Adam takes steps of the learning rate itself, and a single dense layer, a sigmoid or a ReLU
    that is silent has bounded gradients: such weights are huge but finite, and what is left of
    them is checked all the same.
    """
    for optimizer, normalization in product(OPTIMIZERS, ("simple", "normal")):
        words = {**NETWORKS[network], "optimizer": optimizer, "normalization": normalization}
        finished = run(images(BALANCED), learning_rate=1e30, **words)
        if network in ("relu", "deep") and optimizer != "adam":
            assert finished.cut_short is not None
        if finished.cut_short is not None:
            assert isinstance(finished.cut_short, DivergedError)
            assert "A learning rate of 1e+30 is too large" in str(finished.cut_short)
            assert finished.result.epochs <= 1


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("normalization", ["simple", "normal"])
@pytest.mark.parametrize(
    "network",
    ["relu", *(pytest.param(name, marks=pytest.mark.long) for name in ("deep", "convolution"))],
)
def test_a_learning_rate_of_10_ends_in_whole_files_whatever_it_does(
    network, normalization, optimizer, run
) -> None:
    words = {**NETWORKS[network], "optimizer": optimizer, "normalization": normalization}
    finished = run(images(BALANCED), learning_rate=10, epochs=3, **words)
    if finished.cut_short:
        assert isinstance(finished.cut_short, DivergedError)
        assert "diverged in epoch" in str(finished.cut_short)


@pytest.mark.mnist
@pytest.mark.parametrize(
    "flags",
    [
        (),
        *(
            pytest.param(flags, marks=pytest.mark.long)
            for flags in (
                ("--optimizer", "sgd"),
                ("--optimizer", "adam"),
                ("--activation", "sigmoid"),
                ("--hidden-layers", 0),
                ("--normalization", "normal"),
                ("--batch-size", 64),
            )
        ),
    ],
)
def test_a_learning_rate_of_10_stops_within_the_first_epoch_and_says_what_to_try(
    mnist_dir, train, tmp_path, flags
):
    done = train("--defaults", "--learning-rate", 10, *flags, data=mnist_dir)
    assert done.returncode == 5
    assert "diverged in epoch 1" in done.stderr
    assert "Try --learning-rate 1" in done.stderr
    assert "epoch 1/10" not in done.stdout
    (run,) = (tmp_path / "saved_files").iterdir()
    for path in run.glob("[wb]*_[0-9].csv"):
        assert np.isfinite(np.loadtxt(path, delimiter=",")).all()


@pytest.mark.parametrize("name", ["l1_strength", "l2_strength"])
def test_a_penalty_too_strong_for_floats_diverges_too(name: str, run) -> None:
    finished = run(images(BALANCED), **{name: 1e38}, l1=True)
    assert isinstance(finished.cut_short, DivergedError)


# Activations and losses far out ----------------------------------------------------------------

FAR = (1e4, -1e4, 88.8, -88.8, 1e38, -1e38, 0.0)


@pytest.mark.parametrize("far", FAR)
def test_sigmoid_and_its_gradient_are_finite_and_right_far_out(far: float) -> None:
    layer = Sigmoid()
    outputs = layer.forward(np.array([[far]], np.float32), training=True)
    expected = 0.5 if far == 0 else float(far > 0)
    assert float(outputs[0, 0]) == pytest.approx(expected, abs=1e-30 + 1e-7)
    gradient = layer.backward(np.ones((1, 1), np.float32))
    assert float(gradient[0, 0]) == pytest.approx(0.25 if far == 0 else 0, abs=1e-30)


@pytest.mark.parametrize("far", [far for far in FAR if far and abs(far) < 1e38])
@pytest.mark.parametrize("rows", [1, 20])
def test_softmax_its_loss_and_gradient_are_finite_and_right_far_out(far: float, rows: int) -> None:
    logits = np.zeros((rows, 3), np.float32)
    logits[:, 1] = far
    right = [0, 1, 0] if far > 0 else [0.5, 0, 0.5]
    np.testing.assert_allclose(softmax(logits)[0], right, atol=1e-30)
    loss = SoftmaxCrossEntropy()
    labels = np.full(rows, 2)
    # -log of softmax at class 2: the distance to the largest logit, plus log 2 where two share it.
    exact = far if far > 0 else math.log(2)
    assert loss.value(logits, labels) == pytest.approx(exact, rel=1e-6)
    gradient = loss.gradient(logits, labels)
    expected = (np.array(right) - [0, 0, 1]) / rows
    np.testing.assert_allclose(gradient[0], expected, atol=1e-7)


# Images and labels that say little -------------------------------------------------------------


@pytest.mark.parametrize("grey", [0, 7, 255])
@each_network
def test_images_of_one_grey_train_to_guessing(grey: int, network: str, run) -> None:
    pixels = np.full((60, 6, 6), grey, dtype=np.uint8)
    labels = np.array(BALANCED, dtype=np.uint8)
    finished = run((pixels, labels), normalization="normal", **NETWORKS[network])
    assert finished.cut_short is None
    assert finished.result.validation_loss < 3 * math.log(3)


def test_one_white_pixel_among_a_million_zeros_is_normalized_to_finite_numbers(run) -> None:
    pixels = np.zeros((60, 130, 130), dtype=np.uint8)
    pixels[0, 0, 0] = 1
    finished = run((pixels, np.array(BALANCED, np.uint8)), normalization="normal", hidden_layers=0)
    assert finished.result.parameters == 130 * 130 * 3 + 3


@pytest.mark.parametrize(
    ("training", "test"),
    [
        ([0, 2] * 30, [0, 2] * 10),  # no example of 1 anywhere
        (BALANCED, [0, 2] * 10),  # none in the test
        (BALANCED, [1] * 20),  # nothing else in the test
        ([2] * 60, [2] * 20),  # one class, and two below it without an example
        ([0] * 60, [0] * 20),  # one class alone; a second is added
        ([1, 5, 9] * 20, [9, 1] * 10),  # numbered with gaps
        ([0] * 59 + [1], [0] * 20),  # one example of a class
    ],
)
@each_network
def test_classes_without_an_example_are_no_trouble(training, test, network, run) -> None:
    finished = run(images(training), images(test, seed=1), **NETWORKS[network])
    assert finished.cut_short is None
    assert finished.predictions.probabilities.shape[1] == max(2, max(training) + 1)


@pytest.mark.parametrize(("training", "test"), [(1, 1), (2, 1), (1, 2), (3, 2)])
@pytest.mark.parametrize("split", ["seed", "official"])
def test_a_handful_of_images_trains_or_says_that_it_is_too_few(training, test, split, run) -> None:
    words = {"split": split, "validation_size": 1, "batch_size": 1000}
    data = images([0, 1, 2][:training]), images([0, 0][:test])
    if training == 1 and (split == "official" or test == 1):
        with pytest.raises(DataError, match="too few to split"):
            run(*data, **words)
    else:
        assert run(*data, **words).result.epochs == 2


@each_network
def test_a_batch_larger_than_the_data_is_all_of_them(network: str, run) -> None:
    finished = run(images(BALANCED), batch_size=1_000_000, **NETWORKS[network])
    assert finished.cut_short is None


# Settings at their limits ----------------------------------------------------------------------

NUMBERS = st.one_of(st.floats(1e-300, 1e300), st.sampled_from([1e-45, 1e38, 3.5e38, 1e-320]))
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "learning_rate": NUMBERS,
        "l1_strength": NUMBERS,
        "l2_strength": NUMBERS,
        "min_delta": NUMBERS,
        "momentum": st.floats(0, 1, exclude_max=True),
        "dampening": st.floats(0, 1, exclude_max=True),
        "decay_rate": st.floats(0, 1, exclude_min=True),
        "decay_every": st.integers(1, 10**400),
        "checkpoint_steps": st.integers(1, 10**400),
        "patience": st.integers(0, 10**400),
        "seed": st.integers(0, 10**400),
        "batch_size": st.integers(1, 1_000_000),
        "validation_size": st.one_of(st.floats(1e-300, 0.999999), st.integers(1, 10**9)),
        **{
            name: st.sampled_from([choice.value for choice in setting.choices])
            for name, setting in SETTINGS.items()
            if setting.choices and name not in ("dataset", "hidden_layers")
        },
        "layers": st.sampled_from([words.get("layers") for words in NETWORKS.values()]),
    },
)


@pytest.mark.parametrize("examples", [20, pytest.param(200, marks=pytest.mark.long)])
def test_no_settings_end_in_anything_but_a_run_or_a_message(tmp_path: Path, examples) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for part in ("train", "t10k"):
        pixels, labels = images([0, 1, 2] * 4)
        write_idx(data / f"{part}-images-idx3-ubyte", pixels)
        write_idx(data / f"{part}-labels-idx1-ubyte", labels)
    places = {"data_dir": str(data), "save_dir": str(tmp_path / "runs"), "dataset": "mnist"}
    small = {"epochs": 2, "hidden_units": 3}

    @hypothesis.settings(
        max_examples=examples, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    @hypothesis.given(LIMITS)
    def run(words) -> None:
        try:
            finished = run_experiment(Settings(**{**small, **words, **places}))
        except ProgramError:
            return
        assert_whole(finished)

    run()
