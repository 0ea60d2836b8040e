"""Each number has the very bytes of `%.9g`, however it is computed."""

import numpy as np
import pytest

from nn.runs.number_lines import number_lines

FLOAT32 = np.float32


def written(numbers: np.ndarray) -> list[bytes]:
    return b"".join(number_lines(numbers)).split(b"\n")


def one_by_one(numbers: np.ndarray) -> list[bytes]:
    return [b",".join(b"%.9g" % number for number in row) for row in numbers.tolist()] + [b""]


def assert_same(numbers: np.ndarray) -> None:
    assert written(numbers) == one_by_one(numbers)


def test_any_32_bits_are_written_like_one_number_alone(seed):
    bits = np.random.default_rng(seed).integers(0, 2**32, (300, 100), dtype=np.uint64)
    assert_same(bits.astype(np.uint32).view(FLOAT32))  # infinite ones and NaN among them


@pytest.mark.parametrize("size", [1.0, 0.1, 0.01, 0.001, 0.0001, 0.00001])
def test_numbers_of_every_size_are_written_like_one_number_alone(seed, size):
    rng = np.random.default_rng(seed)
    assert_same((size * rng.standard_normal((200, 100))).astype(FLOAT32))


@pytest.mark.parametrize("parts", [2**4, 10**3, 2**12, 2**20, 2**30])
def test_numbers_with_a_short_text_or_halfway_between_two_have_no_zeros_behind(seed, parts):
    numerators = np.random.default_rng(seed).integers(-parts, parts, (50, 100))
    assert_same((numerators / parts).astype(FLOAT32))


@pytest.mark.parametrize("limit", [1.0, 0.99, 0.1, 0.01, 0.001, 0.0001])
def test_the_neighbours_of_each_limit_are_written_like_one_number_alone(limit):
    bits = np.array(limit, FLOAT32).view(np.int32) + np.arange(-300, 300, dtype=np.int32)
    assert_same(np.stack([bits.view(FLOAT32), -bits.view(FLOAT32)]))


@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (1, 3), (2000, 70), (1, 70_000), (0, 3)])
def test_a_table_of_any_shape_has_a_line_for_each_row(shape):
    assert_same(np.full(shape, 0.25, FLOAT32))


def test_a_large_table_is_not_in_memory_as_a_whole():
    pieces = list(number_lines(np.full((1000, 1000), 0.5, FLOAT32)))
    assert len(pieces) > 10
    assert all(piece.endswith(b"0.5\n") for piece in pieces)
