"""What names of files say."""

from pathlib import Path

import pytest

from nn.datasets.form import IncompleteError
from nn.datasets.parts import by_part, only_set, part_of, set_of
from nn.errors import DataError

FOLDER = Path("data")


@pytest.mark.parametrize(
    ("name", "part", "its_set"),
    [
        ("train-images-idx3-ubyte", "training", ""),
        ("t10k-labels.idx1-ubyte", "test", ""),
        ("emnist-letters-train-images-idx3-ubyte", "training", "emnist letters"),
        ("qmnist-test-labels-idx2-int", "test", "qmnist"),
        ("mnist_train.csv", "training", "mnist"),
        ("fashion-mnist_test.csv", "test", "fashion mnist"),
        ("kmnist-val-imgs", "validation", "kmnist"),
        ("x_train", "training", ""),
        ("Valid.csv", "validation", ""),
        ("testSet", "test", "set"),
        ("digits.csv", "", "digits"),
        ("contest.csv", "", "contest"),
    ],
)
def test_part_and_set_are_in_the_name(name: str, part: str, its_set: str) -> None:
    assert part_of(name) == part
    assert set_of(name) == its_set


def test_a_file_of_any_other_name_is_for_training() -> None:
    assert by_part([("digits", 1), ("test", 2)], FOLDER) == {"training": 1, "test": 2}


def test_two_of_the_same_part_are_refused() -> None:
    with pytest.raises(DataError, match="digits and train both seem to be the training images"):
        by_part([("digits", 1), ("train", 2)], FOLDER)


def test_long_names_are_cut_in_messages() -> None:
    names = ["\udcff" * 200, "train " + "\udcff" * 200]
    with pytest.raises(DataError) as caught:
        by_part([(name, 0) for name in names], FOLDER)
    assert len(str(caught.value)) < 300
    with pytest.raises(DataError) as caught:
        only_set(dict.fromkeys(names * 9, 0), FOLDER, "b")
    assert len(str(caught.value)) < 300


def test_test_images_alone_are_no_data_set() -> None:
    with pytest.raises(IncompleteError, match=r"there is test\.csv, but no file of training"):
        by_part([("test.csv", 1)], FOLDER)


def test_one_set_of_several_must_be_preferred() -> None:
    assert only_set({"a": 1}, FOLDER, "b") == 1
    assert only_set({"a": 1, "b": 2}, FOLDER, "b") == 2
    with pytest.raises(DataError, match=r"contains 2 data sets \(one without a name, a\)"):
        only_set({"a": 1, "": 2}, FOLDER, "b")
