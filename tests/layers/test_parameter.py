"""Parameters and their gradients lie side by side, the penalized ones first."""

import numpy as np
import pytest

from nn.layers.parameter import Parameter, ParameterBuffer


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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 3, 300, 30_000])
def test_every_flat_array_begins_with_a_line_of_the_cache(size: int, dtype: type) -> None:
    for _ in range(5):  # Memory is handed out at changing addresses.
        buffer = ParameterBuffer([Parameter(np.ones((size, 2), dtype))])
        for array in (buffer.values, buffer.gradients, buffer.zeros()):
            assert array.ctypes.data % 64 == 0
            assert array.dtype == dtype
            assert array.shape == (2 * size,)
        assert (buffer.values == 1).all()
        assert not buffer.zeros().any()


def test_gradients_of_all_parameters_are_parts_of_one_array() -> None:
    parameters, buffer = buffer_of_four()
    for number, parameter in enumerate(parameters, start=1):
        parameter.gradient[:] = number
    assert buffer.gradients.tolist() == [1] * 6 + [3] * 3 + [2] * 3 + [4]


def test_a_buffer_of_nothing_is_empty() -> None:
    buffer = ParameterBuffer([])
    assert buffer.values.size == buffer.penalized.size == buffer.gradients.size == 0
