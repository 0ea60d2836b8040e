"""`mnist.pkl.gz` without trusting it."""

import gzip
import os
import pickle
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from nn.datasets import array_pickle
from nn.datasets.idx import read_idx
from nn.datasets.pickled import read_pickled_mnist
from nn.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (9, 4), dtype=np.uint8)
PIXELS[0, 0] = 255
LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])


def pairs(pixels: np.ndarray = PIXELS, by: int = 256, kind: str = "f4", labels=LABELS) -> tuple:
    floats = (pixels / by).astype(kind)
    return tuple(
        (floats[part], labels[part]) for part in (slice(0, 4), slice(4, 6), slice(6, None))
    )


def saved(tmp_path: Path, content: object, protocol: int = 4) -> Path:
    pickled = content if isinstance(content, bytes) else pickle.dumps(content, protocol)
    path = tmp_path / "mnist.pkl.gz"
    path.write_bytes(gzip.compress(pickled, compresslevel=1))
    return path


def python_2_array(array: np.ndarray) -> bytes:
    """Write one array as Python 2's cPickle did: protocol 2, bytes as strings."""

    def string(content: bytes) -> bytes:
        return b"T" + struct.pack("<i", len(content)) + content

    shape = b"".join(b"J" + struct.pack("<i", length) for length in array.shape)
    code, content = array.dtype.str[1:].encode(), string(array.tobytes())
    return (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n(K\x00tU\x01b\x87R"
        b"(K\x01(" + shape + b"t"
        b"cnumpy\ndtype\nU\x02" + code + b"K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89" + content + b"tb"
    )


def python_2_pickle(content: tuple) -> bytes:
    body = b"".join(python_2_array(x) + python_2_array(y) + b"\x86" for x, y in content)
    return b"\x80\x02" + body + b"\x87."


def test_python_2s_own_bytes_are_understood_by_the_ordinary_unpickler() -> None:
    """The hand-written pickle below is only worth something if it is a real one."""
    loaded = pickle.loads(python_2_pickle(pairs()), encoding="latin1")
    np.testing.assert_array_equal(loaded[0][0], PIXELS[:4] / 256)


@pytest.mark.parametrize("protocol", ["python 2", 0, 2, 3, 4, 5])
def test_three_pairs_become_training_and_test_images(tmp_path: Path, protocol) -> None:
    content = pairs()
    if protocol == "python 2":
        path = saved(tmp_path, python_2_pickle(content))
    else:
        path = saved(tmp_path, content, protocol)
    data = read_pickled_mnist(path)
    np.testing.assert_array_equal(data.training.images.reshape(6, 4), PIXELS[:6])
    np.testing.assert_array_equal(data.test.images.reshape(3, 4), PIXELS[6:])
    assert data.training.labels.tolist() == LABELS[:6].tolist()
    assert data.test.labels.tolist() == LABELS[6:].tolist()
    assert (data.image_shape, data.classes, data.name) == ((2, 2), 3, "mnist.pkl.gz")


@pytest.mark.parametrize("kind", ["<f4", ">f4", "f8"])
@pytest.mark.parametrize("by", [255, 256])
def test_every_pixel_comes_back_exactly(tmp_path: Path, by: int, kind: str) -> None:
    pixels = np.arange(256 * 4).reshape(-1, 4).astype(np.uint8)
    labels = np.arange(256) % 3
    data = read_pickled_mnist(saved(tmp_path, pairs(pixels, by, kind, labels)))
    together = np.concatenate([data.training.images, data.test.images])
    np.testing.assert_array_equal(together.reshape(-1, 4), pixels)


def test_a_file_that_is_not_gzipped_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "mnist.pkl"
    path.write_bytes(pickle.dumps(pairs()))
    assert len(read_pickled_mnist(path).training.images) == 6


class Runs:
    """A pickle of this makes a folder when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_runs_code_is_refused_and_runs_nothing(tmp_path: Path, protocol) -> None:
    hostile = (*pairs()[:2], (pairs()[2][0], Runs(tmp_path / "made")))
    path = saved(tmp_path, hostile, protocol)
    with pytest.raises(DataError, match=r"asks for '(posix|nt|os)\.mkdir'.*not loaded"):
        read_pickled_mnist(path)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "name", ["builtins eval", "numpy load", "numpy.core.multiarray scalar", "_codecs lookup"]
)
def test_only_the_names_of_arrays_mean_anything(tmp_path: Path, name: str) -> None:
    module, attribute = name.split()
    content = f"c{module}\n{attribute}\n.".encode()
    with pytest.raises(DataError, match="which no array needs"):
        read_pickled_mnist(saved(tmp_path, content))


def test_dotted_names_do_not_reach_further(tmp_path: Path) -> None:
    content = b"\x80\x04\x8c\x05numpy\x8c\x11ndarray.__class__\x93."
    with pytest.raises(DataError, match="which no array needs"):
        read_pickled_mnist(saved(tmp_path, content))


def test_an_array_of_objects_is_refused(tmp_path: Path) -> None:
    objects = np.array([1, 2, 3], dtype=object)
    with pytest.raises(DataError, match="array of type 'O8'"):
        read_pickled_mnist(saved(tmp_path, (*pairs()[:2], (pairs()[2][0], objects))))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (pairs()[:2], "expected three pairs"),
        ({"images": 1}, "expected three pairs"),
        (((1, 2), (3, 4), (5, 6)), "expected three pairs"),
        (pairs(labels=LABELS.astype("f4")), "a one-dimensional array of whole numbers"),
        (pairs(labels=LABELS[:8]), "3 images with 2 labels"),
        (pairs(PIXELS[:, :3]), "square number of pixels"),
        (pairs(by=1), "floats from 0 to 1"),
        (pairs(np.full((9, 4), np.nan)), "floats from 0 to 1"),
        (pairs(-PIXELS.astype(int)), "floats from 0 to 1"),
        (b"not a pickle", "not a pickle of arrays"),
        (
            python_2_pickle(pairs()).replace(b"J\x04\0\0\0J", b"J\x05\0\0\0J"),
            "does not match its number of bytes",
        ),
    ],
)
def test_anything_else_is_refused_by_name(tmp_path: Path, content: object, words: str) -> None:
    path = saved(tmp_path, content)
    with pytest.raises(DataError, match=words) as caught:
        read_pickled_mnist(path)
    assert str(path) in str(caught.value)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    whole = saved(tmp_path, pairs()).read_bytes()
    for cut in range(0, len(whole) - 1, 7):
        (tmp_path / "mnist.pkl.gz").write_bytes(whole[:cut])
        with pytest.raises(DataError):
            read_pickled_mnist(tmp_path / "mnist.pkl.gz")


def test_every_cut_of_the_pickle_itself_is_refused(tmp_path: Path) -> None:
    whole = python_2_pickle(pairs())
    for cut in range(0, len(whole) - 1, 11):
        with pytest.raises(DataError):
            read_pickled_mnist(saved(tmp_path, whole[:cut]))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_pickled_mnist(tmp_path / "mnist.pkl.gz")


@pytest.mark.parametrize(
    "content",
    [
        # A string of 2 GB, a memo with room for 2^26 entries, a frame of 2^40 bytes.
        b"\x80\x02T\xff\xff\xff\x7f" + bytes(60_000),
        b"\x80\x02Nr\xff\xff\xff\x03.",
        b"\x80\x04\x95" + struct.pack("<Q", 1 << 40) + b"N.",
        # A line without an end.
        b"c" + b"a" * 6_000_000,
    ],
    ids=["string", "memo", "frame", "line"],
)
def test_what_a_number_in_the_file_promises_is_not_set_aside(
    tmp_path: Path, content: bytes
) -> None:
    path = saved(tmp_path, content)
    del content
    tracemalloc.start()
    try:
        with pytest.raises(DataError):
            read_pickled_mnist(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


def array(shape: bytes, kind: bytes = b"U\x02f4", content: bytes = bytes(8)) -> bytes:
    """Write an array as a pickle's instructions, with any shape and any type."""
    return (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n(K\x00tU\x01b\x87R"
        b"(K\x01(" + shape + b"tcnumpy\ndtype\n(" + kind + b"tR\x89"
        b"T" + struct.pack("<i", len(content)) + content + b"tb"
    )


def frame(content: bytes) -> bytes:
    return b"\x95" + struct.pack("<Q", len(content)) + content


def shared_lists(depth: int) -> bytes:
    """Write a list that holds a list twice, which holds a list twice, and so on."""
    made = b"]q\x00"
    for number in range(depth):
        made += b"]q%c(h%ch%ce" % (number + 1, number, number)
    return made


LONG_TEXT = b"X" + struct.pack("<I", 10_000_000) + b"a" * 10_000_000 + b"q\x00"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"(" + b"]" * 20_000_000 + b"t.", "more than 10,000 instructions"),
        (b"(" + b"I1\n" * 20_000 + b"t.", "more than 10,000 instructions"),
        (
            LONG_TEXT + b"c_codecs\nencode\nq\x01" + b"h\x01h\x00\x85R" * 200 + b".",
            "67,108,864 bytes",
        ),
        (b"\x96" + struct.pack("<Q", 1 << 34) + b".", "expected 17179869184 bytes"),
        (b"T" + struct.pack("<i", 1 << 26) + bytes(1 << 26), "more than 67,108,864 bytes"),
        (b"\x8b" + struct.pack("<i", 1 << 30) + b".", "not enough data in stream"),
        (b"\x8b" + struct.pack("<i", 1) + b"\1.", "LONG4, which no array needs"),
        (array(b"K\x02", kind=shared_lists(60)) + b".", "a list instead of a word"),
        (b"cnumpy\nndarray\n)\x81.", "NEWOBJ, which no array needs"),
        (b"(cnumpy\ndtype\no.", "OBJ, which no array needs"),
        (b"c_codecs\nencode\n}b.", "TypeError"),
        (b"c_codecs\nencode\nK\x01b.", "TypeError"),
        (b"Nr\xff\xff\xff\x07.", "the number 134217727 of a remembered object"),
        (b"Np-5\n.", "the number -5 of a remembered object"),
        # What is behind the frame would be read once as data and once as instructions.
        (frame(b"U\x05a") + b"bbbbNN.", "across the end of a frame"),
        (frame(frame(b"NN")[:-1]) + b"NN.", "across the end of a frame"),
        (b"I" + b"x" * 60_000 + b"\n.", "ValueError: invalid literal"),
        (b"\x8c\x03a\nb\x8c\x01c\x93.", r"asks for 'a\\nb\.c'"),
        (b"c" + b"x" * 60_000 + b"\ny\n.", "asks for 'xxx"),
    ],
    ids=[
        *("lists", "numbers", "text again and again", "bytes", "large", "long", "number", "words"),
        *(
            "unmade array",
            "unmade type",
            "attributes",
            *("state", "remembered", "remembered before", "frame", "frame in frame"),
            "long line",
            "two lines",
            "long name",
        ),
    ],
)
def test_a_pickle_made_to_fill_the_memory_or_take_for_ever_does_neither(
    tmp_path: Path, content: bytes, words: str, monkeypatch
) -> None:
    monkeypatch.setattr(array_pickle, "_MAX_BYTES", 1 << 26)
    monkeypatch.setattr(array_pickle._Encode, "left", 1 << 26)
    path = saved(tmp_path, b"\x80\x02" + content)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=words) as caught:
            read_pickled_mnist(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200_000_000, peak
    assert len(str(caught.value)) < 350


@pytest.mark.parametrize(
    "shape", [b"I" + b"9" * 4000 + b"\n", b"J\xff\xff\xff\xff", b"K\x01K\x02K\x01"]
)
def test_a_shape_that_no_array_has_is_refused(tmp_path: Path, shape: bytes) -> None:
    good = array(b"K\x02K\x01") + array(b"K\x02", b"U\x02i4") + b"\x86"
    bad = array(shape) + array(b"K\x02", b"U\x02i4") + b"\x86"
    assert (
        len(read_pickled_mnist(saved(tmp_path, b"\x80\x02" + good * 3 + b"\x87.")).test.labels) == 2
    )
    with pytest.raises(DataError, match="does not match its number of bytes"):
        read_pickled_mnist(saved(tmp_path, b"\x80\x02" + good * 2 + bad + b"\x87."))


def test_a_pickle_changes_nothing_for_the_next(tmp_path: Path) -> None:
    """The stand-ins are functions and classes of this program; no file may give them attributes."""
    for name in (
        b"c_codecs\nencode\n",
        b"cnumpy.core.numeric\n_frombuffer\n",
        b"cnumpy\nndarray\n",
    ):
        with pytest.raises(DataError):
            read_pickled_mnist(saved(tmp_path, b"\x80\x02" + name + b"N(K\x01t\x86b."))
    assert len(read_pickled_mnist(saved(tmp_path, pairs(), 2)).training.images) == 6


@pytest.mark.mnist
def test_real_pixels_come_back_exactly(tmp_path: Path, mnist_dir: Path) -> None:
    """The file is made as its makers made theirs: float32, the pixels divided by 256."""
    images = read_idx(mnist_dir / "t10k-images-idx3-ubyte.gz", 3)
    labels = read_idx(mnist_dir / "t10k-labels-idx1-ubyte.gz", 1).astype(np.int64)
    floats = images.reshape(-1, 784).astype("f4") / np.float32(256)
    parts = [slice(0, 6000), slice(6000, 8000), slice(8000, None)]
    path = saved(tmp_path, python_2_pickle(tuple((floats[part], labels[part]) for part in parts)))
    data = read_pickled_mnist(path)
    np.testing.assert_array_equal(data.training.images, images[:8000])
    np.testing.assert_array_equal(data.test.images, images[8000:])
    np.testing.assert_array_equal(data.training.labels, labels[:8000])
