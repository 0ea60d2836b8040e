"""Files are checked by their very text, and by damaging them in every way a person can."""

import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nn.errors import RunFolderError
from nn.runs.csv_files import (
    read_array,
    read_record,
    read_table,
    write_array,
    write_record,
    write_table,
)


@dataclass(frozen=True)
class Facts:
    """A record as a run's folder has them."""

    count: int
    share: float


# Arrays ----------------------------------------------------------------------------------------


@given(
    arrays(
        np.float32,
        st.one_of(st.tuples(st.integers(1, 4)), st.tuples(st.integers(1, 4), st.integers(1, 4))),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
    )
)
def test_every_float32_comes_back_to_the_last_bit(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("bits") / "weights_1.csv"
    write_array(path, array)
    read = read_array(path, array.shape)
    assert read.dtype == np.float32
    assert read.shape == array.shape
    assert read.tobytes() == array.tobytes()


def test_the_extremes_of_float32_come_back_to_the_last_bit(tmp_path):
    largest = np.finfo(np.float32).max
    numbers = [largest, -largest, 1e-45, -1e-45, 1.1754944e-38, -0.0, 0.1, 1 / 3, 16777217]
    array = np.array(numbers, np.float32)
    write_array(tmp_path / "a.csv", array)
    assert read_array(tmp_path / "a.csv", array.shape).tobytes() == array.tobytes()


def test_an_array_is_plain_numbers_between_commas_without_a_header(tmp_path):
    write_array(tmp_path / "a.csv", np.array([[1, 2.5, -3], [0, 0.1, 1e-7]], np.float32))
    assert (tmp_path / "a.csv").read_bytes() == b"1,2.5,-3\n0,0.100000001,1.00000001e-07\n"


def test_an_array_has_the_bytes_that_numpy_writes(tmp_path):
    rng = np.random.default_rng(0)
    for array in (
        (rng.standard_normal((9, 50)) * 10.0 ** rng.integers(-8, 4, (9, 50))).astype(np.float32),
        rng.integers(-5, 10**6, (3, 4)),
        np.zeros((2, 3), np.float32),
    ):
        write_array(tmp_path / "a.csv", array)
        np.savetxt(tmp_path / "b.csv", array, fmt="%.9g", delimiter=",")
        assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_a_file_is_never_in_memory_as_a_whole(tmp_path):
    array = np.random.default_rng(0).standard_normal((500, 500)).astype(np.float32)
    write_array(tmp_path / "a.csv", array)
    tracemalloc.start()
    read_array(tmp_path / "a.csv", array.shape)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < (tmp_path / "a.csv").stat().st_size < 4 * array.nbytes


def test_one_dimension_is_one_row(tmp_path):
    write_array(tmp_path / "a.csv", np.array([1, 2, 3]))
    assert (tmp_path / "a.csv").read_bytes() == b"1,2,3\n"


def test_three_lines_of_numpy_read_an_array(tmp_path):
    array = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    write_array(tmp_path / "a.csv", array)
    read = np.loadtxt(tmp_path / "a.csv", delimiter=",", dtype=np.float32)
    assert (read == array).all()


def test_a_column_and_a_row_keep_their_shapes(tmp_path):
    for shape in ((3, 1), (1, 3), (1, 1), (1,), (3,)):
        write_array(tmp_path / "a.csv", np.zeros(shape))
        assert read_array(tmp_path / "a.csv", shape).shape == shape


def test_an_array_that_is_written_replaces_the_old_one_and_leaves_nothing_else(tmp_path):
    write_array(tmp_path / "a.csv", np.zeros((9, 9)))
    write_array(tmp_path / "a.csv", np.ones(1))
    assert (tmp_path / "a.csv").read_bytes() == b"1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n\n", id="blank lines"),
        pytest.param(b"1,2\n", id="a row too few"),
        pytest.param(b"1,2\n3,4\n5,6\n", id="a row too many"),
        pytest.param(b"1,2,3\n4,5,6\n", id="a column too many"),
        pytest.param(b"1\n2\n3\n4\n", id="other shape, same count"),
        pytest.param(b"1,2,3,4\n", id="flat"),
        pytest.param(b"1,2\n3\n", id="ragged"),
        pytest.param(b"1,2\n3,\n", id="a number is gone"),
        pytest.param(b"1;2\n3;4\n", id="semicolons"),
        pytest.param(b"1 2\n3 4\n", id="blanks for commas"),
        pytest.param(b"1,2\n3,x\n", id="text"),
        pytest.param(b"a,b\n1,2\n3,4\n", id="a header"),
        pytest.param(b"# 1\n1,2\n3,4\n", id="a comment"),
        pytest.param(b"1,2\n3,4 # five\n", id="a comment behind"),
        pytest.param(b"1,2\n3,nan\n", id="nan"),
        pytest.param(b"1,2\n3,-inf\n", id="inf"),
        pytest.param(b"1,2\n3,1e400\n", id="beyond float64"),
        pytest.param(b"1,2\n3,1e39\n", id="beyond float32"),
        pytest.param(b"1,2\n3,4j\n", id="complex"),
        pytest.param(b"1,2\n3,\xff\n", id="no text at all"),
        pytest.param("1,2\n3,４\n".encode(), id="digits of another alphabet"),
        pytest.param(b"1,2\n3,4\0\n", id="a zero byte"),
        pytest.param(b"\x1f\x8b\x08\0\0\0", id="gzip"),
        pytest.param(b"1,2\n3," + b"x" * 110 + b"\n", id="long text"),
        pytest.param(b"1,2\n3," + b"4" * 5000 + b"\n", id="endless number"),
        pytest.param(b"1,2\n3,4" + b"\n" * 5000, id="endless end"),
    ],
)
def test_a_damaged_array_is_named_in_the_error(tmp_path, content):
    path = tmp_path / "weights_2.csv"
    path.write_bytes(content)
    with pytest.raises(RunFolderError, match=r"weights_2\.csv: ") as caught:
        read_array(path, (2, 2))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200 + len(str(path))


