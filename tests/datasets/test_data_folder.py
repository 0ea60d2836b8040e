"""A folder's files are read, or the error says what they seem to be."""

import gzip
import io
import shutil
import tarfile
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from nn.datasets.data_folder import data_files, holds_data, read_folder
from nn.datasets.images import ImageData
from nn.datasets.picture_folders import Preparation, read_pictures
from nn.errors import DataError
from tests.forms_of_data import (
    FORMS,
    TEST,
    TRAINING,
    write_emnist_letters,
    write_idx_pair,
    write_pictures,
)

scaled = partial(read_pictures, preparation=Preparation())


def read(folder: Path) -> tuple[ImageData, str]:
    said: list[str] = []
    data = read_folder(folder, said.append, scaled)
    assert data is not None
    return data, "\n".join(said)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_read_as_what_was_written(tmp_path: Path, form: str) -> None:
    written = FORMS[form](tmp_path)
    data, _ = read(tmp_path)
    np.testing.assert_array_equal(data.training.images, written.images)
    np.testing.assert_array_equal(data.training.labels, written.labels)
    assert len(data.training) == TRAINING
    assert data.test is None or len(data.test) == TEST
    assert data.classes == 10
    assert holds_data(tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_below_the_folder_is_named(tmp_path: Path, form: str) -> None:
    place = tmp_path / "down" / "here"
    place.mkdir(parents=True)
    FORMS[form](place)
    with pytest.raises(DataError, match=rf"holds no images itself, but {place} does"):
        read_folder(tmp_path, print, scaled)


def test_data_are_found_however_far_below(tmp_path: Path) -> None:
    place = tmp_path.joinpath(*"abcdef")
    write_pictures(place)
    with pytest.raises(DataError, match=rf"holds no images itself, but {place} does"):
        read_folder(tmp_path, print, scaled)


def test_a_folder_of_several_classes_is_named_before_one_of_a_single_class(tmp_path: Path) -> None:
    place = tmp_path / "words" / "digits"
    write_pictures(place, ("",))
    alone = tmp_path / "test" / "test"
    alone.mkdir(parents=True)
    next(place.rglob("*.png")).rename(alone / "1.png")
    with pytest.raises(DataError, match=rf"holds no images itself, but {place} does"):
        read_folder(tmp_path, print, scaled)
    shutil.rmtree(place)
    with pytest.raises(DataError, match=rf"holds no images itself, but {alone.parent} does"):
        read_folder(tmp_path, print, scaled)


def packed(kind: str, name: str = "train-images-idx3-ubyte") -> bytes:
    stream = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(name, b"\0" * 99)
    else:
        with tarfile.open(fileobj=stream, mode="w:gz") as archive:
            archive.addfile(tarfile.TarInfo("cifar"), io.BytesIO())
    return stream.getvalue()


PAGE = b"\n<!DOCTYPE html>\n<html><head><title>Log in</title>"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9912422\n"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("train-images-idx3-ubyte.gz", PAGE, "a web page"),
        ("train-images-idx3-ubyte.gz", POINTER, "a Git LFS pointer"),
        ("train.csv", PAGE, "a web page"),
        ("train.csv", POINTER, "git lfs pull"),
        ("data.gz", gzip.compress(PAGE), "a web page"),
        ("archive.zip", packed("zip"), "a zip archive: unpack it"),
        ("train-images-idx3-ubyte.gz", packed("zip"), "a zip archive: unpack it"),
        ("cifar-10-python.tar.gz", packed("tar"), "a tar archive: unpack it"),
        ("digits.mat", b"MATLAB 5.0 MAT-file", "an HDF5 or MATLAB file"),
        ("usps.h5", b"\x89HDF\r\n\x1a\n", "an HDF5 or MATLAB file"),
        ("train.parquet", b"PAR1", "a Parquet or Arrow table"),
        ("3.png", b"\x89PNG\r\n\x1a\n", "a folder for each class"),
        ("broken.csv.gz", b"\x1f\x8b\x08", "empty or damaged"),
        ("ages.csv", b"name,age\nBraund,22\n", "a table without images; expected a label"),
        ("mnist_784.arff", b"% MNIST\n%\n@RELATION mnist_784\n", "an ARFF table; remove all lines"),
        ("usps", b"7 1:-1.0 2:-1.0 3:0.25 4:1.0\n", "a LIBSVM table; save it as CSV"),
        ("training.pt", packed("zip", "archive/data.pkl"), "a PyTorch file; save its arrays"),
        ("digits.xlsx", packed("zip", "[Content_Types].xml"), "an Excel table; save it as CSV"),
        ("train.tfrecord", b"\1\0\0", "in an unknown form"),
        ("what.npy", b"\x93NUMPX", "in an unknown form"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_something_else_by_accident_is_said(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_folder(tmp_path, print, scaled)
    assert str(tmp_path / name) in str(caught.value)
    assert words in str(caught.value)
    assert holds_data(tmp_path)


@pytest.mark.parametrize(
    "name", ["README.md", "notes.txt", "script.py", "index.html", ".hidden.csv", "names.json"]
)
def test_what_is_no_data_is_passed_over(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(PAGE if name.endswith("html") else b"words, and more words\n")
    assert read_folder(tmp_path, print, scaled) is None
    assert not holds_data(tmp_path)


def test_neither_a_missing_folder_nor_an_empty_one_holds_data(tmp_path: Path) -> None:
    assert read_folder(tmp_path, print, scaled) is None
    assert read_folder(tmp_path / "missing", print, scaled) is None
    assert not holds_data(tmp_path / "missing")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("label,1,2,3,4\n")
    with pytest.raises(DataError, match="file: is a file; expected the folder that it is in"):
        read_folder(tmp_path / "file", print, scaled)
    (tmp_path / "cats.zip").write_bytes(packed("zip"))
    with pytest.raises(DataError, match=r"cats\.zip: seems to be a zip archive: unpack it"):
        read_folder(tmp_path / "cats.zip", print, scaled)
    assert not holds_data(tmp_path / "file")


def test_the_folder_of_a_run_is_no_data(tmp_path: Path) -> None:
    (tmp_path / "runs" / "first").mkdir(parents=True)
    (tmp_path / "runs" / "first" / "settings.yaml").touch()
    (tmp_path / "runs" / "first" / "weights_1.csv").write_text("label,1,2,3,4\n0,1,2,3,4\n")
    assert read_folder(tmp_path, print, scaled) is None


def test_several_sets_are_named_and_none_is_chosen(tmp_path: Path) -> None:
    write_emnist_letters(tmp_path)
    write_idx_pair(tmp_path)
    with pytest.raises(DataError, match=r"contains 2 data sets \(emnist letters, mine\)"):
        read_folder(tmp_path, print, scaled)


def test_other_files_beside_the_data_are_said(tmp_path: Path) -> None:
    write_idx_pair(tmp_path)
    (tmp_path / "train.csv").write_text("label,1,2,3,4\n0,1,2,3,4\n")
    assert read(tmp_path)[1] == "Reading IDX files, and not train.csv."


def test_folders_of_pictures_beside_the_data_are_said(tmp_path: Path) -> None:
    write_idx_pair(tmp_path)
    write_pictures(tmp_path)
    assert read(tmp_path)[1] == (
        "Reading IDX files, and not the pictures in its folders (for them: --dataset pictures)."
    )


def test_a_table_about_pictures_does_not_keep_them_from_being_read(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    (tmp_path / "about.csv").write_text("file,width,height,label,source,licence\n1.jpg,9,9,a,b,c\n")
    data, said = read(tmp_path)
    assert data.dataset == "pictures"
    assert "about.csv: a label and 5 pixels per line do not make a square image" in said


def test_a_folder_that_nobody_named_is_read_under_mnist_s_names_only(tmp_path: Path) -> None:
    write_idx_pair(tmp_path)
    (tmp_path / "packed.zip").write_bytes(packed("zip"))
    assert read_folder(tmp_path, print) is None
    assert data_files(tmp_path, only_mnist=True) == []
