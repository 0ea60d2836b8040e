"""What a notebook imports: lazily, in ten lines, with errors that say what to do."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nn
from nn import (
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling,
    MaxPooling,
    Momentum,
    Network,
    ReLU,
    library,
    load_mnist,
    load_run,
    train,
)
from nn.errors import DataError, DivergedError, RunFolderError, SmallBatchError
from nn.network import LayerError
from nn.runs.experiment import run_experiment
from nn.settings.declaration import Settings
from tests.environment import ROOT


def rings(examples: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Return points on three rings, which no straight line divides, and their ring."""
    rng = np.random.default_rng(0)
    labels, angles = rng.integers(0, 3, examples), rng.uniform(0, 6.3, examples)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return points * (1 + labels + 0.1 * rng.standard_normal(examples))[:, np.newaxis], labels


def test_importing_the_package_imports_neither_numpy_nor_the_library() -> None:
    code = "import sys, nn; sys.exit('numpy' in sys.modules or 'nn.library' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_all_its_names_can_be_imported_from_the_package_and_nothing_else() -> None:
    for name in library.__all__:
        assert getattr(nn, name) is getattr(library, name)
    assert set(library.__all__) < set(dir(nn))
    with pytest.raises(AttributeError, match="module 'nn' has no attribute 'dense'"):
        nn.dense  # noqa: B018


def test_images_that_are_not_scaled_get_a_warning() -> None:
    images = np.full((20, 2, 2), 35, np.uint8)
    labels, network = np.arange(20) % 2, Network([Dense(2)], input_shape=4)
    optimizer = Momentum(network.parameters, learning_rate=1e-9)
    with pytest.warns(UserWarning, match="images range from 35 to 35.*Divide pixels by 255"):
        train(network, images, labels, epochs=1, optimizer=optimizer, progress=False)
    train(network, images / 255, labels, epochs=1, progress=False)  # a warning would be an error


def test_plain_arrays_train_a_network_and_it_answers() -> None:
    points, labels = rings()
    network = Network([Dense(32), ReLU(), Dense(3)], input_shape=2)
    optimizer = Momentum(network.parameters, learning_rate=0.01)
    history = train(network, points, labels, epochs=30, optimizer=optimizer, progress=False)
    assert [record.epoch for record in history] == list(range(1, 31))
    assert history[-1].validation_accuracy > 0.8
    assert (network.predict(points) == labels).mean() > 0.9


def test_every_kind_of_layer_infers_its_shape() -> None:
    network = Network(
        [
            *(Convolution(4, 3, padding="same"), BatchNorm(), ReLU(), MaxPooling(2)),
            *(GlobalAveragePooling(), Flatten()),
            *(Dropout(0.1), Dense(8), ReLU(), Dense(3)),
        ],
        input_shape=(6, 6),
    )
    rng = np.random.default_rng(0)
    images, labels = rng.random((40, 6, 6)), rng.integers(0, 3, 40)
    history = train(network, images, labels, epochs=2, batch_size=8, progress=False)
    assert len(history) == 2
    assert network.predict(images).shape == (40,)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others() -> None:
    points, labels = rings()
    values = []
    for seed in (0, 0, 1):
        network = Network([Dense(4), ReLU(), Dense(3)], input_shape=2)
        train(network, points, labels, epochs=1, seed=seed, progress=False)
        values.append(network.parameters.values.tobytes())
    assert values[0] == values[1] != values[2]


def test_validation_examples_of_ones_own_are_measured_and_all_others_learned_from() -> None:
    points, labels = rings()
    network = Network([Dense(3)], input_shape=2)
    validation = points[:5], labels[:5]
    history = train(network, points, labels, epochs=1, validation=validation, progress=False)
    assert history[0].validation_accuracy in {0, 0.2, 0.4, 0.6, 0.8, 1}


