"""The spread of each initialization, and that one stream gives the same weights again."""

import numpy as np
import pytest

from nn.initializers import INITIALIZERS

SHAPE = (400, 500)  # 200,000 draws: the deviation's own error is 1 in sqrt(400,000), 0.16 %.


@pytest.mark.parametrize(
    ("name", "fan_in", "deviation"),
    [
        ("gauss", 4, 0.01),
        ("gauss", 784, 0.01),
        ("xavier", 4, 0.5),  # 1 / sqrt(4)
        ("xavier", 784, 1 / 28),  # 28 * 28 = 784
        ("he", 8, 0.5),  # sqrt(2 / 8)
        ("he", 784, 0.050507627),  # sqrt(2) / 28
    ],
)
def test_the_deviation_is_the_one_of_the_formula(name: str, fan_in: int, deviation: float) -> None:
    weights = INITIALIZERS[name](SHAPE, fan_in=fan_in, rng=np.random.default_rng(0))
    assert weights.shape == SHAPE
    assert weights.std() == pytest.approx(deviation, rel=0.01)
    assert abs(weights.mean()) < 4 * deviation / np.sqrt(weights.size)
    # A normal distribution has 31.7 % of its values beyond one deviation, 4.55 % beyond two.
    assert np.mean(np.abs(weights) > deviation) == pytest.approx(0.317, abs=0.01)
    assert np.mean(np.abs(weights) > 2 * deviation) == pytest.approx(0.0455, abs=0.003)


@pytest.mark.parametrize(
    ("name", "fan_in", "deviation"), [("gauss", 9, 0.01), ("xavier", 16, 0.25), ("he", 32, 0.25)]
)
def test_weights_are_the_streams_numbers_times_the_deviation(
    name: str, fan_in: int, deviation: float
) -> None:
    weights = INITIALIZERS[name]((3, 2, 2), fan_in=fan_in, rng=np.random.default_rng(7))
    expected = deviation * np.random.default_rng(7).standard_normal((3, 2, 2))
    np.testing.assert_array_equal(weights, expected)


def test_a_random_stream_continues_where_it_was() -> None:
    rng = np.random.default_rng(0)
    first, second = (INITIALIZERS["he"]((4, 4), fan_in=4, rng=rng) for _ in range(2))
    assert not np.isin(first, second).any()


def test_the_names_are_those_of_the_settings() -> None:
    assert list(INITIALIZERS) == ["gauss", "xavier", "he", "wide_gauss"]