def test_the_error_says_which_shape_is_wanted_and_which_is_there(tmp_path):
    write_array(tmp_path / "a.csv", np.zeros((3, 2)))
    with pytest.raises(RunFolderError, match="expected 2 rows of 3 numbers, got 3 rows of 2"):
        read_array(tmp_path / "a.csv", (2, 3))


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(RunFolderError, match=r"biases_1\.csv: this file of the run is missing"):
        read_array(tmp_path / "biases_1.csv", (1,))


def test_a_folder_in_a_files_place_is_said(tmp_path):
    (tmp_path / "biases_1.csv").mkdir()
    with pytest.raises(RunFolderError, match=r"biases_1\.csv: cannot be read"):
        read_array(tmp_path / "biases_1.csv", (1,))


def test_no_more_of_a_file_is_read_than_can_be_right(tmp_path):
    path = tmp_path / "weights_1.csv"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)  # a hole; reading it would need a terabyte of memory
    with pytest.raises(RunFolderError, match="longer than"):
        read_array(path, (2, 2))


def test_a_number_may_be_as_long_as_the_limit(tmp_path):
    (tmp_path / "a.csv").write_text("0.25".ljust(32, "0"))
    assert read_array(tmp_path / "a.csv", (1,)) == 0.25
    (tmp_path / "a.csv").write_text("0.25".ljust(33, "0"))
    with pytest.raises(RunFolderError, match="longer than any file"):
        read_array(tmp_path / "a.csv", (1,))


def test_line_ends_of_another_system_are_no_damage(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"1,2\r\n3,4\r\n")
    assert read_array(tmp_path / "a.csv", (2, 2)).tolist() == [[1, 2], [3, 4]]


# Tables and records ----------------------------------------------------------------------------


def test_a_table_has_whole_numbers_as_such_and_others_with_nine_digits(tmp_path):
    write_table(tmp_path / "t.csv", ("epoch", "loss"), [(1, 2 / 3), (10**12, 1e-12), (3, 1.0)])
    assert (tmp_path / "t.csv").read_text() == (
        "epoch,loss\n1,0.666666667\n1000000000000,1e-12\n3,1\n"
    )


