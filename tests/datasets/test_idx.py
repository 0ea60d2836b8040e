"""IDX files, whole and damaged."""

import gzip
import struct
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from nn.datasets.idx import read_idx, write_idx
from nn.errors import DataError

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def idx(*shape: int, body: bytes, magic: int | None = None) -> bytes:
    """Write the format by hand, independent of write_idx."""
    magic = 0x0800 + len(shape) if magic is None else magic
    return struct.pack(f">{len(shape) + 1}I", magic, *shape) + body


def saved(tmp_path: Path, content: bytes, name: str = "images-idx3-ubyte") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("name", ["images-idx3-ubyte", "images-idx3-ubyte.gz"])
def test_the_content_decides_whether_it_is_gzipped(tmp_path: Path, pack, name: str) -> None:
    path = saved(tmp_path, pack(idx(2, 3, 4, body=IMAGES.tobytes())), name)
    np.testing.assert_array_equal(read_idx(path, 3), IMAGES)


def test_labels_have_one_dimension(tmp_path: Path) -> None:
    labels = read_idx(saved(tmp_path, idx(3, body=bytes([5, 0, 255]))), 1)
    assert labels.dtype == np.uint8
    assert labels.tolist() == [5, 0, 255]


@pytest.mark.parametrize("name", ["a", "a.gz"])
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    write_idx(tmp_path / name, IMAGES)
    np.testing.assert_array_equal(read_idx(tmp_path / name, 3), IMAGES)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    write_idx(tmp_path / "a.gz", IMAGES)
    write_idx(tmp_path / "b.gz", IMAGES)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


WHOLE = idx(2, 3, 4, body=IMAGES.tobytes())


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (WHOLE[:-1], r"promises 2 x 3 x 4 = 24 bytes of images"),
        (WHOLE + b"\0", "but there are more"),
        (WHOLE[:10], "ends inside its header"),
        (WHOLE[:3], "starts with 00 00 08, "),
        (b"", "starts with nothing"),
        (idx(2, 3, 4, body=IMAGES.tobytes(), magic=0x0D03), "not an IDX file of images"),
        (idx(24, body=IMAGES.tobytes()), "starts with 00 00 08 01, expected 00 00 08 03"),
        (idx(0, 3, 4, body=b""), "the file is empty"),
        (idx(2, 0, 4, body=b""), "the file is empty"),
        (idx(3, 3, 4, body=IMAGES.tobytes()), "promises 3 x 3 x 4"),
        (
            idx(2**32 - 1, 2**32 - 1, 2**32 - 1, body=b"x"),
            "promises 4,294,967,295 x.* the limits are",
        ),
        (idx(2**24 + 1, 1, 1, body=b"x"), "and 16,777,216 images"),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(
    tmp_path: Path, content: bytes, words: str, zipped: bool
) -> None:
    path = saved(tmp_path, gzip.compress(content) if zipped else content)
    with pytest.raises(DataError, match=words) as caught:
        read_idx(path, 3)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("cut", [-1, -9, 25, 12, 2])
def test_a_truncated_gzip_file_is_refused(tmp_path: Path, cut: int) -> None:
    path = saved(tmp_path, gzip.compress(WHOLE)[:cut])
    with pytest.raises(DataError, match=r"ends too early|ends inside|damaged"):
        read_idx(path, 3)


def test_a_gzip_file_with_a_changed_byte_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, 5000, dtype=np.uint8).tobytes()
    content = bytearray(gzip.compress(idx(5000, body=noise)))
    content[2500] ^= 0x10
    with pytest.raises(DataError, match="damaged"):
        read_idx(saved(tmp_path, bytes(content)), 1)


def test_a_text_file_with_a_gzip_name_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, b"<html>403</html>", "train-images-idx3-ubyte.gz")
    with pytest.raises(DataError, match="not an IDX file of images"):
        read_idx(path, 3)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: cannot be read"):
        read_idx(tmp_path / "nowhere", 3)
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path, 3)


@pytest.mark.parametrize("promised", [24, 2**31 - 1, 2**40])
def test_reading_takes_no_more_memory_than_the_file_may_need(tmp_path: Path, promised: int) -> None:
    """300 MB of zeros behind a header of 24 bytes; or a header of gigabytes with nothing behind."""
    if promised == 24:
        content = gzip.compress(idx(2, 3, 4, body=bytes(300_000_000)), compresslevel=1)
    else:
        content = gzip.compress(idx(promised >> 20, 1 << 10, 1 << 10, body=b"short"))
    path = saved(tmp_path, content)
    del content
    tracemalloc.start()
    try:
        with pytest.raises(DataError):
            read_idx(path, 3)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000


@pytest.mark.mnist
@pytest.mark.long
def test_the_official_files_are_read_as_fast_as_gzip_unpacks_them(mnist_dir: Path) -> None:
    path = mnist_dir / "train-images-idx3-ubyte.gz"

    def seconds(read) -> float:
        start = time.process_time()
        assert len(read()) >= 60_000
        return time.process_time() - start

    def plainly() -> np.ndarray:
        with gzip.open(path) as stream:
            return np.frombuffer(stream.read(), dtype=np.uint8, offset=16)

    ours = min(seconds(lambda: read_idx(path, 3)) for _ in range(3))
    theirs = min(seconds(plainly) for _ in range(3))
    assert ours < 1.6 * theirs


@pytest.mark.mnist
def test_the_official_files_hold_what_they_are_known_for(mnist_dir: Path) -> None:
    images = read_idx(mnist_dir / "t10k-images-idx3-ubyte.gz", 3)
    labels = read_idx(mnist_dir / "t10k-labels-idx1-ubyte.gz", 1)
    assert images.shape == (10_000, 28, 28)
    assert labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_a_gzipped_file_has_the_same_bytes_every_time(tmp_path: Path) -> None:
    write_idx(tmp_path / "labels.gz", np.arange(3, dtype=np.uint8))
    assert (tmp_path / "labels.gz").read_bytes()[4:8] == bytes(4)  # gzip's date
