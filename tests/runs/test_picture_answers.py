"""Answers for a folder of pictures: one row each, checked where the names tell the class."""

from pathlib import Path

import pytest

from nn.errors import RunFolderError
from nn.runs.picture_answers import PictureAnswer, class_in_path, write_answers

DIGITS = [str(digit) for digit in range(10)]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("mine/7.png", "7"),
        ("mine/7_second try.png", "7"),
        ("mine/7 (2).jpg", "7"),
        ("3/IMG_1234.jpg", "3"),
        ("mine/12.png", ""),
        ("mine/IMG_7.jpg", ""),
    ],
)
def test_a_folder_or_the_first_word_tells_the_class(path: str, told: str) -> None:
    assert class_in_path(Path(path), DIGITS) == told


def test_names_that_only_count_say_nothing(tmp_path: Path) -> None:
    answers = [PictureAnswer(Path(f"{number}.png"), "1", 0.5) for number in range(1, 12)]
    assert write_answers(tmp_path / "pictures.csv", answers, DIGITS) is None
    assert write_answers(tmp_path / "pictures.csv", answers[:4], DIGITS) == 0.25


def test_names_with_commas_and_quotes_stay_one_cell(tmp_path: Path) -> None:
    answers = [PictureAnswer(Path('a, "b".png'), "cat", 0.25)]
    write_answers(tmp_path / "pictures.csv", answers, ["cat", "dog"])
    assert (tmp_path / "pictures.csv").read_text() == (
        'picture,answer,confidence,true\n"a, ""b"".png",cat,0.25,\n'
    )


def test_a_name_that_is_no_text_is_written_in_another_way(tmp_path: Path) -> None:
    write_answers(tmp_path / "pictures.csv", [PictureAnswer(Path("\udcff.png"), "1", 1)], DIGITS)
    assert (tmp_path / "pictures.csv").read_text("utf-8").count("\n") == 2


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"pictures\.csv"):
        write_answers(tmp_path / "gone" / "pictures.csv", [], DIGITS)
