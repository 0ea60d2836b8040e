"""Tables in a folder: which of them is what."""

from pathlib import Path

import numpy as np
import pytest

from nn.datasets.csv_files import FORM
from nn.datasets.data_folder import data_files, read_folder
from nn.datasets.form import IncompleteError
from nn.datasets.images import ImageData
from nn.errors import DataError

ROWS = "".join(f"{row % 3},0,{row},200,255\n" for row in range(60))


def read(folder: Path) -> ImageData:
    return FORM.read(data_files(folder), False)


def test_the_label_may_be_the_last_column_of_mnist_train_csv(tmp_path: Path) -> None:
    rows = "".join(f"0,{row},200,255,{row % 3}\n" for row in range(60))
    for name in ("mnist_train.csv", "mnist_test.csv"):
        (tmp_path / name).write_text(rows)
    data = read(tmp_path)
    assert data.training.labels.tolist() == [row % 3 for row in range(60)]
    assert data.training.images[5].tolist() == [[0, 5], [200, 255]]
    assert data.test is not None
    assert data.remarks == ()


@pytest.mark.parametrize("largest", [1, 16])
def test_pixels_of_few_shades_fill_the_range(tmp_path: Path, largest: int) -> None:
    rng = np.random.default_rng(0)
    table = np.column_stack([rng.integers(0, largest + 1, (99, 64)), np.arange(99) % 10])
    table[:, 0] = 0  # as in the corner of an image
    np.savetxt(tmp_path / "digits.csv", table, fmt="%d", delimiter=",")
    data = read(tmp_path)
    assert data.training.images.max() == 255
    assert f"Pixels go from 0 to {largest} in these files" in data.remarks[0]


def test_words_are_names_of_classes_sorted_as_names_of_folders_are(tmp_path: Path) -> None:
    words = ("train,10", "dog", "cat", "train,2")
    for name in ("train", "test"):
        rows = [f'0;{row};200;255;"{words[row % 4].replace(",", " ")}"\n' for row in range(60)]
        (tmp_path / f"{name}.csv").write_text("".join(rows[:: 1 if name == "train" else -1]))
    data = read(tmp_path)
    assert data.class_names == ("cat", "dog", "train 2", "train 10")
    assert data.test is not None
    assert data.training.labels[:5].tolist() == [3, 1, 0, 2, 3]
    assert data.test.labels[:5].tolist() == [2, 0, 1, 3, 2]


