"""Single keys and a screen of its own, on a pseudo-terminal; the image browser is what is shown."""

import fcntl
import os
import pty
import re
import signal
import struct
import termios

import pexpect
import pytest

from nn.console.terminal import (
    _redrawn,
    _single_keys,
    columns_of,
    has_terminal,
    is_editor_shell,
    is_plain,
)
from tests.console.browser import LEFT
from tests.screens import EditorShell


@pytest.mark.parametrize(
    ("variables", "encoding", "plain"),
    [
        ({"TERM": "xterm"}, "utf-8", False),
        ({"TERM": "xterm", "NO_COLOR": ""}, "UTF-8", False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "utf-8", True),
        ({"TERM": "dumb"}, "utf-8", True),
        ({}, "utf-8", True),
        ({"TERM": "xterm"}, "ascii", True),
        ({"TERM": "xterm"}, "iso8859-1", True),
    ],
)
def test_colours_and_blocks_are_used_only_where_they_are_wanted(
    monkeypatch, tmp_path, variables, encoding, plain
):
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with (tmp_path / "out").open("w", encoding=encoding) as output:
        assert is_plain(output) is plain


def test_the_width_is_that_of_a_terminal_and_unknown_elsewhere(tmp_path):
    _, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 57, 0, 0))
    with os.fdopen(terminal, "w") as stream:
        assert columns_of(stream) == 57
        assert not is_editor_shell(stream)
    with (tmp_path / "file").open("w") as stream:
        assert columns_of(stream) == 0
        assert not is_editor_shell(stream)
    assert columns_of(EditorShell()) == 0
    assert is_editor_shell(EditorShell())


def test_nothing_is_erased_behind_a_line_that_may_fill_the_width():
    lines = ["above", "in between", "last"]
    assert all(map(str.endswith, _redrawn(lines).split("\n"), lines))


def test_keys_without_a_meaning_do_nothing(start_browser):
    child = start_browser()
    child.expect_exact("1 of 30")
    for key in ("x", "\x1b", "\x1b[H", "\x1b[15~", "é", "\r", "\x00", "\x1bm"):
        child.send(key)
        child.expect(pexpect.TIMEOUT, timeout=0.12)
    child.send("\x1b[C")
    # The next frame is the second image: not one of those keys has moved or chosen.
    child.expect(r"(\d+) of 30")
    assert child.match.group(1) == "2"
    child.send("\x1bmq")  # Alt-m swallows no other key
    child.expect(LEFT)


def test_many_keys_at_once_are_all_obeyed(start_browser):
    child = start_browser()
    child.expect_exact("1 of 30")
    child.send("\x1b[C" * 12 + "\x1b[D" + "q")
    child.expect_exact("12 of 30, index 11")
    child.expect(LEFT)


def test_ctrl_c_gives_the_terminal_back(start_browser):
    child = start_browser()
    child.expect_exact("1 of 30")
    child.sendintr()
    child.expect(re.escape("\x1b[?1049l") + ".*ended by KeyboardInterrupt.*restored end")


def test_a_signal_to_end_gives_the_terminal_back(start_browser):
    child = start_browser()
    child.expect_exact("1 of 30")
    child.program.send(signal.SIGTERM)
    child.expect(re.escape("\x1b[?1049l") + ".*ended by SystemExit 143.*restored end")


def test_a_defect_gives_the_terminal_back(start_browser):
    child = start_browser("fail")
    child.expect(re.escape("\x1b[?1049l") + ".*ended by ZeroDivisionError.*restored end")


def test_ctrl_z_is_ignored_until_the_terminal_is_given_back():
    # A process on a pseudo-terminal of its own is never suspended, so this looks at the handler.
    before = signal.getsignal(signal.SIGTSTP)
    master, slave = os.openpty()
    with open(slave) as terminal:
        with _single_keys(terminal):
            assert signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTSTP) is before
    os.close(master)


def test_a_dumb_terminal_gets_one_image_below_the_other_and_no_escapes(start_browser):
    child = start_browser(TERM="dumb")
    child.expect_exact("1 of 30")
    child.send("m")
    child.expect_exact("1 of 3 (mistakes)")
    before = child.before
    child.send("q")
    child.expect("restored end")
    assert "\x1b" not in before + child.before


def test_a_file_is_no_terminal(tmp_path):
    with (tmp_path / "file").open("w+") as file:
        assert not has_terminal(file, file)
