"""Arrays of NumPy from strangers: plain numbers or an error, never more than they promise."""

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nn.datasets import npz
from nn.datasets.npz import read_arrays
from nn.errors import DataError


def npy(array: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=version)
    return stream.getvalue()


def archive(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return stream.getvalue()


def header(shape: str, descr: str = "|u1") -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return npz.NPY_START + b"\1\0" + struct.pack("<H", len(text)) + text


@pytest.fixture
def read(tmp_path: Path):
    def write_and_read(content: bytes, name: str = "a.npz") -> dict[str, np.ndarray]:
        (tmp_path / name).write_bytes(content)
        return read_arrays(tmp_path / name)

    return write_and_read


@pytest.mark.parametrize("dtype", ["u1", "<i8", ">i2", "<f4", ">f8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_array_of_numbers_comes_back(read, dtype: str, order: str) -> None:
    array = np.asarray(np.arange(24).reshape(2, 3, 4) % 2, dtype, order=order)
    for version in ((1, 0), (2, 0), (3, 0)):
        (got,) = read(npy(array, version), "a.npy").values()
        np.testing.assert_array_equal(got, array)
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        content = archive({"x.npy": npy(array), "y.npy": npy(array[0])}, compression)
        got = read(content)
        assert list(got) == ["x", "y"]
        np.testing.assert_array_equal(got["x"], array)


def test_what_is_no_array_of_numbers_is_left_out(read) -> None:
    members = {
        "names.npy": npy(np.array(["a", "b"])),
        "objects.npy": npy(np.array([{}, None], dtype=object)),
        "readme.txt": b"words",
        "x.npy": npy(np.arange(3)),
    }
    assert list(read(archive(members))) == ["x"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (archive({"x.npy": b"no array"}), "x is not a NumPy array"),
        (archive({"x.npy": npy(np.arange(9))[:-1]}), "does not have as many numbers as it says"),
        (archive({"x.npy": npy(np.arange(9)) + b"\0"}), "does not have as many numbers"),
        (archive({"x.npy": npy(np.arange(9))})[:-30], "not an archive of a few arrays"),
        (archive({"x.npy": npy(np.arange(9))}, zipfile.ZIP_BZIP2), "in an unusual way"),
        (archive({"x.npy": header("(999999999, 999999999,)")}), "promises 999,999,999 x 999"),
        (archive({str(number): b"" for number in range(2000)}), "not an archive of a few arrays"),
        (archive({"x.npy": npy(np.arange(9))}).replace(b"\x93NUMPY", b"\x93NUMPX"), "damaged"),
        (header("(9,)"), "does not have as many numbers"),
        (b"\x93NUMPY", "not a NumPy array"),
        (b"", "not a NumPy array"),
    ],
)
def test_a_damaged_file_is_refused(read, content: bytes, words: str) -> None:
    stored = content
    if words == "damaged":  # a checksum that is wrong
        stored = archive({"x.npy": npy(np.arange(900))}, zipfile.ZIP_STORED)
        stored = stored[:300] + b"\xff" + stored[301:]
    with pytest.raises(DataError, match=words):
        read(stored)


def test_a_small_file_does_not_fill_the_memory(read) -> None:
    bomb = archive({"x.npy": header(f"({1 << 30},)") + bytes(1 << 22)})
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="does not have as many numbers"):
            read(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40_000_000


def test_all_arrays_of_a_file_share_one_limit(read, monkeypatch) -> None:
    monkeypatch.setattr(npz, "MAX_PIXELS", 100)
    content = npy(np.arange(60, dtype=np.uint8))
    assert list(read(archive({"x.npy": content}))) == ["x"]
    with pytest.raises(DataError, match="y promises 60 numbers; the limit is 100 bytes in all"):
        read(archive({"x.npy": content, "y.npy": content}))
