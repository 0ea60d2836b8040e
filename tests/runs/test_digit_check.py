"""The network that tells digits from other things knows real digits, and drawn ones."""

import os
from pathlib import Path

import numpy as np
import pytest

from nn.datasets.drawn_digits import draw_digits
from nn.datasets.idx import read_idx
from nn.runs.digit_check import looks_like_digit


def test_drawn_digits_look_like_digits() -> None:
    digits = draw_digits(300, np.random.default_rng(77)).images
    assert looks_like_digit(digits).mean() > 0.97


def test_two_digits_over_each_other_and_nothing_at_all_do_not() -> None:
    digits = draw_digits(40, np.random.default_rng(78)).images
    crossed = np.maximum(digits, np.rot90(digits, 1, (1, 2)))
    assert looks_like_digit(crossed).mean() < 0.2
    assert not looks_like_digit(np.full((1, 28, 28), 255, np.uint8)).any()


@pytest.mark.mnist
@pytest.mark.skipif("MNIST_DIR" not in os.environ, reason="needs MNIST")
@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.long)])
def test_at_most_two_percent_of_mnists_test_digits_are_refused(step: int) -> None:
    """Of every fifth, or of all."""
    images = read_idx(Path(os.environ["MNIST_DIR"]) / "t10k-images-idx3-ubyte.gz", 3)
    assert looks_like_digit(images[::step]).mean() >= 0.98
