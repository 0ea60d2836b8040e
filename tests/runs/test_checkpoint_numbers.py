"""How far a checkpoint is, read without NumPy and believed only where it is possible."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from nn.runs.checkpoint_file import write_checkpoint
from nn.runs.checkpoint_numbers import next_member, read_numbers
from nn.training.state import Checkpoint

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = {"epochs": 3, "examples": 128, "data_crc32": 5, "stopped": False, "settings": {"l1": 0}}


def test_numbers_come_back(tmp_path):
    write_checkpoint(tmp_path / "checkpoint.npz", Checkpoint({**NUMBERS, "loss": 0.1}, {}))
    assert read_numbers(tmp_path / "checkpoint.npz") == {**NUMBERS, "loss": 0.1}


def test_reading_them_imports_no_numpy():
    code = "import sys, nn.runs.checkpoint_numbers; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [None, "3", -1, 2**53, 10**4000, True, 3.0, [3]])
def test_impossible_numbers_are_rejected(tmp_path, name, value):
    if name == "stopped" and value is True:
        pytest.skip("which it may be")
    write_checkpoint(tmp_path / "checkpoint.npz", Checkpoint({**NUMBERS, name: value}, {}))
    with pytest.raises(ValueError, match="not the JSON of a checkpoint"):
        read_numbers(tmp_path / "checkpoint.npz")


def archive(*members: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as written:
        for name, content in members:
            written.writestr(name, content)
    stream.seek(0)
    return stream


def test_members_are_read_one_after_the_other():
    stream = archive(("a", b"first"), ("b", b"second"))
    assert next_member(stream, {"a": 5, "b": 6}) == ("a", b"first")
    assert next_member(stream, {"b": 6}) == ("b", b"second")


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (archive(("b", b"12345")), "lacks a,"),
        (archive(("a", b"123456")), "longer than expected"),
        (archive(("a", b"11111" * 9), compression=zipfile.ZIP_DEFLATED), "compressed"),
        (archive(), "cut short"),
        (io.BytesIO(archive(("a", b"12345")).getvalue()[:34]), "cut short"),
        (io.BytesIO(archive(("a", b"12345")).getvalue().replace(b"12345", b"12346")), "damaged"),
        (io.BytesIO(b"PK\x01\x02" + archive(("a", b"12345")).getvalue()[4:]), "lacks a,"),
        (io.BytesIO(b"\0" * 100), "lacks a,"),
    ],
)
def test_another_member_than_expected_is_rejected(stream, words):
    with pytest.raises(ValueError, match=words):
        next_member(stream, {"a": 5})


def test_numbers_that_are_no_json_are_rejected(tmp_path):
    for text in ("", "{", "[" * 100_000, json.dumps([NUMBERS]), "\ud800"):
        content = archive(("numbers.json", text.encode("utf-8", "surrogatepass"))).getvalue()
        (tmp_path / "checkpoint.npz").write_bytes(content)
        with pytest.raises(ValueError, match="not the JSON of a checkpoint"):
            read_numbers(tmp_path / "checkpoint.npz")
