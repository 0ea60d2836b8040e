"""Gradients must arrive where the optimizer wants them, whatever arrays they are made from."""

import numpy as np
import pytest
from numpy.typing import DTypeLike

from nn.layers.parameter import Parameter, ParameterBuffer, aligned

BOTH_TYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])

# left.T @ right, by hand, for two examples:
#   left = [[1, 2, 3], [4, 5, 6]], right = [[1, -1], [2, 0]]
#   row d, column u = left[0, d] right[0, u] + left[1, d] right[1, u]
#   [[1*1 + 4*2, 1*-1 + 4*0], [2*1 + 5*2, 2*-1 + 0], [3*1 + 6*2, 3*-1 + 0]]
LEFT = [[1, 2, 3], [4, 5, 6]]
RIGHT = [[1, -1], [2, 0]]
PRODUCT = [[9, -1], [12, -2], [15, -3]]


def parameter(shape: tuple[int, ...] = (3, 2), dtype: DTypeLike = np.float32) -> Parameter:
    return Parameter(np.zeros(shape, dtype))


@BOTH_TYPES
def test_the_textbook_gradient_is_the_product(dtype: DTypeLike) -> None:
    weights = parameter(dtype=dtype)
    for _ in range(2):  # The second overwrites the first: keep is 0.
        weights.add_product(np.array(LEFT, dtype), np.array(RIGHT, dtype))
        assert weights.accumulator.tolist() == PRODUCT
    assert weights.value.tolist() == np.zeros((3, 2)).tolist()
    assert weights.accumulator.dtype == dtype


@BOTH_TYPES
def test_keep_and_scale_are_factors_on_the_old_and_the_new(dtype: DTypeLike) -> None:
    weights = parameter(dtype=dtype)
    accumulator = np.full((3, 2), 8, dtype)
    weights.accumulate_into(accumulator, keep=0.5, scale=-2)
    weights.add_product(np.array(LEFT, dtype), np.array(RIGHT, dtype))
    # 0.5 * 8 - 2 * [[9, -1], [12, -2], [15, -3]]
    expected = [[-14, 6], [-20, 8], [-26, 10]]
    assert accumulator.tolist() == expected
    # 0.5 * [[-14, 6], ...] - 2 * 1
    weights.add(np.ones((3, 2), dtype))
    assert accumulator.tolist() == [[-9, 1], [-12, 2], [-15, 3]]


def test_a_gradient_that_is_no_product_is_scaled_even_where_nothing_is_kept() -> None:
    weights = parameter()
    weights.accumulate_into(np.full((3, 2), 8, np.float32), keep=0, scale=-2)
    weights.add(np.ones((3, 2), np.float32))
    assert (weights.accumulator == -2).all()


def test_the_accumulator_may_be_the_value_itself() -> None:
    weights = Parameter(np.ones((3, 2), np.float32))
    weights.accumulate_into(weights.value, keep=1, scale=-1)
    weights.add_product(np.array(LEFT, np.float32), np.array(RIGHT, np.float32))
    assert weights.value.tolist() == [[-8, 2], [-11, 3], [-14, 4]]


@BOTH_TYPES
@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (17, 33), (784, 64)])
@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_keep_0_ignores_what_is_not_finite(
    dtype: DTypeLike, shape: tuple[int, int], poison: float
) -> None:
    weights = parameter(shape, dtype)
    weights.accumulate_into(np.full(shape, poison, dtype), keep=0.0)
    weights.add_product(np.ones((4, shape[0]), dtype), np.ones((4, shape[1]), dtype))
    assert (weights.accumulator == 4).all()
    weights.accumulator[:] = poison
    weights.add(np.full(shape, 3, dtype))
    assert (weights.accumulator == 3).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (3, 2)])
@pytest.mark.parametrize("examples", [1, 2, 7])
def test_rows_and_columns_of_one_are_no_exception(shape: tuple[int, int], examples: int) -> None:
    rng = np.random.default_rng(0)
    left, right = (rng.integers(-5, 5, (examples, n)).astype(np.float32) for n in shape)
    weights = parameter(shape)
    accumulator = np.ones(shape, np.float32)
    weights.accumulate_into(accumulator, keep=1.0)
    weights.add_product(left, right)
    np.testing.assert_array_equal(accumulator, 1 + left.T @ right)


def test_biases_are_one_row() -> None:
    biases = parameter((2,))
    biases.add_product(np.ones((2, 1), np.float32), np.array(RIGHT, np.float32))
    assert biases.accumulator.tolist() == [3, -1]


def test_kernels_of_four_dimensions_are_rows_of_the_last_one() -> None:
    kernels = parameter((2, 3, 1, 4))
    rng = np.random.default_rng(0)
    left, right = rng.integers(-5, 5, (7, 6)), rng.integers(-5, 5, (7, 4))
    kernels.add_product(left.astype(np.float32), right.astype(np.float32))
    np.testing.assert_array_equal(kernels.accumulator, (left.T @ right).reshape(2, 3, 1, 4))


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
        weights = parameter()
        weights.accumulate_into(weights.value, keep=1.0)
        weights.add_product(some_left, some_right)
        assert weights.value.tolist() == PRODUCT


def test_a_value_in_column_order_still_gets_its_gradient() -> None:
    weights = Parameter(np.zeros((3, 2), np.float32, order="F"))
    weights.add_product(np.array(LEFT, np.float32), np.array(RIGHT, np.float32))
    assert weights.accumulator.tolist() == PRODUCT


