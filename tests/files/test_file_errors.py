"""What the system refuses to do with a file, told as the program's own error."""

import errno
from gzip import BadGzipFile
from pathlib import Path

import pytest

from nn.errors import DataError, RunFolderError
from nn.files.file_errors import reading, writing

FULL = OSError(errno.ENOSPC, "No space left on device")


def test_a_file_that_cannot_be_written_is_named_with_the_reason():
    with pytest.raises(RunFolderError) as caught, writing(Path("runs/a.csv")):
        raise FULL
    assert str(caught.value) == "runs/a.csv: cannot be written (No space left on device)."
    assert caught.value.__cause__ is FULL


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path):
    with pytest.raises(DataError) as caught, reading(tmp_path, DataError):
        tmp_path.read_bytes()
    assert str(caught.value) == f"{tmp_path}: cannot be read (Is a directory)."


def test_the_message_ends_in_advice_where_there_is_any():
    with (
        pytest.raises(RunFolderError, match=r"\(No space left on device\)\. Free some space\.$"),
        writing(Path("a"), advice="Free some space."),
    ):
        raise FULL


def test_an_error_without_a_number_is_quoted():
    with pytest.raises(RunFolderError, match=r"a: .*Not a gzipped file"), reading(Path("a")):
        raise BadGzipFile("Not a gzipped file")


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), RunFolderError("y")])
def test_other_errors_stay_what_they_are(error):
    with pytest.raises(type(error)) as caught, writing(Path("a")):
        raise error
    assert caught.value is error
