"""CSV files of images, both forms, and every way a line can be wrong."""

import gzip
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from nn.datasets import csv_images, csv_layout
from nn.datasets.csv_images import read_csv_images
from nn.datasets.idx import read_idx
from nn.errors import DataError

IMAGES = np.array([[[0, 255], [7, 80]], [[1, 2], [3, 4]]], dtype=np.uint8)
LINES = "5,0,255,7,80\n0,1,2,3,4\n"


def saved(tmp_path: Path, content: str | bytes, name: str = "mnist_train.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        LINES,
        "label,pixel0,pixel1,pixel2,pixel3\n" + LINES,
        "label,1x1,1x2,2x1,2x2\n" + LINES,
        '"label","1x1","1x2","2x1","2x2"\n' + LINES,
        "\ufeffLabel,a,b,c,d\r\n" + LINES.replace("\n", "\r\n"),
        LINES.rstrip("\n"),
        "\n" + LINES.replace("\n", "\n\n"),
        LINES.replace(",", ", "),
    ],
)
def test_both_forms_are_read(tmp_path: Path, content: str) -> None:
    read = read_csv_images(saved(tmp_path, content))
    np.testing.assert_array_equal(read.images, IMAGES)
    assert read.images.dtype == np.uint8
    assert read.labels.tolist() == [5, 0]
    assert read.labels.dtype == np.int64


def test_a_header_that_counts_gives_sides_that_are_not_square(tmp_path: Path) -> None:
    content = "label,1x1,1x2,1x3,2x1,2x2,2x3\n1,1,2,3,4,5,6\n"
    read = read_csv_images(saved(tmp_path, content))
    assert read.images.tolist() == [[[1, 2, 3], [4, 5, 6]]]


def test_sixteen_pixels_are_four_by_four_whatever_the_header_calls_them(tmp_path: Path) -> None:
    header = "label," + ",".join(f"p{number}" for number in range(16))
    content = header + "\n3," + ",".join("9" * 16) + "\n"
    assert read_csv_images(saved(tmp_path, content)).images.shape == (1, 4, 4)


