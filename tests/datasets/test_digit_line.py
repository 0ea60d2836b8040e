"""Numbers are read digit by digit, from left to right; a digit in pieces stays one."""

import numpy as np
import pytest

from nn.datasets.digit_line import separate_digits
from nn.datasets.drawn_digits import draw_digits


def line_of(digits: np.ndarray, gap: int) -> np.ndarray:
    """Put the digits' ink beside each other, each a little higher or lower; ink from 0 to 1."""
    parts = []
    for number, digit in enumerate(digits):
        columns = np.flatnonzero(digit.any(axis=0))
        moved = np.roll(np.pad(digit, ((4, 4), (0, 0))), number % 3, axis=0)
        parts += [moved[:, columns[0] : columns[-1] + 1], np.zeros((36, gap), np.uint8)]
    return np.concatenate(parts, axis=1) / np.float32(255)


@pytest.mark.parametrize("gap", [4, 12])
def test_the_digits_of_a_number_come_out_whole_from_left_to_right(gap: int) -> None:
    drawn = draw_digits(60, np.random.default_rng(2)).images.reshape(12, 5, 28, 28)
    found = 0
    for digits in drawn:
        line = line_of(digits, gap)
        separated = separate_digits(line)
        np.testing.assert_allclose(np.max(separated, axis=0), line)
        starts = [np.flatnonzero(digit.any(axis=0))[0] for digit in separated]
        assert starts == sorted(starts)
        found += len(separated) == 5
    assert found >= 10  # a digit of two parts is now and then taken for two


def test_one_digit_is_one() -> None:
    digits = draw_digits(200, np.random.default_rng(4)).images / np.float32(255)
    assert sum(len(separate_digits(digit)) == 1 for digit in digits) >= 196


def picture(*boxes: tuple[slice, slice]) -> np.ndarray:
    ink = np.zeros((100, 160), np.float32)
    for box in boxes:
        ink[box] = 1
    return ink


STROKE = (slice(20, 80), slice(40, 50))


def test_a_bar_above_or_beside_a_digit_is_part_of_it() -> None:
    for bar in ((slice(10, 15), slice(35, 60)), (slice(20, 28), slice(58, 80))):
        ink = picture(STROKE, bar)
        (digit,) = separate_digits(ink)
        np.testing.assert_array_equal(digit, ink)


def test_a_dot_far_from_all_digits_is_none() -> None:
    (digit,) = separate_digits(picture(STROKE, (slice(70, 80), slice(120, 130))))
    np.testing.assert_array_equal(digit, picture(STROKE))


def test_soft_edges_belong_to_their_digit() -> None:
    ink = picture(STROKE)
    ink[20:80, 50:55] = 0.2
    (digit,) = separate_digits(ink)
    np.testing.assert_array_equal(digit, ink)