def test_a_table_without_rows_has_its_header(tmp_path):
    write_table(tmp_path / "t.csv", ("epoch", "loss"), [])
    assert (tmp_path / "t.csv").read_text() == "epoch,loss\n"


def test_a_record_is_a_table_of_one_row(tmp_path):
    write_record(tmp_path / "r.csv", Facts(count=3_000_000_000, share=0.25))
    assert (tmp_path / "r.csv").read_text() == "count,share\n3000000000,0.25\n"


def test_a_record_comes_back_with_its_types(tmp_path):
    write_record(tmp_path / "r.csv", Facts(count=4, share=3.0))
    facts = read_record(tmp_path / "r.csv", Facts)
    assert facts == Facts(4, 3.0)
    assert type(facts.count) is int
    assert type(facts.share) is float


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "expected a header, count,share"),
        (b"count,share\n", "expected a header, count,share"),
        (b"4,0.5\n", "expected a header, count,share"),
        (b"share,count\n0.5,4\n", "expected a header, count,share"),
        (b"count\n4\n", "expected a header, count,share"),
        (b"count,share,more\n4,0.5,1\n", "expected a header, count,share"),
        (b"count,share\n4\n", "expected a header, count,share"),
        (b"count,share\n4,0.5,1\n", "expected a header, count,share"),
        (b"count,share\n4,0.5\n5,0.5\n", "expected a header, count,share"),
        (b"count,share\nfour,0.5\n", "count is 'four'"),
        (b"count,share\n4.5,0.5\n", "count is '4.5'"),
        (b"count,share\n,0.5\n", "count is ''"),
        (b"count,share\n4,nan\n", "share is 'nan'"),
        (b"count,share\n4,-inf\n", "share is '-inf'"),
        (b"count,share\n4,1e999\n", "share is '1e999'"),
        (b"count,share\n" + b"9" * 400 + b",0.5\n", "count is '999"),
        (b"count,share\n4," + b"x" * 400 + b"\n", "share is 'xxx"),
        (b"count,share\n4,\xc2\xb2\n", "something other than numbers"),
        (b"count,share\n4,0.5" + b"0" * 5000, "longer than"),
    ],
)
def test_a_damaged_record_is_named_in_the_error(tmp_path, content, reason):
    path = tmp_path / "normalization.csv"
    path.write_bytes(content)
    with pytest.raises(RunFolderError, match=r"normalization\.csv: ") as caught:
        read_record(path, Facts)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 200 + len(str(path))


def test_a_missing_record_is_said_to_be_missing(tmp_path: Path):
    with pytest.raises(RunFolderError, match=r"result\.csv: this file of the run is missing"):
        read_record(tmp_path / "result.csv", Facts)


# Tables read back ------------------------------------------------------------------------------


def test_a_table_comes_back_as_columns(tmp_path):
    write_table(tmp_path / "t.csv", ("epoch", "loss"), [(1, 0.5), (2, 1 / 3)])
    columns = read_table(tmp_path / "t.csv", ("epoch", "loss"))
    assert columns.tolist() == [[1, 2], [0.5, 0.333333333]]


def test_a_table_without_rows_comes_back_empty(tmp_path):
    write_table(tmp_path / "t.csv", ("epoch", "loss"), [])
    assert read_table(tmp_path / "t.csv", ("epoch", "loss")).shape == (2, 0)


@pytest.mark.parametrize(
    "content",
    ["", "epoch\n1\n", "loss,epoch\n1,2\n", "epoch,loss\n1\n", "epoch,loss\n1,2,3,4\n5,6\n",
     "epoch,loss\n1,x\n", "epoch,loss\n1,2,3\n4\n"],
)  # fmt: skip
def test_a_file_that_is_no_table_is_named_in_the_error(tmp_path, content):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(RunFolderError, match=r"t.csv: expected a header, epoch,loss"):
        read_table(tmp_path / "t.csv", ("epoch", "loss"))
