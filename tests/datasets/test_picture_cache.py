"""Prepared pictures are kept, and read again only while nothing has changed."""

import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from nn.datasets import picture_folders
from nn.datasets.idx import write_idx
from nn.datasets.images import ImageData
from nn.datasets.picture_cache import cache_file, read_cache, write_cache
from nn.datasets.picture_folders import Preparation, read_pictures
from nn.errors import DataError
from tests.forms_of_data import TEST, TRAINING, write_pictures


@pytest.fixture
def prepared(monkeypatch) -> list[Path]:
    """Return the pictures that have been prepared, from now on."""
    seen: list[Path] = []
    prepare = Preparation.image

    def watched(self: Preparation, path: Path) -> np.ndarray:
        seen.append(path)
        return prepare(self, path)

    monkeypatch.setattr(picture_folders.Preparation, "image", watched)
    return seen


def read(folder: Path, **words) -> ImageData:
    data = read_pictures(folder, Preparation(**{"keep": True, **words}))
    assert data is not None
    return data


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob(".pictures-*"))


def test_the_second_time_no_picture_is_opened(tmp_path: Path, prepared: list[Path]) -> None:
    write_pictures(tmp_path)
    first = read(tmp_path)
    assert len(prepared) == TRAINING + TEST
    again = read(tmp_path)
    assert len(prepared) == TRAINING + TEST
    assert again.fingerprint == first.fingerprint
    assert len(kept(tmp_path)) == 1


@pytest.mark.parametrize(
    "change", ["time", "size", "name", "removed", "prepare", "image size", "color"]
)
def test_any_change_is_noticed(tmp_path: Path, prepared: list[Path], change: str) -> None:
    write_pictures(tmp_path)
    read(tmp_path)
    path = next(tmp_path.glob("training/3/*.png"))
    prepared.clear()
    words = {}
    if change == "time":
        os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    elif change == "size":
        status = path.stat()
        path.write_bytes(path.read_bytes() + b" ")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif change == "name":
        path.rename(path.with_name("other.png"))
    elif change == "removed":
        path.unlink()
    else:
        words = {"prepare": {"kind": "digit"}, "color": {"colour": True}}.get(change, {"size": 20})
    read(tmp_path, **words)
    assert len(prepared) == TRAINING + TEST - (change == "removed")
    assert len(kept(tmp_path)) == 1, "what was kept before is gone"


def test_colours_are_kept_as_well(tmp_path: Path, prepared: list[Path]) -> None:
    write_pictures(tmp_path)
    first = read(tmp_path, colour=True)
    prepared.clear()
    again = read(tmp_path, colour=True)
    assert not prepared
    np.testing.assert_array_equal(again.training.images, first.training.images)
    assert again.image_shape == (3, 28, 28)


def test_a_damaged_file_is_replaced(tmp_path: Path, prepared: list[Path]) -> None:
    write_pictures(tmp_path)
    first = read(tmp_path)
    (cache,) = kept(tmp_path)
    cache.write_bytes(cache.read_bytes()[:-1])
    assert read(tmp_path).fingerprint == first.fingerprint
    assert len(prepared) == 2 * (TRAINING + TEST)
    assert read_cache(cache, (TRAINING + TEST, 28, 28)) is not None


def test_nothing_is_kept_unless_asked_for(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    read(tmp_path, keep=False)
    assert kept(tmp_path) == []


def test_images_of_another_shape_are_not_used(tmp_path: Path) -> None:
    write_idx(tmp_path / "a", np.zeros((2, 3, 3), np.uint8))
    assert read_cache(tmp_path / "a", (2, 3, 4)) is None
    assert read_cache(tmp_path / "missing", (2, 3, 4)) is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    write_cache(tmp_path / "missing" / "a", np.zeros((2, 3, 3), np.uint8))


def test_a_picture_that_has_disappeared_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.png: cannot be read"):
        cache_file(tmp_path, [tmp_path / "gone.png"], "scale 28")


def test_memory_is_hardly_more_than_the_images(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    for _ in ("from the pictures", "from the images kept"):
        tracemalloc.start()
        data = read(tmp_path, size=400)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert data.test is not None
        assert most < 1.6 * (data.training.images.nbytes + data.test.images.nbytes)
