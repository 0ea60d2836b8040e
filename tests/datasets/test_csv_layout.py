"""Which column of a table is what, with a header and without."""

from pathlib import Path

import pytest

from nn.datasets.csv_layout import Layout, find_layout
from nn.errors import DataError


def layout_of(tmp_path: Path, text: str, like: Layout | None = None) -> Layout:
    path = tmp_path / "a.csv"
    path.write_text(text)
    return find_layout(path, like)


def lines(count: int, *columns: list) -> str:
    """Return rows whose columns repeat their values."""
    rows = [[column[row % len(column)] for column in columns] for row in range(count)]
    return "".join(",".join(map(str, row)) + "\n" for row in rows)


LABELS, CORNER, GREY = list(range(10)), [0] * 19 + [1], [0, 7, 250]


@pytest.mark.parametrize(
    ("text", "label", "index"),
    [
        ("label,a,b,c,d\n1,2,3,4,5\n", 0, None),
        ("a,b,c,d,target\n1,2,3,4,5\n", 4, None),
        ("a,b,Class,c,d\n1,2,3,4,5\n", 2, None),
        (",label,a,b,c,d\n0,1,2,3,4,5\n", 1, 0),
        ("id;a;b;c;d;label\n0;1;2;3;4;5\n", 5, 0),
        ("\t0\t1\t2\t3\t4\tlabel\n0\t1\t2\t3\t4\t5\t6\n".replace("\t4", ""), 5, 0),
        ('"label","a","b","c","d"\n"1","2","3","4","5"\n', 0, None),
        ("a,b,c,d,e\n" + lines(60, LABELS, GREY, GREY, GREY, GREY), 0, None),
        ("a,b,c,d,e\n" + lines(60, GREY, GREY, GREY, GREY, LABELS), 4, None),
        ("a,b,c,d\n1,2,3,4\n", None, None),
        (",".join(f"pixel{number}" for number in range(784)) + "\n", None, None),
    ],
)
def test_a_header_names_the_columns(tmp_path: Path, text: str, label, index) -> None:
    layout = layout_of(tmp_path, text)
    assert (layout.label, layout.index, layout.has_header) == (label, index, True)


@pytest.mark.parametrize(
    ("text", "label", "index"),
    [
        (lines(60, LABELS, *[GREY] * 4), 0, None),
        (lines(60, *[GREY] * 4, LABELS), 4, None),
        (lines(60, [0], *[GREY] * 3, LABELS), 4, None),
        (lines(30, [0], *[GREY] * 3, LABELS), 4, None),
        (lines(60, CORNER, *[GREY] * 3, LABELS), 4, None),
        (lines(60, LABELS, *[GREY] * 3, CORNER), 0, None),
        (lines(60, LABELS, *[GREY] * 3, [0]), 0, None),
        (lines(60, [0], *[GREY] * 3, [0]), 0, None),
        (lines(60, [1, 2, 3], *[GREY] * 4), 0, None),
        (lines(2, GREY, *[GREY] * 3, LABELS), 0, None),
        (lines(60, list(range(60)), LABELS, *[GREY] * 4), 1, 0),
        (lines(60, list(range(1, 61)), *[GREY] * 4, LABELS), 5, 0),
        ("".join(f"0.5,0,0,.25,{row % 3}.0\n" for row in range(9)), 4, None),
        (",".join(map(str, range(26))) + "\n" + lines(60, LABELS, *[GREY] * 25), 0, None),
    ],
)
def test_without_a_header_the_content_of_the_columns_tells(
    tmp_path: Path, text: str, label, index
) -> None:
    layout = layout_of(tmp_path, text)
    assert (layout.label, layout.index) == (label, index)


WORDS = ["cat", "dog", "7", "Ankle boot"]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (lines(60, WORDS, *[GREY] * 4), 0),
        (lines(60, *[GREY] * 4, WORDS), 4),
        (lines(1, ["cat"], *[GREY] * 4), 0),
        ("label,a,b,c,d\n" + lines(60, WORDS, *[GREY] * 4), 0),
        ("a,b,class,c,d\n" + lines(60, GREY, GREY, WORDS, GREY, GREY), 2),
        ("species,a,b,c,d\n" + lines(60, WORDS, *[GREY] * 4), 0),
        ("label,0,1,2,3\n" + lines(60, WORDS, *[GREY] * 4), 0),
        ("0,1,2,3,label\n" + lines(60, *[GREY] * 4, WORDS), 4),
    ],
)
def test_labels_may_be_words(tmp_path: Path, text: str, label: int) -> None:
    layout = layout_of(tmp_path, text)
    assert (layout.label, layout.has_words) == (label, True)
    assert layout.has_header == ("cat" not in text.split("\n", maxsplit=1)[0])


def test_a_single_word_among_numbers_is_no_name(tmp_path: Path) -> None:
    assert not layout_of(tmp_path, lines(9, LABELS, *[GREY] * 4) + "seven,1,2,3,4\n").has_words
    assert not layout_of(tmp_path, "a,b,c,d\n1,2,3,4\n").has_words


def test_two_columns_that_could_be_the_labels_are_shown(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        layout_of(tmp_path, lines(60, LABELS, *[GREY] * 3, [3, 2, 1, 0]))
    assert "an image of class '0' or of class '3'. Give the file a header" in str(caught.value)


def test_a_file_without_header_is_read_like_the_training_file(tmp_path: Path) -> None:
    training = layout_of(tmp_path, lines(60, *[GREY] * 4, LABELS))
    few = lines(2, GREY, *[GREY] * 3, LABELS)
    assert layout_of(tmp_path, few).label == 0
    assert layout_of(tmp_path, few, training) == training
    assert layout_of(tmp_path, "label,a,b,c,d\n1,2,3,4,5\n", training).label == 0


def test_sides_that_are_counted_need_not_be_equal(tmp_path: Path) -> None:
    assert layout_of(tmp_path, "label,1x1,1x2,1x3,2x1,2x2,2x3\n").shape == (2, 3)


def test_utf_16_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,c,d,label\n1,2,3,4,5\n", encoding="utf-16")
    assert find_layout(tmp_path / "a.csv").label == 4
