"""Arrays in a folder: which of them are images, and which labels."""

from pathlib import Path

import numpy as np
import pytest

from nn.datasets.data_folder import data_files
from nn.datasets.form import IncompleteError
from nn.datasets.images import ImageData
from nn.datasets.npz_files import FORM
from nn.errors import DataError
from tests.forms_of_data import digits, write_keras, write_kmnist, write_medmnist


def read(folder: Path, *, colour: bool = False) -> ImageData:
    return FORM.read([file for file in data_files(folder) if FORM.claims(file)], colour)


def test_keras_s_arrays_are_training_and_test_images(tmp_path: Path) -> None:
    write_keras(tmp_path)
    data = read(tmp_path)
    assert data.test is not None
    assert (data.name, data.source) == ("mnist", f"mnist.npz in {tmp_path}/")


def test_kmnist_s_arrays_are_known_by_the_names_of_their_files(tmp_path: Path) -> None:
    write_kmnist(tmp_path)
    assert read(tmp_path).name == "kmnist"


def test_medmnist_has_validation_images_of_its_own(tmp_path: Path) -> None:
    write_medmnist(tmp_path)
    validation = read(tmp_path).validation
    assert validation is not None
    np.testing.assert_array_equal(validation.images, digits(20, 2).images)


def test_two_arrays_belong_together_whatever_they_are_called(tmp_path: Path) -> None:
    part = digits(30)
    np.save(tmp_path / "pictures.npy", part.images)
    np.save(tmp_path / "answers.npy", part.labels.astype(np.float32))
    data = read(tmp_path)
    assert data.test is None
    np.testing.assert_array_equal(data.training.labels, part.labels)


def test_labels_may_be_one_hot(tmp_path: Path) -> None:
    part = digits(30)
    np.savez(tmp_path / "mine.npz", images=part.images, labels=np.eye(10)[part.labels])
    np.testing.assert_array_equal(read(tmp_path).training.labels, part.labels)


@pytest.mark.parametrize(
    ("arrays", "kind", "words"),
    [
        ({"x_train": np.zeros((2, 3, 3))}, IncompleteError, "a x_train has no partner"),
        ({"number": np.float64(3)}, IncompleteError, "there are none"),
        (
            {"x": np.zeros((2, 3, 3)), "y": np.array(["a", "b"])},
            IncompleteError,
            "Only arrays of num",
        ),
        ({"x": np.zeros((1, 3, 3)), "y": np.array([[1, 1]])}, IncompleteError, "has no partner"),
        ({"x": np.zeros((2, 3, 3)), "y": np.zeros(3)}, DataError, "2 images, but .* 3 labels"),
        ({"x": np.zeros((2, 3, 3)), "y": np.array([0, 0.5])}, DataError, "not all whole numbers"),
        ({"x": np.zeros((2, 3, 3)), "y": np.array([0, np.nan])}, DataError, "not all whole"),
        ({"x": np.zeros((2, 3, 3)), "y": np.array([0, 1e300])}, DataError, "not all whole"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(
    tmp_path: Path, arrays: dict, kind: type[Exception], words: str
) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(kind, match=words):
        read(tmp_path)


def test_colours_are_three_channels_if_they_are_kept(tmp_path: Path) -> None:
    written = write_medmnist(tmp_path)
    images = read(tmp_path, colour=True).training.images
    np.testing.assert_array_equal(images, np.repeat(written.images[:, None], 3, axis=1))
