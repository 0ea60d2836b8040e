"""The window of `--live-plot` is asked for, missed and waited for with a line each."""

from types import SimpleNamespace

import pytest

from nn.console import watching


@pytest.mark.parametrize(("is_open", "lines"), [(True, 1), (False, 0)])
def test_a_line_says_that_the_open_window_must_be_closed(is_open, lines, capsys):
    held = []
    watching.hold([SimpleNamespace(is_open=is_open, hold=lambda: held.append(True))])
    printed = capsys.readouterr().out.splitlines()
    assert len(held) == lines
    assert printed == ["Close the window with the curves to end the program."][:lines]


def test_without_a_display_a_line_says_that_there_is_no_window(monkeypatch, capsys):
    monkeypatch.setattr(watching, "why_no_window", lambda: "there is no display")
    assert watching.live_plots(wanted=True) == []
    assert capsys.readouterr().out == (
        "No window for --live-plot: there is no display. Training continues without it.\n"
    )
    assert watching.live_plots(wanted=False) == []
