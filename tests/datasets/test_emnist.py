"""What is peculiar to EMNIST."""

from pathlib import Path

import numpy as np
import pytest

from nn.datasets.emnist import is_emnist, mapped_names, upright


@pytest.mark.parametrize(
    ("name", "expected"),
    [("emnist-letters-train-images-idx3-ubyte.gz", True), ("EMNIST.csv", True), ("mnist", False)],
)
def test_it_is_recognized_by_its_name(name: str, expected: bool) -> None:
    assert is_emnist(name) is expected


def test_images_are_turned_upright() -> None:
    assert upright(np.array([[[1, 2], [3, 4]]], np.uint8)).tolist() == [[[1, 3], [2, 4]]]


def test_the_mapping_gives_the_characters_of_each_label(tmp_path: Path) -> None:
    (tmp_path / "emnist-letters-mapping.txt").write_text("1 65 97\n3 67 99\n\nno line\n")
    assert mapped_names(tmp_path, "emnist letters") == ["0", "Aa", "2", "Cc"]
    assert mapped_names(tmp_path, "emnist digits") == []
