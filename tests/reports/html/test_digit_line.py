"""The pad tells digits apart as Python does."""

import numpy as np
import pytest

from nn.datasets.digit_line import separate_digits
from nn.datasets.drawn_digits import draw_digits
from nn.datasets.framing import Framing, place
from nn.reports.page_data import digit_check_data
from nn.runs.digit_check import looks_like_digit
from tests.datasets.test_digit_line import STROKE, line_of, picture

SEPARATE = """(drawings) => drawings.map(({ink, height, width}) =>
    separateDigits(Float32Array.from(ink), height, width).map((digit) => Array.from(digit)))"""


def separated(run_script, drawings: list[np.ndarray]) -> list[list[np.ndarray]]:
    argument = [
        {"ink": ink.ravel().tolist(), "height": ink.shape[0], "width": ink.shape[1]}
        for ink in drawings
    ]
    found = run_script(("preparation.js", "digit_line.js"), SEPARATE, argument)
    return [
        [np.reshape(digit, ink.shape) for digit in digits]
        for ink, digits in zip(drawings, found, strict=True)
    ]


def soft() -> np.ndarray:
    ink = picture(STROKE)
    ink[20:80, 50:58] = 0.2
    return ink


DRAWINGS = {
    "numbers": [
        line_of(digits, gap)
        for gap in (2, 4, 12)
        for digits in draw_digits(25, np.random.default_rng(gap)).images.reshape(5, 5, 28, 28)
    ],
    "a bar above": [picture(STROKE, (slice(10, 15), slice(35, 60)))],
    "a bar beside": [picture(STROKE, (slice(20, 28), slice(58, 80)))],
    "two bars that two digits share": [
        picture(
            STROKE,
            (slice(15, 85), slice(80, 90)),
            (slice(30, 36), slice(58, 64)),
            (slice(30, 36), slice(66, 72)),
        )
    ],
    "a dot far away": [picture(STROKE, (slice(70, 80), slice(120, 130)))],
    "soft edges": [soft()],
    "to the very edge": [picture((slice(0, 100), slice(0, 9)), (slice(0, 99), slice(150, 160)))],
}


@pytest.mark.parametrize("drawings", DRAWINGS.values(), ids=DRAWINGS)
def test_digits_are_told_apart_as_in_python(drawings, run_script):
    for ink, digits in zip(drawings, separated(run_script, drawings), strict=True):
        np.testing.assert_allclose(digits, separate_digits(ink), atol=1e-7)


CHECKED = """({drawings, check}) => {
    const network = readNetwork(check.network);
    return drawings.map(({ink, height, width}) =>
        looksLikeDigit(network, Float32Array.from(ink), height, width, check));
}"""


def test_what_looks_like_a_digit_is_what_python_says(run_script):
    rng = np.random.default_rng(1)
    digits = draw_digits(30, rng).images / np.float32(255)
    noise = rng.random((10, 28, 28)).astype(np.float32)
    noise[rng.random(noise.shape) < 0.7] = 0
    ring = np.hypot(*(np.mgrid[:28, :28] - 13.5))
    face = ((np.abs(ring - 11) < 1.2) | (np.hypot(*(np.mgrid[:28, :28] - 9)) < 2)).astype("f4")
    drawings = [*digits, *noise, face]
    framing = Framing.like_mnist((28, 28))
    expected = looks_like_digit(np.stack([place(ink, (28, 28), framing) for ink in drawings]))
    assert 20 <= expected.sum() <= 35
    argument = {
        "drawings": [{"ink": ink.ravel().tolist(), "height": 28, "width": 28} for ink in drawings],
        "check": digit_check_data(),
    }
    scripts = ("layers.js", "preparation.js", "handwriting.js")
    assert run_script(scripts, CHECKED, argument) == expected.tolist()


def test_an_empty_drawing_has_no_digit(run_script):
    assert separated(run_script, [np.zeros((9, 7), np.float32)]) == [[]]
