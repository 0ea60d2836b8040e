"""The size of data that have not been read."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nn.datasets.data_size import DataSize, data_size
from nn.datasets.idx import write_idx


def write_pair(folder: Path, part: str, count: int) -> None:
    write_idx(folder / f"{part}-images-idx3-ubyte", np.zeros((count, 5, 7), np.uint8))
    write_idx(folder / f"{part}-labels-idx1-ubyte", (np.arange(count) % 3).astype(np.uint8))


def test_idx_files_tell_their_size_in_their_first_bytes(tmp_path: Path) -> None:
    write_pair(tmp_path, "train", 20)
    write_pair(tmp_path, "t10k", 4)
    assert data_size(tmp_path, (28, 28)) == DataSize((5, 7), 3, 20)


def test_pictures_are_counted(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        for number in range(3):
            Image.new("L", (2, 2)).save(tmp_path / name / f"{number}.png")
    assert data_size(tmp_path, (3, 64, 64)) == DataSize((3, 64, 64), 2, 6)
    (tmp_path / "train.csv").write_text("1,2,3,4,5\n" * 60)  # which is read instead
    assert data_size(tmp_path, (3, 64, 64)) is None


@pytest.mark.parametrize("content", ["nothing", "a table", "two sets", "damage"])
def test_what_only_reading_would_tell_is_not_known(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "missing" if content == "nothing" else tmp_path
    if content == "a table":
        (tmp_path / "train.csv").write_text("1,2,3,4,5\n" * 60)
    if content == "two sets":
        write_pair(tmp_path, "one-train", 3)
        write_pair(tmp_path, "two-train", 3)
    if content == "damage":
        write_pair(tmp_path, "train", 3)
        (tmp_path / "train-labels-idx1-ubyte").write_bytes(b"\0\0\x08\1\0")
    assert data_size(folder, (28, 28)) is None
