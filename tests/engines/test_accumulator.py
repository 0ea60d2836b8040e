"""Gradients must be added where the optimizer wants them, whatever arrays they are made from."""

import numpy as np
import pytest
from numpy.typing import DTypeLike

from nn.engines.accumulator import Accumulator

BOTH_TYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])

# left.T @ right, by hand, for two examples:
#   left = [[1, 2, 3], [4, 5, 6]], right = [[1, -1], [2, 0]]
#   row d, column u = left[0, d] right[0, u] + left[1, d] right[1, u]
#   [[1*1 + 4*2, 1*-1 + 4*0], [2*1 + 5*2, 2*-1 + 0], [3*1 + 6*2, 3*-1 + 0]]
LEFT = [[1, 2, 3], [4, 5, 6]]
RIGHT = [[1, -1], [2, 0]]
PRODUCT = [[9, -1], [12, -2], [15, -3]]


@BOTH_TYPES
def test_nothing_kept_is_the_gradient_itself(dtype: DTypeLike) -> None:
    target = np.full((3, 2), 8, dtype)
    accumulator = Accumulator(target, keep=0.0, scale=1.0)
    for _ in range(2):  # The second overwrites the first.
        for order in ("C", "F"):
            accumulator.add_product(np.array(LEFT, dtype, order=order), np.array(RIGHT, dtype))
            assert target.tolist() == PRODUCT
    assert target.dtype == dtype


@BOTH_TYPES
def test_keep_and_scale_are_factors_on_the_old_and_the_new(dtype: DTypeLike) -> None:
    target = np.full((3, 2), 8, dtype)
    accumulator = Accumulator(target, keep=0.5, scale=-2.0)
    accumulator.add_product(np.array(LEFT, dtype), np.array(RIGHT, dtype))
    # 0.5 * 8 - 2 * [[9, -1], [12, -2], [15, -3]]
    assert target.tolist() == [[-14, 6], [-20, 8], [-26, 10]]
    # 0.5 * that - 2
    accumulator.add(np.ones((3, 2), dtype))
    assert target.tolist() == [[-9, 1], [-12, 2], [-15, 3]]


def test_a_large_target_is_scaled_in_a_pass_of_its_own() -> None:
    for add_first in (True, False):
        target = np.full((784, 64), 8, np.float32)
        accumulator = Accumulator(target, keep=0.5, scale=2.0)
        if add_first:
            accumulator.add(np.ones((784, 64), np.float32))
        else:
            accumulator.add_product(np.ones((1, 784), np.float32), np.ones((1, 64), np.float32))
        assert (target == 6).all()


def test_a_gradient_that_is_no_product_is_scaled_even_where_nothing_is_kept() -> None:
    target = np.full((3, 2), 8, np.float32)
    Accumulator(target, keep=0.0, scale=-2.0).add(np.ones((3, 2), np.float32))
    assert (target == -2).all()


@BOTH_TYPES
@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (17, 33), (784, 64)])
@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_keep_0_ignores_what_is_not_finite(
    dtype: DTypeLike, shape: tuple[int, int], poison: float
) -> None:
    target = np.full(shape, poison, dtype)
    accumulator = Accumulator(target, keep=0.0, scale=1.0)
    accumulator.add_product(np.ones((4, shape[0]), dtype), np.ones((4, shape[1]), dtype))
    assert (target == 4).all()
    target[:] = poison
    accumulator.add(np.full(shape, 3, dtype))
    assert (target == 3).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (3, 2)])
@pytest.mark.parametrize("examples", [1, 2, 7])
def test_rows_and_columns_of_one_are_no_exception(shape: tuple[int, int], examples: int) -> None:
    rng = np.random.default_rng(0)
    left, right = (rng.integers(-5, 5, (examples, n)).astype(np.float32) for n in shape)
    target = np.ones(shape, np.float32)
    Accumulator(target, keep=1.0, scale=1.0).add_product(left, right)
    np.testing.assert_array_equal(target, 1 + left.T @ right)


def test_biases_are_one_row() -> None:
    target = np.zeros(2, np.float32)
    accumulator = Accumulator(target, keep=0.0, scale=1.0)
    accumulator.add_product(np.ones((2, 1), np.float32), np.array(RIGHT, np.float32))
    assert target.tolist() == [3, -1]


@pytest.mark.parametrize(
    "view",
    [
        np.asfortranarray,
        lambda array: array[:, ::-1].copy()[:, ::-1],
        lambda array: np.repeat(array, 2, axis=1)[:, ::2],
        lambda array: np.repeat(array, 2, axis=0)[::2],
        lambda array: np.ascontiguousarray(array.T).T,
        lambda array: array.astype(np.float64),
        lambda array: array.astype(np.int8),
    ],
    ids=["column order", "backwards", "columns", "rows", "transposed", "float64", "int8"],
)
def test_products_of_any_arrays_arrive(view) -> None:
    left, right = np.array(LEFT, np.float32), np.array(RIGHT, np.float32)
    for some_left, some_right in ((view(left), right), (left, view(right))):
        target = np.zeros((3, 2), np.float32)
        Accumulator(target, keep=1.0, scale=1.0).add_product(some_left, some_right)
        assert target.tolist() == PRODUCT


def test_something_can_be_done_before_every_gradient() -> None:
    target = np.ones((3, 2), np.float32)

    def double() -> None:
        target[:] *= 2

    accumulator = Accumulator(target, keep=1.0, scale=1.0, before=double)
    accumulator.add(np.ones((3, 2), np.float32))
    accumulator.add_product(np.ones((1, 3), np.float32), np.ones((1, 2), np.float32))
    assert (target == 7).all()  # 2 * (2 * 1 + 1) + 1