def test_its_defaults_are_those_of_train_py() -> None:
    settings, defaults = Settings(), train.__kwdefaults__
    names = ("epochs", "batch_size", "seed")
    assert {name: defaults[name] for name in names} == settings.model_dump(include=set(names))
    network, twin = (Network([Dense(3)], input_shape=2) for _ in range(2))
    train(network, *rings(), epochs=1, progress=False)
    optimizer = Momentum(twin.parameters, learning_rate=settings.learning_rate)
    train(twin, *rings(), epochs=1, optimizer=optimizer, progress=False)
    assert settings.optimizer == Momentum.name
    assert (network.parameters.values == twin.parameters.values).all()


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.ones((9, 3)), np.zeros(9, int), r"images have shape \(9, 3\); expected 2 numbers"),
        (np.ones((0, 2)), np.zeros(0, int), r"images have shape \(0, 2\)"),
        (np.ones((9, 2)), np.zeros(8, int), r"labels have shape \(8,\), and there are 9 images"),
        (np.ones((9, 2)), np.zeros(9), "labels are float64; expected whole numbers"),
        (np.ones((9, 2)), np.full(9, 3), r"labels range from 3 to 3, .* 3 units.* Dense\(4\)"),
        (np.ones((9, 2)), np.full(9, -1), "labels range from -1 to -1"),
    ],
)
def test_arrays_that_do_not_fit_are_errors_that_say_so(images, labels, message: str) -> None:
    with pytest.raises(DataError, match=message):
        train(Network([Dense(3)], input_shape=2), images, labels, progress=False)


def test_other_mistakes_have_the_programs_errors() -> None:
    points, labels = rings(40)
    with pytest.raises(LayerError, match="put flatten before it"):
        Network([Convolution(2, 3), Dense(3)], input_shape=(6, 6))
    with pytest.raises(SmallBatchError):
        train(Network([BatchNorm(), Dense(3)], input_shape=2), points, labels, batch_size=1)
    network = Network([Dense(3)], input_shape=2)
    huge = Momentum(network.parameters, learning_rate=1e30)
    with pytest.raises(DivergedError, match="diverged in epoch 1") as caught:
        train(network, points, labels, optimizer=huge, progress=False)
    assert "--" not in str(caught.value)
    with pytest.raises(
        RunFolderError, match="'nowhere' is neither a run in saved_files nor a folder"
    ):
        load_run("nowhere")


@pytest.mark.parametrize("normalization", ["simple", "normal"])
def test_a_saved_run_answers_pixels_and_floats_alike(settings, normalization, monkeypatch) -> None:
    finished = run_experiment(settings(normalization=normalization))
    expected = finished.predictions.probabilities.argmax(axis=1)
    run, images = load_run(str(finished.folder.path)), finished.predictions.images
    assert (run.predict(images) == expected).all()
    assert (run.predict(images / np.float32(255)) == expected).mean() > 0.99
    assert len(run.network.layers) == 3
    save_dir = finished.folder.path.parent
    save_dir.rename(save_dir.parent / "saved_files")
    monkeypatch.chdir(save_dir.parent)
    assert load_run(finished.folder.name).settings == run.settings


def test_a_bar_is_shown_in_a_terminal(on_terminal, run_program, tmp_path: Path) -> None:
    (script := tmp_path / "script.py").write_text(
        "import numpy as np; from nn import Dense, Network, train; "
        "train(Network([Dense(2)], 3), np.ones((900, 3)), np.arange(900) % 2, epochs=2)"
    )
    child = on_terminal(script, columns=120)
    child.expect(r"epoch 2/2: 100%.*validation 0\.\d{4} \(\d+\.\d\d%\)")
    quiet = run_program(script)
    assert (quiet.returncode, quiet.stderr) == (0, "")


def test_mnist_comes_scaled_and_labelled(mnist_dir: Path) -> None:
    (images, labels), (test_images, test_labels) = load_mnist(mnist_dir)
    assert images.shape == (60_000, 28, 28)
    assert test_images.shape == (10_000, 28, 28)
    assert (images.dtype, images.min(), images.max()) == (np.float32, 0, 1)
    assert labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert test_labels[:5].tolist() == [7, 2, 1, 0, 4]
