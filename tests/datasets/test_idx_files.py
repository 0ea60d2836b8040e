"""Pairs of IDX files under any names."""

from pathlib import Path

import numpy as np
import pytest

from nn.datasets.data_folder import data_files
from nn.datasets.form import IncompleteError
from nn.datasets.idx_files import FORM
from nn.datasets.images import ImageData
from nn.errors import DataError
from tests.forms_of_data import (
    digits,
    idx_bytes,
    write_emnist_letters,
    write_idx_pair,
    write_qmnist,
)


def read(folder: Path) -> ImageData:
    return FORM.read([file for file in data_files(folder) if FORM.claims(file)], True)


def test_emnist_s_images_stand_upright_and_its_mapping_names_the_classes(tmp_path: Path) -> None:
    written = write_emnist_letters(tmp_path)
    data = read(tmp_path)
    np.testing.assert_array_equal(data.training.images, written.images)
    assert data.class_names == ("Aa", "Bb", "Cc", "Dd", "Ee", "Ff", "Gg", "Hh", "Ii", "Jj")
    assert data.name == "emnist letters"
    assert data.source == f"four IDX files in {tmp_path}/"


def test_without_its_mapping_emnist_s_letters_are_numbers(tmp_path: Path) -> None:
    write_emnist_letters(tmp_path)
    (tmp_path / "emnist-letters-mapping.txt").unlink()
    assert read(tmp_path).class_names == tuple(str(number) for number in range(1, 11))


@pytest.mark.parametrize("line", ["1 65\x1b", "99999 65", "1", "one two", "1 55296", "1 1000000"])
def test_a_damaged_mapping_gives_no_class_a_name(tmp_path: Path, line: str) -> None:
    write_emnist_letters(tmp_path)
    (tmp_path / "emnist-letters-mapping.txt").write_text(line + "\n")
    names = read(tmp_path).class_names
    assert len(names) == 10
    assert all(name.isprintable() for name in names)


def test_of_qmnist_s_labels_the_first_column_counts(tmp_path: Path) -> None:
    written = write_qmnist(tmp_path)
    data = read(tmp_path)
    np.testing.assert_array_equal(data.training.labels, written.labels)
    assert data.class_names == ()


def test_one_pair_alone_has_no_test_images(tmp_path: Path) -> None:
    written = write_idx_pair(tmp_path)
    data = read(tmp_path)
    assert data.test is None
    assert data.source == f"two IDX files in {tmp_path}/"
    np.testing.assert_array_equal(data.training.labels, written.labels)


def test_a_pair_need_not_have_similar_names(tmp_path: Path) -> None:
    part = digits(30)
    (tmp_path / "pictures.bin").write_bytes(idx_bytes(part.images))
    (tmp_path / "answers.bin").write_bytes(idx_bytes(part.labels))
    assert len(read(tmp_path).training) == 30


def test_files_beside_those_with_mnist_s_names_are_said(tmp_path: Path) -> None:
    write_idx_pair(tmp_path)
    for kind in ("images-idx3", "labels-idx1"):
        name = tmp_path / f"mine.{kind.partition('-')[0]}"
        (tmp_path / f"train-{kind}-ubyte").write_bytes(name.read_bytes())
    assert read(tmp_path).remarks == ("Not read: mine.images, mine.labels, another data set.",)


def test_images_without_labels_are_incomplete(tmp_path: Path) -> None:
    write_idx_pair(tmp_path)
    (tmp_path / "mine.labels").unlink()
    with pytest.raises(IncompleteError, match=r"mine\.images has no file of its labels beside it"):
        read(tmp_path)


def test_pairs_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    write_idx_pair(tmp_path)
    (tmp_path / "mine.labels").write_bytes(idx_bytes(np.arange(9)))
    with pytest.raises(DataError, match=r"60 images.*9 labels. Do the files belong together"):
        read(tmp_path)
