"""CIFAR's batches: dictionaries of rows and labels."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from nn.datasets.cifar import FORM
from nn.datasets.data_folder import data_files
from nn.datasets.form import IncompleteError
from nn.datasets.images import ImageData
from nn.errors import DataError
from tests.forms_of_data import python_2_pickle, write_cifar

ROWS = np.arange(24, dtype=np.uint8).reshape(2, 12)


def read(folder: Path, *, colour: bool = False) -> ImageData:
    return FORM.read([file for file in data_files(folder) if FORM.claims(file)], colour)


def test_five_batches_are_joined_and_the_classes_have_names(tmp_path: Path) -> None:
    written = write_cifar(tmp_path)
    data = read(tmp_path)
    np.testing.assert_array_equal(data.training.images, written.images)
    assert data.class_names[3] == "animal 3"
    assert data.source == f"6 pickled batches in {tmp_path}/, colours as greys"


def test_colours_are_three_channels_if_they_are_kept(tmp_path: Path) -> None:
    (tmp_path / "train").write_bytes(pickle.dumps({"data": ROWS, "labels": [0, 1]}))
    data = read(tmp_path, colour=True)
    np.testing.assert_array_equal(
        data.training.images, np.rint(ROWS.reshape(2, 3, 2, 2) * (255 / 23))
    )
    assert (data.image_shape, data.features) == ((3, 2, 2), 12)
    assert data.source == f"one pickled batch in {tmp_path}/, in colour"


@pytest.mark.parametrize("dump", [python_2_pickle, pickle.dumps])
def test_cifar_100_has_fine_labels(tmp_path: Path, dump) -> None:
    for name in ("train", "test"):
        fields = {b"data": ROWS, b"fine_labels": [0, 1], b"coarse_labels": [0, 0]}
        (tmp_path / name).write_bytes(dump(fields))
    (tmp_path / "meta").write_bytes(dump({b"fine_label_names": [b"apple", b"bee"]}))
    data = read(tmp_path)
    assert data.class_names == ("apple", "bee")
    assert data.training.labels.tolist() == [0, 1]
    assert data.test is not None


def test_texts_of_python_3_are_as_good(tmp_path: Path) -> None:
    (tmp_path / "train").write_bytes(pickle.dumps({"data": ROWS, "labels": [0, 1]}))
    assert len(read(tmp_path).training) == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({b"data": b"text", b"labels": [0]}, "data is not an array"),
        ({b"data": ROWS[:, :11], b"labels": [0, 1]}, "expected rows of square images"),
        ({b"data": ROWS[0], b"labels": [0, 1]}, "expected rows of square images"),
        ({b"data": ROWS}, "a list of labels, one for each of the 2 images"),
        ({b"data": ROWS, b"labels": [0]}, "one for each of the 2 images"),
        ({b"data": ROWS, b"labels": [0, -1]}, "one for each of the 2 images"),
        ({b"data": ROWS, b"labels": [0, b"1"]}, "one for each of the 2 images"),
        ({b"data": ROWS, b"labels": [0, 2**70]}, "one for each of the 2 images"),
    ],
)
def test_a_damaged_batch_is_refused(tmp_path: Path, fields: dict, words: str) -> None:
    (tmp_path / "data_batch_1").write_bytes(python_2_pickle(fields))
    with pytest.raises(DataError, match=words):
        read(tmp_path)


def test_a_test_batch_alone_is_incomplete(tmp_path: Path) -> None:
    (tmp_path / "test_batch").write_bytes(python_2_pickle({b"data": ROWS, b"labels": [0, 1]}))
    with pytest.raises(IncompleteError, match="there is no batch of training images"):
        read(tmp_path)
