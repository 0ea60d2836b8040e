"""Answers for a folder of pictures: one row each, checked where the names tell the class."""

from pathlib import Path

import pytest

from nn.errors import RunFolderError
from nn.runs.picture_answers import PictureAnswer, class_in_path, count_answers, write_answers

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
        'picture,answer,confidence,true,is_digit\n"a, ""b"".png",cat,0.25,,1\n'
    )


def test_a_name_that_is_no_text_is_written_in_another_way(tmp_path: Path) -> None:
    write_answers(tmp_path / "pictures.csv", [PictureAnswer(Path("\udcff.png"), "1", 1)], DIGITS)
    assert (tmp_path / "pictures.csv").read_text("utf-8").count("\n") == 2


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"pictures\.csv"):
        write_answers(tmp_path / "gone" / "pictures.csv", [], DIGITS)


def test_each_class_is_counted_with_what_it_is_taken_for() -> None:
    answers = [
        PictureAnswer(Path(name), read, 1)
        for name, read in [("3.png", "3"), ("3 b.png", "8"), ("3 c.png", "8"), ("5.png", "5")]
    ]
    assert count_answers(answers, DIGITS) == [
        ("class", "pictures", "correct", "read as"),
        ("3", "3", "1", "8 (2)"),
        ("5", "1", "1", ""),
    ]


def test_without_classes_the_answers_are_counted() -> None:
    answers = [PictureAnswer(Path(f"IMG_{n}.png"), "17" if n else "2", 1) for n in range(3)]
    assert count_answers(answers, DIGITS) == [("answer", "pictures"), ("17", "2"), ("2", "1")]
