"""Which kind of questions a terminal can show."""

import sys
from io import StringIO

import pytest

from nn.console.asker import is_terminal, open_asker
from nn.console.plain_questions import PlainAsker
from nn.console.questions import TerminalAsker


@pytest.mark.parametrize(
    ("term", "kind"), [("dumb", PlainAsker), ("xterm", TerminalAsker), (None, TerminalAsker)]
)
def test_a_terminal_is_asked_in_plain_lines_only_if_it_says_that_it_is_dumb(
    monkeypatch, term, kind
):
    monkeypatch.delenv("TERM", raising=False)
    if term:
        monkeypatch.setenv("TERM", term)
    with open_asker() as asker:
        assert isinstance(asker, kind)


def test_a_stream_that_is_closed_or_missing_is_no_terminal(monkeypatch):
    closed = StringIO()
    closed.close()
    assert not any(is_terminal(stream) for stream in (None, closed, StringIO()))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert is_terminal(sys.stdin)
