"""How error messages quote what somebody wrote, and suggest what they may have meant."""

import pytest

from nn.wording import counted, nearest_hint, padded, shorten, width_of


def test_nothing_is_hinted_when_nothing_is_near():
    assert nearest_hint("zzz", ["relu", "sigmoid"]) == ""


def test_a_long_or_ugly_value_is_shown_on_one_short_line():
    assert shorten("a\nb\x1b") == r"'a\nb\x1b'"
    assert len(shorten("x" * 10_000)) < 60


@pytest.mark.parametrize(("written", "shown"), [(5, "5"), (None, "None"), ([8, "a"], "[8, 'a']")])
def test_what_is_no_text_is_shown_without_quotes(written, shown):
    assert shorten(written) == shown
    assert shorten([1] * 100, longest=9) == "[1, 1, 1,..."


def test_the_nearest_name_is_found_whatever_its_case():
    assert nearest_hint("RELLU", ["sigmoid", "ReLU"]) == ". Did you mean ReLU?"


def test_one_thing_is_counted_as_one():
    counts = [counted(number, "whole epoch") for number in (0, 1, 2000)]
    assert counts == ["0 whole epochs", "1 whole epoch", "2,000 whole epochs"]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("cat", 3),
        ("猫", 2),
        ("ｃａｔ", 6),
        ("🐱 cat", 6),
        ("e\u0301t\u00e9", 3),
        ("ねこ", 4),
    ],
)
def test_wide_characters_take_two_columns_of_a_terminal_and_accents_none(text, columns):
    assert width_of(text) == columns
    assert padded(text, 9) == text + " " * (9 - columns)
    assert padded(text, 9, right=True) == " " * (9 - columns) + text
    assert padded(text, 0) == text
