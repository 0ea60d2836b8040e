"""Ten images of the classes 0 1 2 0 1 2 ..., of which those at 3, 4 and 8 are mistakes."""

from dataclasses import replace

import numpy as np
import pytest

from nn.runs.browsing import Browsing
from nn.runs.predictions import Predictions, View


@pytest.fixture
def ten() -> Predictions:
    true = np.arange(10) % 3
    predicted = true.copy()
    predicted[[3, 4, 8]] = [1, 2, 0]
    probabilities = np.eye(3, dtype=np.float32)[predicted]
    return Predictions(np.zeros((10, 2, 2), np.uint8), true, probabilities, "ten")


def press(browsing: Browsing, *keys: str) -> list[int]:
    for key in keys:
        assert browsing.press(key)
    return browsing.shown.tolist()


def test_right_and_left_move_by_one_image_and_stop_at_the_ends(ten):
    browsing = Browsing(ten)
    assert press(browsing, "right", "right") == [2]
    assert press(browsing, "left", "left", "left") == [0]
    assert press(browsing, *["right"] * 20) == [9]
    assert browsing.position == "10 of 10"


def test_pages_are_whole_but_for_the_last(ten):
    browsing = Browsing(ten, page_size=4)
    assert browsing.position == "1-4 of 10"
    assert press(browsing, "right") == [4, 5, 6, 7]
    assert press(browsing, "right", "right") == [8, 9]
    assert browsing.position == "9-10 of 10"
    assert press(browsing, "left") == [4, 5, 6, 7]


def test_down_and_up_select_one_image_and_its_page_comes_along(ten):
    browsing = Browsing(ten, page_size=4)
    assert browsing.selected == 0
    assert press(browsing, "down", "down", "down", "down") == [4, 5, 6, 7]
    assert browsing.selected == 4
    assert press(browsing, "up") == [0, 1, 2, 3]
    assert browsing.selected == 3
    assert press(browsing, "up", "up", "up", "up") == [0, 1, 2, 3]
    assert browsing.selected == 0
    press(browsing, "right", "down")
    assert browsing.selected == 5
    press(browsing, "left")
    assert browsing.selected == 0
    press(browsing, *["down"] * 20)
    assert browsing.selected == 9


def test_an_image_on_the_screen_is_selected_in_its_cell(ten):
    browsing = Browsing(ten, page_size=4)
    press(browsing, "right", "right")
    assert browsing.select(1)
    assert browsing.selected == 9
    assert not browsing.select(2)
    assert not browsing.select(-1)
    assert browsing.selected == 9
    press(browsing, "m", "7")
    assert browsing.selected is None
    assert not browsing.select(0)
    press(browsing, "down", "up")
    assert browsing.selected is None


def test_the_selected_image_stays_selected_when_the_view_changes(ten):
    browsing = Browsing(ten, page_size=4)
    press(browsing, "right")
    browsing.select(3)
    press(browsing, "1")
    assert browsing.selected == 7
    press(browsing, "m")
    assert browsing.selected == 4  # the only mistake among the ones
    press(browsing, "m", "1")
    assert browsing.selected == 4


def test_m_shows_the_mistakes_from_the_image_in_view_on_and_again_everything(ten):
    browsing = Browsing(ten)
    assert press(browsing, *["right"] * 5, "m") == [8]
    assert browsing.position == "3 of 3 (mistakes)"
    assert browsing.m_shows == "all images"
    assert press(browsing, "left") == [4]
    assert press(browsing, "m") == [4]
    assert browsing.position == "5 of 10"
    assert browsing.m_shows == "mistakes only"


def test_from_an_image_that_is_left_out_the_very_next_one_is_shown(ten):
    assert press(Browsing(ten), "right", "right", "m") == [3]


def test_a_digit_shows_one_class_and_again_all(ten):
    browsing = Browsing(ten, page_size=20)
    assert press(browsing, "1") == [1, 4, 7]
    assert press(browsing, "2") == [2, 5, 8]
    assert press(browsing, "m") == [8]
    assert browsing.position == "1 of 1 (mistakes, class 2)"
    assert press(browsing, "2") == [3, 4, 8]


def test_an_empty_selection_is_shown_as_such_and_can_be_left(ten):
    browsing = Browsing(ten)
    assert press(browsing, "right", "7") == []
    assert browsing.position == "0 of 0 (class 7)"
    assert press(browsing, "right", "left", "m") == []
    assert press(browsing, "7", "m") == [3]


def test_the_surest_mistakes_are_left_and_found_again_by_m(ten):
    probabilities = 0.5 * ten.probabilities
    probabilities[8] *= 1.9
    surer = Predictions(ten.images, ten.true, probabilities, "ten")
    browsing = Browsing(surer, view=View(only_mistakes=True, surest=2))
    assert browsing.position == "1 of 2 (most confident mistakes)"
    assert browsing.shown.tolist() == [8]
    assert press(browsing, "right", "right") == [3]
    assert press(browsing, "m") == [3]
    assert browsing.position == "4 of 10"
    assert press(browsing, "m") == [3]
    assert press(browsing, "2") == [8]
    assert browsing.position == "1 of 1 (most confident mistakes, class 2)"


def test_q_ends_and_other_keys_mean_nothing(ten):
    browsing = Browsing(ten)
    for key in ("", "x", "home", "ctrl+c", "²", "10"):
        assert not browsing.press(key)
    assert not browsing.finished
    assert browsing.press("q")
    assert browsing.finished


def test_a_class_is_called_by_its_name(ten):
    named = Browsing(replace(ten, class_names=("cat", "dog", "owl")))
    press(named, "1")
    assert named.position == "1 of 3 (class dog)"
    press(named, "7")  # of which there is none
    assert named.position == "0 of 0 (class 7)"
