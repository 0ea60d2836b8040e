"""The names of a run's classes, written and read back."""

from pathlib import Path

import pytest

from nn.errors import RunFolderError
from nn.runs.class_names_file import CLASSES, read_class_names, write_class_names

NAMES = ("T-shirt/top", 'a "b", c', "ねこ")


def test_names_come_back(tmp_path: Path) -> None:
    write_class_names(tmp_path, NAMES)
    assert read_class_names(tmp_path, 3) == NAMES
    assert (tmp_path / CLASSES).read_text(encoding="utf-8").startswith("label,name\n0,T-shirt/top")


def test_no_names_are_no_file(tmp_path: Path) -> None:
    write_class_names(tmp_path, ())
    assert list(tmp_path.iterdir()) == []
    assert read_class_names(tmp_path, 3) == ()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"label,name\n0,a\n", b"label,name\n0,a\n2,b\n", b"label,name\n0,a,b\n1,c\n",
        b"name,label\n0,a\n1,b\n", b"label,name\n0,a\n1,b\n2,c\n", b'label,name\n0,"a\n1,b\n',
        b"label,name\n0,\0\n", b"label,name\n0," + b"a" * 5000 + b"\n1,b\n",
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CLASSES).write_bytes(content)
    with pytest.raises(RunFolderError, match=r"classes\.csv: expected a header, label,name"):
        read_class_names(tmp_path, 2)


def test_a_stranger_s_names_are_printable_and_its_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / CLASSES).write_bytes(b"label,name\n0,\x1b[31m\n1,\xff\n")
    assert read_class_names(tmp_path, 2) == ("\\x1b[31m", "�")
    (tmp_path / "elsewhere").write_text("label,name\n0,a\n1,b\n")
    (tmp_path / CLASSES).unlink()
    (tmp_path / CLASSES).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunFolderError, match=r"classes\.csv: cannot be read"):
        read_class_names(tmp_path, 2)
