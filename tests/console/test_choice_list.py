"""The list by itself: what is found, and how its lines are broken."""

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.output import DummyOutput

from nn.console.choice_list import ChoiceList, question_with, wrapped
from nn.settings.declaration import SETTINGS


class Narrow(DummyOutput):
    """A terminal of 20 columns."""

    def get_size(self):
        return Size(rows=24, columns=20)


@pytest.fixture(autouse=True)
def narrow():
    with create_app_session(output=Narrow()):
        yield


def test_lines_are_broken_at_blanks_over_several_styles():
    text = "".join(part for _, part in question_with("How many hidden layers?", "answer", "two"))
    assert text == "? How many hidden\nlayers? two"


def test_a_choice_that_is_not_offered_appears_when_it_is_typed():
    listed = ChoiceList("?", SETTINGS["initialization"].choices, "xavier", "", {})
    assert [line.title for line in listed.filtered_choices] == ["gauss", "xavier"]
    listed._filter("h")
    assert [line.title for line in listed.filtered_choices] == ["he"]


def test_each_line_of_a_text_is_broken_by_itself():
    (fragment,) = wrapped([("", "short\nsixteen letters are more\n\n  indented")])
    assert fragment[1] == "short\nsixteen letters are\nmore\n\n  indented"
