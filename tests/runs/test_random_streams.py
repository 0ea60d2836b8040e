"""One seed, several streams, none of which knows of another."""

from itertools import combinations
from typing import get_args

import numpy as np
import pytest

from nn.runs.random_streams import Purpose, random_stream

PURPOSES = get_args(Purpose)


def first_numbers(seed: int, purpose: Purpose) -> list[float]:
    return random_stream(seed, purpose).random(8).tolist()


@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_same_seed_and_purpose_give_the_same_numbers(purpose):
    assert first_numbers(7, purpose) == first_numbers(7, purpose)


def test_streams_of_other_purposes_or_seeds_share_no_number():
    streams = [set(first_numbers(seed, purpose)) for seed in range(5) for purpose in PURPOSES]
    for one, other in combinations(streams, 2):
        assert not one & other


def test_drawing_from_one_stream_leaves_the_others_alone():
    random_stream(0, "split").random(1000)
    np.random.default_rng(0).random(1000)
    assert first_numbers(0, "shuffling") == random_stream(0, "shuffling").random(8).tolist()


def test_a_purpose_that_is_added_changes_no_earlier_stream():
    """A run's settings are to give the same run in later versions, so the order is for good."""
    assert PURPOSES[:3] == ("split", "initialization", "shuffling")
    for number, purpose in enumerate(PURPOSES):
        assert first_numbers(3, purpose) == np.random.default_rng([3, number]).random(8).tolist()


def test_a_seed_may_be_of_any_length():
    seeds = (0, 2**31, 2**32 - 1, 2**64 - 1, 10**40)
    assert len({tuple(first_numbers(seed, "split")) for seed in seeds}) == len(seeds)


def test_an_unknown_purpose_is_refused():
    with pytest.raises(ValueError, match="not in tuple"):
        random_stream(0, "luck")
