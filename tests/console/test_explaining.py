"""Walking through a step: what each key does, and what a screen has room for."""

import pytest

from nn.console.explaining import Walk, explain
from nn.errors import SettingError
from nn.explaining.subject import tiny


@pytest.fixture
def walk():
    return Walk(tiny(), 0)


def titles(walk, keys):
    shown = []
    for key in keys:
        assert walk.press(key)
        shown.append(walk.frame(100, 40)[0])
    return shown


def test_keys_move_forward_and_back_and_stop_at_both_ends(walk):
    assert walk.frame(100, 40)[0] == "One training step: a tiny network, 2-3-2"
    assert titles(walk, ["n", "right", "b", "left", "b"]) == [
        "Forward, layer 1 of 3: dense 2 -> 3",
        "Forward, layer 2 of 3: relu",
        "Forward, layer 1 of 3: dense 2 -> 3",
        *["One training step: a tiny network, 2-3-2"] * 2,
    ]
    assert titles(walk, ["n"] * 12)[-2:] == ["Is the gradient right?"] * 2


def test_u_shows_another_unit_and_i_another_example(walk):
    walk.press("n")
    first = walk.frame(100, 40)
    walk.press("u")
    assert walk.frame(100, 40) != first
    walk.press("i")
    walk.press("b")
    assert walk.frame(100, 40)[2] == "Example 1, class 1"
    for _ in range(3):
        walk.press("i")
    assert walk.frame(100, 40)[2] == "Example 0, class 1"


def test_q_ends_and_other_keys_do_nothing(walk):
    assert not walk.press("x")
    assert walk.press("q")
    assert walk.frame(80, 24) is None


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (20, 10), (7, 3), (1, 1)])
def test_no_frame_is_larger_than_its_terminal(walk, columns, rows):
    for _ in range(11):
        lines = walk.frame(columns, rows)
        assert len(lines) <= rows
        assert max(map(len, lines)) <= columns
        walk.press("n")


def test_a_long_page_scrolls_to_its_end_and_no_further(walk):
    for _ in range(20):
        walk.press("n")
    last = walk.pages[-1].lines[-1]
    assert last not in walk.frame(100, 12)
    for _ in range(50):
        walk.press("down")
        walk.frame(100, 12)
    assert walk.frame(100, 12)[-2] == last
    walk.press("up")
    assert last not in walk.frame(100, 12)


def test_a_narrow_terminal_shows_every_word_of_a_page(walk):
    walk.press("n")
    shown = " ".join(walk.frame(40, 60)[2:-1]).split()
    assert shown == " ".join(walk.pages[0].lines).split()


def test_an_example_that_does_not_exist_is_refused():
    with pytest.raises(SettingError, match="--image: expected one of 0 to 3, got 4"):
        explain(tiny(), 4, page=None)


def test_without_a_terminal_the_whole_story_is_printed(capsys):
    explain(tiny(), 0, page=None)
    printed = capsys.readouterr().out
    assert printed.startswith("One training step: a tiny network, 2-3-2\n---")
    assert printed.count("Forward, layer") == printed.count("Backward, layer") == 3
    assert "Is the gradient right?" in printed
