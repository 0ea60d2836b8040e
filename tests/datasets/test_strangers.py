"""What a file seems to be, by its first bytes."""

from pathlib import Path

import pytest

from nn.datasets.form import DataFile
from nn.datasets.strangers import refuse_stranger, seems_to_be
from nn.errors import DataError


def file(name: str, head: bytes) -> DataFile:
    return DataFile(Path("data") / name, head)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"<html>", "a web page"),
        (b' \n<?xml version="1.0"?>\n<!-- a -->\n<!DOCTYPE html>', "a web page"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (b"PK\3\4", "a zip archive"),
        (b"7z\xbc\xaf", "a packed archive"),
        (b"BZh9", "a packed archive"),
        (bytes(257) + b"ustar", "a tar archive"),
        (b"\xff\xd8\xff\xe0", "a picture"),
        (b"RIFF\1\2\3\4WEBP", "a picture"),
    ],
)
def test_the_first_bytes_say_what_it_is_whatever_it_is_called(head: bytes, words: str) -> None:
    assert words in seems_to_be(file("anything", head))
    with pytest.raises(DataError, match=f"train.csv: seems to be .*{words}"):
        refuse_stranger(file("train.csv", head))


@pytest.mark.parametrize("head", [b"", b"0,1,2", b"\0\0\x08\3", b"<cats>", b"an html page"])
def test_other_bytes_are_no_stranger_s(head: bytes) -> None:
    refuse_stranger(file("train.csv", head))
    assert seems_to_be(file("notes.txt", head)) == ""


def test_a_web_page_is_no_data() -> None:
    assert seems_to_be(file("index.html", b"<html>")) == ""


def test_a_file_that_is_called_data_is_worth_a_word() -> None:
    assert seems_to_be(file("x.npy", b"?")) == "in an unknown form"
    assert "empty or damaged" in seems_to_be(file("x.csv.gz", b""))
