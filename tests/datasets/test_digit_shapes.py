"""The strokes of the ten digits: drawable, inside their square, and connected."""

import pytest

from nn.datasets.digit_shapes import WAYS


def test_each_digit_has_several_ways_of_strokes_that_can_be_drawn() -> None:
    assert len(WAYS) == 10
    for ways in WAYS:
        assert len(ways) > 1
        for weight, strokes in ways:
            assert weight > 0
            assert min(len(stroke) for stroke in strokes) >= 2
            assert all(-0.1 <= x <= 1.1 and -0.1 <= y <= 1.1 for each in strokes for x, y in each)


@pytest.mark.parametrize("digit", range(10))
def test_a_digit_fills_its_square_from_top_to_bottom(digit: int) -> None:
    for _, strokes in WAYS[digit]:
        heights = [y for stroke in strokes for _, y in stroke]
        assert min(heights) <= 0.15
        assert max(heights) >= 0.85
