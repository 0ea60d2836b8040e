"""What the words on predict.py's command line ask for."""

from pathlib import Path

import pytest

from nn.console.predict_flags import parse_predict_line
from nn.errors import SettingError


def test_without_words_the_newest_run_and_its_own_test_images_are_shown():
    line = parse_predict_line([])
    assert (line.run, line.images, line.export, line.data_dir) == ("", [], None, None)
    assert (line.view.only_mistakes, line.view.digit, line.view.surest) == (False, None, None)
    assert line.save_dir == Path("saved_files")


def test_a_run_alone_asks_for_a_list_and_pictures_add_up():
    line = parse_predict_line(["--run", "--image", "a.png", "b", "--image", "c.png"])
    assert line.run is None
    assert line.images == ["a.png", "b", "c.png"]


def test_the_surest_mistakes_of_one_digit_are_a_view():
    line = parse_predict_line(["--top-mistakes", "5", "--digit", "0", "--data-dir", "x"])
    assert (line.view.only_mistakes, line.view.digit, line.view.surest) == (True, 0, 5)
    assert line.data_dir == "x"


@pytest.mark.parametrize("words", [["--top-mistakes", "0"], ["--digit", "-1"], ["--digit", "1.5"]])
def test_what_is_no_whole_number_in_range_is_refused(words):
    with pytest.raises(SettingError, match=r"--(top-mistakes|digit)"):
        parse_predict_line(words)


def test_a_committee_is_named_run_by_run():
    assert parse_predict_line(["--runs", "a", "b"]).runs == ["a", "b"]
    assert parse_predict_line([]).runs == []


@pytest.mark.parametrize(
    "other", [["--image", "x"], ["--submission"], ["--export", "npz"], ["--run"]]
)
def test_a_committee_answers_the_test_images_only(other):
    with pytest.raises(SettingError, match=rf"--runs predicts test images only; {other[0]}"):
        parse_predict_line(["--runs", "a", "b", *other])


def test_a_submission_is_asked_for_by_a_flag_of_its_own():
    assert parse_predict_line(["--submission"]).submission
    assert not parse_predict_line([]).submission