def test_a_file_of_many_lines_is_read_in_order(tmp_path: Path) -> None:
    number = np.arange(5000)
    table = np.stack([number, number % 256, number // 256, number * 0, number % 7 * 9], axis=1)
    path = tmp_path / "many.csv"
    np.savetxt(path, table, fmt="%d", delimiter=",")
    read = read_csv_images(path)
    np.testing.assert_array_equal(read.labels, number)
    np.testing.assert_array_equal(read.images.reshape(-1, 4), table[:, 1:])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("label,1x1,1x2,2x1,2x2\n", "no image below the header"),
        (LINES + "1,2,3,x,5\n", "line 3: pixel 3 is 'x'; expected a whole number from 0 to 255"),
        (LINES + "1,2,3,,5\n", "line 3: pixel 3 is ''"),
        (LINES + "1,2,3,nan,5\n", "line 3: pixel 3 is 'nan'"),
        (LINES + "1,2,3,7\x1f,x\n", r"line 3: pixel 3 is '7\x1f'"),
        (LINES + "1,2,3,0.5,5\n", "line 3: pixel 3 is '0.5'"),
        (LINES + "1,2,3,256,5\n", "line 3: pixel 3 is '256'"),
        (LINES + "1,2,3,-1,5\n", "line 3: pixel 3 is '-1'"),
        (LINES + "1,2,3,99999999999999999999,5\n", "line 3: pixel 3 is '99999999999999999999'"),
        (LINES + '"\n', "line 3: 1 numbers, the first line has 5"),
        ('"1",2,3,4,5\n""\n', "line 2: 1 numbers, the first line has 5"),
        (LINES + "\n1,2,3,4\n", "line 4: 4 numbers, the first line has 5"),
        (LINES + "1,2,3,4,5,6\n", "line 3: 6 numbers, the first line has 5"),
        (LINES + "-1,2,3,4,5\n", "line 3: the label is '-1'; expected a whole number from 0"),
        (LINES + "seven,2,3,4,5\n", "line 3: the label is 'seven'"),
        (
            "cat,1,2,3,4\n" * 2 + ",1,2,3,4\n",
            "line 3: the label is ''; expected a word of at most",
        ),
        ("cat,1,2,3,4\n" * 2 + "0" * 101 + ",1,2,3,4\n", "line 3: the label is '000000000000"),
        ("cat,1,2,3,4\ndog,1,2,x,4\n", "line 2: pixel 3 is 'x'"),
        ('cat,1,2,3,4\n""\n', "line 2: 1 numbers, the first line has 5"),
        ("label,1x1,1x2,2x1,2x2\n1,2,3\n", "line 2: 3 numbers, the first line has 5"),
        ("pixel0,pixel1\n1,2\n", "line 1: it starts with 'pixel0'"),
        ("<!DOCTYPE html>\n", "line 1: it starts with '<!DOCTYPE html>'"),
        ("1\n", "a label and 0 pixels per line"),
        ("label\nx,3,5\n", "a label and 0 pixels per line"),
        ("1,2,3\n", "a label and 2 pixels per line do not make a square image"),
        (b"\x1f\x8b\x08\x00\xff\xfe\x00", "the file ends too early"),
        (b"1,2,3,4,\x00\n", "line 1: pixel 4"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(
    tmp_path: Path, content: str | bytes, words: str
) -> None:
    path = saved(tmp_path, content)
    with pytest.raises(DataError) as caught:
        read_csv_images(path)
    assert str(caught.value).startswith(str(path))
    assert words in str(caught.value)


def test_a_wrong_line_far_down_has_the_right_number(tmp_path: Path) -> None:
    lines = ["5,0,255,7,80"] * 6000
    lines[5432] = "5,0,300,7,80"
    with pytest.raises(DataError, match="line 5433: pixel 2 is '300'"):
        read_csv_images(saved(tmp_path, "\n".join(lines)))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(DataError, match="cannot be read"):
            read_csv_images(path)


def test_one_endless_line_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = saved(tmp_path, b"1," * 30_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="line 1: longer than 4,194,304 characters"):
            read_csv_images(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50_000_000


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_its_content_decides_whether_it_is_gzipped(tmp_path: Path, pack) -> None:
    read = read_csv_images(saved(tmp_path, pack(LINES.encode())))
    np.testing.assert_array_equal(read.images, IMAGES)


def test_long_lines_are_read_a_few_at_a_time(tmp_path: Path, monkeypatch) -> None:
    """Two thousand lines of a million pixels at a time would be gigabytes, and gzip to nothing."""
    for module in (csv_images, csv_layout):
        monkeypatch.setattr(module, "CHARACTERS_AT_ONCE", 1 << 17)
    line = b"0" + b",0" * 100**2 + b"\n"
    path = saved(tmp_path, gzip.compress(line * 400 + b"x\n", 1))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="line 401: 1 numbers, the first line has 10001"):
            read_csv_images(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12_000_000


def test_a_header_that_counts_to_a_number_of_a_million_digits_is_no_trouble(tmp_path: Path) -> None:
    digits = "9" * 1_000_000
    with pytest.raises(DataError, match="do not make a square image"):
        read_csv_images(saved(tmp_path, f"label,1x1,{digits}x{digits}\n1,2,3\n"))


@pytest.mark.parametrize("label", ["9" * 19, "9" * 1000, "-1", "-9223372036854775808"])
def test_a_label_beyond_all_classes_is_named(tmp_path: Path, label: str) -> None:
    with pytest.raises(DataError, match=rf"line 3: the label is '{label[:20]}"):
        read_csv_images(saved(tmp_path, LINES + f"{label},1,2,3,4\n"))


@pytest.mark.parametrize("limit", ["MAX_IMAGES", "MAX_PIXELS"])
def test_more_than_any_set_of_handwriting_is_not_read(tmp_path: Path, limit, monkeypatch) -> None:
    monkeypatch.setattr(csv_images, limit, 9)
    read_csv_images(saved(tmp_path, "1,2\n" * 4))
    with pytest.raises(DataError, match=r"mnist_train.csv, line 1: more than .* the limits"):
        read_csv_images(saved(tmp_path, "1,2\n" * 10))


@pytest.mark.mnist
def test_real_images_are_read_nearly_as_fast_as_numpy_reads_them(
    tmp_path: Path, mnist_dir: Path
) -> None:
    images = read_idx(mnist_dir / "t10k-images-idx3-ubyte.gz", 3)[:2000]
    labels = read_idx(mnist_dir / "t10k-labels-idx1-ubyte.gz", 1)[:2000]
    spelled = [str(number) for number in range(256)]
    table = np.column_stack([labels, images.reshape(-1, 784)]).tolist()
    lines = [",".join([spelled[number] for number in row]) for row in table]
    path = saved(tmp_path, "\n".join(lines))
    seconds = [time.process_time()]
    read = read_csv_images(path)
    seconds.append(time.process_time())
    np.loadtxt(path, delimiter=",", dtype=np.uint8)
    seconds.append(time.process_time())
    ours, numpys = np.diff(seconds)
    assert ours < 3 * numpys
    np.testing.assert_array_equal(read.images, images)
    np.testing.assert_array_equal(read.labels, labels)
