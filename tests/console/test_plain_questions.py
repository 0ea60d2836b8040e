import io

import pytest

from nn.console.interview import BACK, EXPLAIN
from nn.console.plain_questions import PlainAsker
from nn.errors import StoppedError
from nn.settings.declaration import SETTINGS
from nn.settings.setting import Choice


@pytest.fixture
def type_lines(monkeypatch):
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_a_choice_is_typed_or_left_to_enter(type_lines, capsys):
    choices = SETTINGS["hidden_layers"].choices
    type_lines("two\n\n<\nthree\nZERO\n")
    asker = PlainAsker()
    assert asker.choose("How many?", choices, 1, [BACK]) == 2
    assert asker.choose("How many?", choices, 1, [BACK]) == 1
    assert asker.choose("How many?", choices, 1, [BACK]) is BACK
    assert asker.choose("How many?", choices, 1, [BACK]) == 0
    assert "No choice matches. Expected one of: 0, 1, 2" in capsys.readouterr().out


def test_a_question_mark_asks_for_an_explanation_where_there_is_one(type_lines, capsys):
    type_lines("?\n?\n\n")
    asker = PlainAsker()
    assert asker.type_in("How many?", SETTINGS["epochs"], 10, [EXPLAIN, BACK]) is EXPLAIN
    assert "?: explain; <: back" in capsys.readouterr().out
    assert asker.type_in("How many?", SETTINGS["epochs"], 10, [BACK]) == 10
    assert "'?'; expected a whole number" in capsys.readouterr().out


def test_a_number_is_typed_until_it_is_right(type_lines, capsys):
    type_lines("0\n7\n\n<\n")
    asker = PlainAsker()
    assert asker.type_in("How many?", SETTINGS["epochs"], 10, [BACK]) == 7
    assert asker.type_in("How many?", SETTINGS["epochs"], 10, [BACK]) == 10
    assert asker.type_in("How many?", SETTINGS["epochs"], 10, [BACK]) is BACK
    assert "expected a whole number from 1" in capsys.readouterr().out


def test_the_end_of_the_input_stops(type_lines):
    type_lines("")
    with pytest.raises(StoppedError):
        PlainAsker().choose("How many?", SETTINGS["hidden_layers"].choices, 1)


def test_lines_are_ticked_by_number_or_name(type_lines, capsys):
    choices = [Choice(name, explain="a colour") for name in ("red", "green", "blue")]
    type_lines("3, RED,3\n\nteal\n2\n<\n")
    asker = PlainAsker()
    assert asker.tick("Which?", choices) == ["blue", "red"]
    assert asker.tick("Which?", choices) == ["red", "green", "blue"]
    assert asker.tick("Which?", choices) == ["green"]
    assert asker.tick("Which?", choices) is BACK
    output = capsys.readouterr().out
    assert "  2: green (a colour)" in output
    assert "No choice matches 'teal'." in output
