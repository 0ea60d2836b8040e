"""Data and network as the settings name them, each from its own random stream."""

from pathlib import Path

import numpy as np
import pytest

from nn.datasets.normalization import Normalization
from nn.datasets.split import split_images
from nn.runs.preparation import PreparedData, prepare_data, prepare_network
from nn.runs.random_streams import random_stream
from nn.settings.declaration import Settings


@pytest.fixture(scope="module")
def folder(small_data, tmp_path_factory) -> Path:
    return small_data(tmp_path_factory.mktemp("data"))


def prepare(folder: Path, **settings) -> PreparedData:
    return prepare_data(Settings(data_dir=str(folder), **settings))


def rows(part) -> list[bytes]:
    """Return every image with its label as bytes, to compare as sets."""
    return [
        image.tobytes() + bytes([label])
        for image, label in zip(part.images, part.labels, strict=True)
    ]


def test_the_seeds_split_has_its_proportions_and_keeps_the_last_test_images_apart(folder):
    data = prepare(folder)
    split = data.split
    assert (len(split.training), len(split.validation), len(split.test)) == (399, 41, 60)
    assert (split.test.images == data.images.test.images[40:]).all()
    assert (split.test.labels == data.images.test.labels[40:]).all()
    parts = [set(rows(part)) for part in (split.training, split.validation, split.test)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 500


def test_the_official_split_takes_its_settings(folder):
    split = prepare(folder, split="official", validation_size=90, shuffle_split=False).split
    assert (len(split.training), len(split.validation), len(split.test)) == (310, 90, 100)
    whole = prepare(folder).images
    assert (split.validation.images == whole.training.images[310:]).all()
    shuffled = prepare(folder, split="official", validation_size=0.225).split
    assert len(shuffled.validation) == 90
    assert set(rows(shuffled.validation)) != set(rows(split.validation))
    assert set(rows(shuffled.training) + rows(shuffled.validation)) == set(
        rows(split.training) + rows(split.validation)
    )


def test_the_split_depends_on_the_seed_and_on_nothing_else(folder):
    one = prepare(folder, seed=3).split
    same = prepare(
        folder, seed=3, hidden_layers=2, initialization="he", batch_size=7, normalization="normal"
    ).split
    other = prepare(folder, seed=4).split
    assert rows(one.training) == rows(same.training)
    assert rows(one.validation) == rows(same.validation)
    assert set(rows(one.validation)) != set(rows(other.validation))
    assert rows(one.test) == rows(other.test)
    by_hand = split_images(prepare(folder).images, rng=random_stream(3, "split"))
    assert rows(one.validation) == rows(by_hand.validation)


def test_normalization_is_fitted_on_the_training_images_alone(folder):
    data = prepare(folder, normalization="normal")
    pixels = data.split.training.images.astype(np.float64)
    assert data.normalization.subtract == pytest.approx(pixels.mean(), rel=1e-7)
    assert data.normalization.divide == pytest.approx(pixels.std(), rel=1e-7)
    everything = data.images.training.images.astype(np.float64)
    assert data.normalization.subtract != pytest.approx(everything.mean(), rel=1e-7)


def test_the_normalization_of_a_saved_run_wins_over_the_settings(folder):
    saved = Normalization(12.5, 60.0)
    settings = Settings(data_dir=str(folder), normalization="normal")
    data = prepare_data(settings, normalization=saved)
    assert data.normalization == saved
    (chunk,) = data.in_order(data.split.test)()
    pixels = data.split.test.images.reshape(60, -1).astype(np.float32)
    assert (chunk.inputs == (pixels - np.float32(12.5)) / np.float32(60)).all()


def test_a_part_is_dealt_out_in_order_and_anew_at_each_call(folder):
    data = prepare(folder)
    deal = data.in_order(data.split.validation)
    for _ in range(2):
        (chunk,) = deal()
        assert (chunk.labels == data.split.validation.labels).all()
        assert (
            chunk.inputs == data.split.validation.images.reshape(41, -1) / np.float32(255)
        ).all()


def test_what_is_worth_saying_about_the_data_is_said(folder, small_data, tmp_path):
    half = small_data(tmp_path)
    (half / "t10k-labels-idx1-ubyte.gz").unlink()
    (half / "mnist_train.csv").write_text("0,1\n1,2\n2,3\n0,1\n" * 5)
    (half / "mnist_test.csv").write_text("0,1\n1,2\n2,3\n0,1\n" * 5)
    said: list[str] = []
    data = prepare_data(Settings(data_dir=str(half)), report=said.append)
    assert data.images.image_shape == (1, 1)
    assert any("t10k-labels-idx1-ubyte" in sentence for sentence in said)


def test_sides_and_classes_of_the_network_come_from_the_caller():
    for layers, words in (
        (0, "dense 15 -> 7"),
        (1, "dense 15 -> 6 | sigmoid | dense 6 -> 7"),
        (2, "dense 15 -> 6 | sigmoid | dense 6 -> 6 | sigmoid | dense 6 -> 7"),
    ):
        settings = Settings(hidden_layers=layers, hidden_units=6, activation="sigmoid")
        assert repr(prepare_network(settings, (3, 5), 7)) == words


def test_first_weights_depend_on_the_seed_and_not_on_how_training_goes():
    def weights(**settings) -> list[float]:
        return prepare_network(Settings(**settings), (4, 4), 3).parameters.values.tolist()

    assert weights(seed=1) == weights(seed=1, epochs=3, optimizer="adam", activation="sigmoid")
    assert weights(seed=1) != weights(seed=2)


@pytest.mark.parametrize(
    ("initialization", "deviation"),
    [("gauss", 0.01), ("xavier", 1 / 28), ("he", np.sqrt(2) / 28)],
)
def test_first_weights_are_drawn_as_the_settings_say(initialization, deviation):
    network = prepare_network(Settings(initialization=initialization), (28, 28), 10)
    weights = network.arrays["weights_1"]
    # 50,176 numbers: their deviation is known to 0.3 %, their mean to 0.45 % of it.
    assert weights.std() == pytest.approx(deviation, rel=0.02)
    assert weights.mean() == pytest.approx(0, abs=0.02 * deviation)
    assert not network.arrays["biases_1"].any()