@pytest.mark.parametrize("name", ["Ankle boot", "T-shirt/top", '"dog"', "猫"])
def test_a_table_may_begin_with_the_name_of_a_class(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine.csv").write_text(f"{name},1,2,3,4\nrat,1,2,3,4\n", encoding="utf-8")
    data = read_folder(tmp_path, print, lambda folder: None)
    assert data is not None
    assert data.class_names == tuple(sorted(["rat", name.strip('"')]))


def test_names_of_files_are_no_names_of_classes(tmp_path: Path) -> None:
    lines = [f"{number}.png,1,2,3,4\n" for number in range(20)]
    (tmp_path / "mine.csv").write_text("".join(lines[:10]))
    assert read(tmp_path).classes == 10
    (tmp_path / "mine.csv").write_text("".join(lines))
    with pytest.raises(
        DataError, match=r"20 training images have 20 different labels, such as 0\.png"
    ):
        read(tmp_path)


def test_words_in_an_unknown_encoding_are_not_mixed_up(tmp_path: Path) -> None:
    lines = "Hund,1,2,3,4\nIgel,1,2,3,4\nKühe,1,2,3,4\n"
    (tmp_path / "mine.csv").write_text(lines, encoding="latin-1")
    with pytest.raises(DataError, match=r"line 3: the label is 'K.he'; expected .* in UTF-8"):
        read(tmp_path)


def test_a_single_word_for_all_images_is_said(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("cat,1,2,3,4\n" * 20)
    assert "training images have the same label, cat: " in " ".join(read(tmp_path).remarks)


def test_a_word_without_training_images_is_named(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("cat,1,2,3,4\ndog,1,2,3,4\n")
    (tmp_path / "test.csv").write_text("3,1,2,3,4\n")
    with pytest.raises(DataError, match="there are images of 3, but no training images"):
        read(tmp_path)


def test_fractions_are_pixels_from_0_to_1(tmp_path: Path) -> None:
    whole = "".join(f"{row % 3},0,1,0,1\n" for row in range(3000))
    (tmp_path / "a.csv").write_text(whole + "0,0.5,1.0,.25,1e-3\n")
    images = read(tmp_path).training.images
    assert images[0].tolist() == [[0, 255], [0, 255]]
    assert images[-1].tolist() == [[128, 255], [64, 0]]


@pytest.mark.parametrize("wrong", ["1.5", "-0.1", "x"])
def test_a_number_that_is_no_fraction_among_fractions_is_named(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "a.csv").write_text(f"1,0.5,0,0,1\n0,0,{wrong},0,0\n")
    with pytest.raises(DataError, match=r"line 2: pixel 2 is|line 1: pixel 1 is"):
        read(tmp_path)


def test_kaggle_s_test_images_without_labels_are_no_test_set(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("label,a,b,c,d\n" + ROWS)
    (tmp_path / "test.csv").write_text("a,b,c,d\n0,1,2,3\n")
    data = read(tmp_path)
    assert data.test is None
    assert (data.name, data.source) == ("train.csv", f"train.csv in {tmp_path}/")
    assert data.remarks[-1] == (
        "test.csv: no labels, so not a test set. For predict.py --submission."
    )


def test_tables_that_are_not_read_are_said(tmp_path: Path) -> None:
    for name in ("mnist_train", "other_train"):
        (tmp_path / f"{name}.csv").write_text("label,a,b,c,d\n" + ROWS)
    (tmp_path / "about.csv").write_text("label,a,b,c,d,e\n1,2,3,4,5,6\n")
    remarks = read(tmp_path).remarks[-2:]
    assert remarks[0].startswith(
        f"Not read: {tmp_path / 'about.csv'}: a label and 5 pixels per line"
    )
    assert remarks[1] == "Not read: other_train.csv, another data set."


def test_validation_images_have_a_part_of_their_own(tmp_path: Path) -> None:
    for name in ("train", "val", "test"):
        (tmp_path / f"{name}.csv").write_text("label;a;b;c;d\n" + ROWS.replace(",", ";"))
    data = read(tmp_path)
    assert data.validation is not None
    assert data.test is not None
    assert data.source == f"test.csv and train.csv and val.csv in {tmp_path}/"


def test_images_without_labels_alone_are_incomplete(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("a,b,c,d\n0,1,2,3\n")
    with pytest.raises(IncompleteError, match=r"no column of labels was found in test\.csv"):
        read(tmp_path)


def test_emnist_s_images_stand_upright_in_tables_too(tmp_path: Path) -> None:
    rows = "".join(f"{row % 3 + 1},0,1,200,255\n" for row in range(60))
    (tmp_path / "emnist-letters-train.csv").write_text(rows)
    (tmp_path / "emnist-letters-mapping.txt").write_text("1 65 97\n2 66 98\n3 67 99\n")
    data = read(tmp_path)
    assert data.training.images[0].tolist() == [[0, 200], [1, 255]]
    assert data.class_names == ("Aa", "Bb", "Cc")


def one_hot(label: int) -> str:
    return " ".join(str(int(label == one)) for one in range(10))


def test_semeion_is_read_as_it_is_downloaded(tmp_path):
    """Blanks between the numbers and at the end, pixels of 0 and 1, the class in ten columns."""
    rng = np.random.default_rng(0)
    pixels, labels = rng.integers(0, 2, (60, 256)), np.arange(60) % 10
    lines = [
        " ".join(f"{pixel:.4f}" for pixel in row) + f" {one_hot(label)} \n"
        for row, label in zip(pixels, labels, strict=True)
    ]
    (tmp_path / "semeion.data").write_text("".join(lines))
    data = read_folder(tmp_path, print, lambda folder: None)
    np.testing.assert_array_equal(data.training.labels, labels)
    np.testing.assert_array_equal(data.training.images, 255 * pixels.reshape(60, 16, 16))
    assert data.classes == 10
    lines[57] = lines[57].replace(one_hot(7), one_hot(10))
    (tmp_path / "semeion.data").write_text("".join(lines[:30] * 100 + lines[57:]))
    with pytest.raises(DataError, match="line 3001: the last 10 numbers give the class"):
        read_folder(tmp_path, print, lambda folder: None)


def test_optdigits_is_read_under_the_names_that_uci_gave_it(tmp_path):
    rng = np.random.default_rng(0)
    for name, count in (("optdigits.tra", 60), ("optdigits.tes", 20)):
        rows = np.hstack([rng.integers(0, 17, (count, 64)), np.arange(count)[:, None] % 10])
        np.savetxt(tmp_path / name, rows, fmt="%d", delimiter=",")
    data = read_folder(tmp_path, print, lambda folder: None)
    assert (len(data.training), len(data.test or ()), data.classes) == (60, 20, 10)
    assert data.training.images.max() == 255


def test_a_few_numbers_with_blanks_between_them_are_no_images(tmp_path):
    (tmp_path / "boxes.txt").write_text("1 0.5 0.5 0.2 0.2\n" * 60)
    assert read_folder(tmp_path, print, lambda folder: None) is None
