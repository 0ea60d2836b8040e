"""The terminal browser: its frames as text, and the whole of it on a pseudo-terminal."""

import re
from dataclasses import replace

import numpy as np
import pytest

from nn.console.viewer import draw_image, frame, shrunken
from nn.runs.browsing import Browsing
from nn.runs.predictions import Predictions
from nn.wording import width_of
from tests.console.browser import LEFT


@pytest.fixture
def predictions() -> Predictions:
    """Thirty images of the digits 0 1 2 ... 9 0 1 ...; those at 7, 17 and 27 are taken for 1."""
    true = np.arange(30) % 10
    predicted = np.where(true == 7, 1, true)
    probabilities = 0.8 * np.eye(10)[predicted] + 0.02
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28), np.uint8)
    return Predictions(images, true, probabilities.astype(np.float32), "data, run")


def visible(line: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", line)


def greys(lines: list[str]) -> np.ndarray:
    """Return the image that a terminal shows for lines of coloured half blocks."""
    level = {16: 0, 231: 255} | {232 + k: 8 + 10 * k for k in range(24)}
    rows: list[list[int]] = []
    for line in lines:
        above, below = [], []
        for top, bottom, blocks in re.findall(r"\x1b\[38;5;(\d+);48;5;(\d+)m(▀+)", line):
            above += [level[int(top)]] * len(blocks)
            below += [level[int(bottom)]] * len(blocks)
        rows += [above, below]
    return np.array(rows)


def test_half_blocks_show_every_pixel_in_its_shade(predictions):
    lines = draw_image(predictions.images[0], plain=False)
    assert len(lines) == 14
    assert {len(visible(line)) for line in lines} == {28}
    assert np.abs(greys(lines) - predictions.images[0].astype(int)).max() <= 8


def test_black_and_white_are_drawn_as_such_and_an_odd_row_ends_in_black():
    image = np.array([[0, 255], [255, 0], [255, 255]], np.uint8)
    assert greys(draw_image(image, plain=False)).tolist() == [
        [0, 255],
        [255, 0],
        [255, 255],
        [0, 0],
    ]


def test_plain_shades_are_ascii_and_grow_with_the_light():
    image = np.repeat(np.linspace(0, 255, 10).astype(np.uint8)[None], 2, axis=0)
    assert draw_image(image, plain=True) == [" .:-=+*#%@"]


def test_an_image_that_fits_is_not_changed(predictions):
    assert (shrunken(predictions.images[0], 28, 28) == predictions.images[0]).all()
    assert (shrunken(predictions.images[0], 80, 60) == predictions.images[0]).all()


def test_a_larger_image_is_shrunk_by_means_in_its_own_proportions():
    image = np.array([[0, 100, 8, 8], [100, 200, 8, 8]], np.uint8)
    assert shrunken(image, 2, 5).tolist() == [[100, 8]]
    assert shrunken(np.zeros((300, 200), np.uint8), 80, 40).shape == (40, 26)
    assert shrunken(np.zeros((1, 200), np.uint8), 20, 20).shape == (1, 20)


def test_a_frame_shows_title_verdict_position_image_bars_and_keys(predictions):
    browsing = Browsing(predictions)
    lines = [visible(line) for line in frame(browsing, 80, 24, plain=False)]
    assert lines[:3] == [
        "data, run",
        "✓ predicted 0, true 0 (82.0% sure)",
        "1 of 30, index 0",
    ]
    assert lines[3][:30] == "▀" * 28 + "  "
    assert lines[3][30:] == "0 " + "█" * 16 + " " * 4 + "  82.0%"
    assert lines[12][30:] == "9 " + " " * 20 + "   2.0%"
    assert len(lines) == 4 + 14
    assert lines[-1] == "← → move   m mistakes only   0-9 one class   q quit"


def test_right_and_wrong_differ_in_colour_and_in_sign(predictions):
    browsing = Browsing(predictions)
    assert frame(browsing, 80, 24, plain=False)[1].startswith("\x1b[1;32m✓ predicted 0, true 0")
    browsing.press("m")
    assert frame(browsing, 80, 24, plain=False)[1].startswith("\x1b[1;31m✗ predicted 1, true 7")


def test_a_plain_frame_is_ascii_without_escapes(predictions):
    browsing = Browsing(predictions)
    browsing.press("m")
    text = "\n".join(frame(browsing, 80, 24, plain=True))
    assert text.isascii()
    assert "\x1b" not in text
    assert "WRONG: predicted 1, true 7 (82.0% sure)" in text
    assert "1 " + "#" * 16 in text


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("keys", ["", "m", "m6"])
@pytest.mark.parametrize("shape", [(28, 28), (3, 200), (200, 3), (1, 1), (8, 8)])
def test_no_frame_is_wider_or_higher_than_its_terminal(predictions, plain, keys, shape):
    images = np.full((30, *shape), 99, np.uint8)
    browsing = Browsing(
        Predictions(images, predictions.true, predictions.probabilities, "a long title " * 9)
    )
    for key in keys:
        browsing.press(key)
    for columns in (1, 7, 20, 33, 46, 52, 80, 200):
        for rows in (1, 3, 4, 5, 6, 12, 24, 60):
            lines = frame(browsing, columns, rows, plain)
            assert 1 <= len(lines) <= rows
            assert max(len(visible(line)) for line in lines) <= columns


def test_twenty_columns_still_show_the_image_and_both_labels(predictions):
    lines = [visible(line) for line in frame(Browsing(predictions), 20, 24, plain=False)]
    assert lines[1] == "✓ 0, true 0"
    assert lines[3:13] == ["▀" * 20] * 10
    assert lines[-1] == "← → m 0-9 q"


def test_of_many_classes_the_likeliest_have_a_bar():
    probabilities = np.full((1, 100), 0.001, np.float32)
    probabilities[0, [3, 98]] = 0.3, 0.6
    predictions = Predictions(np.zeros((1, 28, 28), np.uint8), np.array([98]), probabilities, "")
    text = "\n".join(visible(line) for line in frame(Browsing(predictions), 80, 24, plain=False))
    assert " 3 " + "█" * 6 + " " in text
    assert "98 " + "█" * 12 + " " in text


def test_a_network_that_answers_nan_is_still_shown(predictions):
    broken = Predictions(
        predictions.images, predictions.true, np.full((30, 10), np.nan, np.float32), "x"
    )
    assert "(nan% sure)" in frame(Browsing(broken), 80, 24, plain=True)[1]


def test_control_characters_in_a_name_do_not_reach_the_terminal(predictions):
    nasty = Predictions(
        predictions.images, predictions.true, predictions.probabilities, "a\x1b[2J\nb"
    )
    assert frame(Browsing(nasty), 80, 24, plain=True)[0] == "a?[2J?b"


def test_keys_move_and_choose_and_q_gives_the_terminal_back(start_browser):
    child = start_browser()
    child.expect(re.escape("\x1b[?1049h"))
    for keys, shown in [
        ("", "1 of 30, index 0"),
        ("\x1b[C", "2 of 30, index 1"),
        ("\x1bOC", "3 of 30, index 2"),
        ("\x1b[1;5C", "4 of 30, index 3"),
        ("\x1b[D", "3 of 30, index 2"),
        ("\x1b[B", "4 of 30, index 3"),
        ("\x1bOA", "3 of 30, index 2"),
        ("m", "1 of 3 (mistakes), index 7"),
        ("\x1b[C", "2 of 3 (mistakes), index 17"),
        ("7", "2 of 3 (mistakes, class 7), index 17"),
        ("6", "0 of 0 (mistakes, class 6)"),
        ("6", "1 of 3 (mistakes), index 7"),
        ("M", "8 of 30, index 7"),
    ]:
        child.send(keys)
        child.expect_exact(shown)
    child.send("q")
    child.expect(LEFT)


def test_a_terminal_made_narrow_is_drawn_anew(start_browser):
    child = start_browser()
    child.expect_exact("predicted 0, true 0")
    child.setwinsize(10, 20)
    child.expect_exact("✓ 0, true 0")
    child.expect_exact("← → m 0-9 q")
    child.send("q")
    child.expect(LEFT)


def test_no_color_and_other_encodings_get_shades(start_browser):
    for variables in ({"NO_COLOR": "1"}, {"PYTHONIOENCODING": "ascii"}):
        child = start_browser(**variables)
        child.expect_exact("right: predicted 0, true 0")
        child.expect_exact("+" * 28)
        child.send("q")
        child.expect(LEFT)


def test_wide_names_of_classes_shift_no_bar(predictions):
    names = ("猫", "🐶", *(f"animal {number}" for number in range(8)))
    shown = frame(Browsing(replace(predictions, class_names=names)), 100, 30, plain=False)
    bars = [visible(line) for line in shown if line.rstrip().endswith("%")]
    assert len(bars) == 10
    assert {width_of(line) for line in bars} == {width_of(bars[0])}


def test_names_of_classes_are_shown_instead_of_digits(predictions):
    names = ("cat", "dog", *(f"animal number {number}" for number in range(8)))
    browsing = Browsing(replace(predictions, class_names=names))
    browsing.press("m")
    shown = [visible(line) for line in frame(browsing, 100, 30, plain=False)]
    text = "\n".join(shown)
    assert "✗ predicted dog, true animal number 5" in text
    assert "0-9 one class" in text
    assert "animal number… " in text
    assert "digit" not in text