@pytest.mark.parametrize(
    "accumulator",
    [
        np.zeros((2, 3), np.float32),
        np.zeros((3, 2), np.float64),
        np.zeros((3, 2), np.float32, order="F"),
        np.zeros((3, 4), np.float32)[:, ::2],
        np.zeros(6, np.float32),
    ],
    ids=["turned", "float64", "column order", "with gaps", "flat"],
)
def test_an_accumulator_that_would_be_copied_is_refused(accumulator: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"accumulator for \(3, 2\) float32"):
        parameter().accumulate_into(accumulator)


@pytest.mark.parametrize("dtype", [np.float16, np.int64, np.longdouble])
def test_types_that_blas_does_not_know_are_refused(dtype: DTypeLike) -> None:
    with pytest.raises(ValueError, match="must be float32 or float64"):
        parameter(dtype=dtype)


def test_examples_that_do_not_pair_up_are_refused() -> None:
    with pytest.raises(Exception, match="sgemm"):
        parameter().add_product(np.ones((4, 3), np.float32), np.ones((5, 2), np.float32))
    # SciPy's words for it changed after 1.11.
    with pytest.raises(Exception, match=r"dimension must be fixed|failed in converting"):
        parameter().add_product(np.ones((4, 2), np.float32), np.ones((4, 2), np.float32))


def buffer_of_four() -> tuple[list[Parameter], ParameterBuffer]:
    """Weights and biases of two layers, numbered 0 to 12 in the layers' order."""
    parameters = [
        Parameter(np.array([[0, 1, 2], [3, 4, 5]], np.float32), penalized=True),
        Parameter(np.array([6, 7, 8], np.float32)),
        Parameter(np.array([[9], [10], [11]], np.float32), penalized=True),
        Parameter(np.array([12], np.float32)),
    ]
    return parameters, ParameterBuffer(parameters)


def test_a_buffer_puts_the_penalized_first_and_keeps_their_order() -> None:
    parameters, buffer = buffer_of_four()
    assert buffer.values.tolist() == [0, 1, 2, 3, 4, 5, 9, 10, 11, 6, 7, 8, 12]
    assert buffer.penalized.tolist() == [0, 1, 2, 3, 4, 5, 9, 10, 11]
    assert parameters[1].value.tolist() == [6, 7, 8]
    assert parameters[2].value.tolist() == [[9], [10], [11]]


def test_values_and_buffer_are_the_same_memory() -> None:
    parameters, buffer = buffer_of_four()
    buffer.values += 100
    buffer.penalized *= 2
    assert parameters[0].value.tolist() == [[200, 202, 204], [206, 208, 210]]
    assert parameters[3].value.tolist() == [112]
    parameters[1].value[:] = -1
    assert buffer.values[9:12].tolist() == [-1, -1, -1]


def test_a_buffer_does_not_change_the_arrays_it_was_made_from() -> None:
    first = np.ones((2, 2), np.float32)
    buffer = ParameterBuffer([Parameter(first)])
    buffer.values[:] = 5
    assert (first == 1).all()


@BOTH_TYPES
@pytest.mark.parametrize("shape", [(0,), (5,), (3, 7), (784, 64)])
def test_an_aligned_copy_begins_with_a_line_of_the_cache(
    shape: tuple[int, ...], dtype: DTypeLike
) -> None:
    array = np.arange(np.prod(shape), dtype=dtype).reshape(shape)
    for _ in range(5):  # Memory is handed out at changing places.
        copy = aligned(array)
        assert copy.size == 0 or copy.ctypes.data % 64 == 0
        assert copy.dtype == dtype
        np.testing.assert_array_equal(copy, array.ravel())
        assert copy.size == 0 or not np.shares_memory(copy, array)


def test_all_values_begin_with_a_line_of_the_cache() -> None:
    for size in (3, 300, 30_000):
        assert ParameterBuffer([parameter((size, 2))]).values.ctypes.data % 64 == 0


def test_gradients_of_all_parameters_meet_in_one_array() -> None:
    parameters, buffer = buffer_of_four()
    gradients = np.ones(13, np.float32)
    buffer.accumulate_into(gradients, keep=2, scale=10, keep_penalized=3)
    for number, parameter in enumerate(parameters, start=1):
        parameter.add(np.full(parameter.value.shape, number, np.float32))
    # Penalized: 3 * 1 + 10 * number; the others: 2 * 1 + 10 * number.
    assert gradients.tolist() == [13] * 6 + [33] * 3 + [22] * 3 + [42]


def test_without_a_factor_of_their_own_the_penalized_have_the_common_one() -> None:
    parameters, buffer = buffer_of_four()
    buffer.accumulate_into(np.zeros(13, np.float32), keep=0.25, scale=1)
    assert [parameter.keep for parameter in parameters] == [0.25] * 4
    # 0 is a factor too, not the absence of one.
    buffer.accumulate_into(np.zeros(13, np.float32), keep=0.25, scale=1, keep_penalized=0.0)
    assert [parameter.keep for parameter in parameters] == [0, 0.25, 0, 0.25]


def test_an_array_with_gaps_cannot_take_all_gradients() -> None:
    _, buffer = buffer_of_four()
    with pytest.raises(ValueError, match="C-contiguous"):
        buffer.accumulate_into(np.zeros(26, np.float32)[::2], keep=0, scale=1)


def test_a_buffer_of_nothing_is_empty() -> None:
    buffer = ParameterBuffer([])
    assert buffer.values.size == buffer.penalized.size == 0
