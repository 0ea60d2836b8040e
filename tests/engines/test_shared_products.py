"""Products are NumPy's, whatever the order of memory and the number of threads."""

import numpy as np
import pytest

from nn.engines import threads
from nn.engines.shared_products import multiply
from nn.engines.threads import limited_threads


@pytest.mark.parametrize("orders", ["CC", "CF", "FC", "FF"])
@pytest.mark.parametrize("shape", [(1, 5, 3), (7, 784, 33), (784, 9, 64), (100, 64, 1), (3, 0, 2)])
def test_any_number_of_threads_comes_to_the_same_bytes(
    shape: tuple[int, int, int], orders: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "WORTH_SHARING", 100)
    rng, (rows, inner, columns) = np.random.default_rng(0), shape
    left = np.asarray(rng.standard_normal((rows, inner)), np.float32, order=orders[0])
    right = np.asarray(rng.standard_normal((inner, columns)), np.float32, order=orders[1])
    for order in "CF":
        results = set()
        for number in (1, 2, 3):
            outputs = np.full((rows, columns), np.nan, np.float32, order=order)
            with limited_threads(number):
                multiply(left, right, outputs)
            np.testing.assert_allclose(outputs, left @ right, rtol=1e-4, atol=1e-4)
            results.add(outputs.tobytes())
        assert len(results) == 1


@pytest.mark.parametrize(("rows", "columns"), [(2000, 40), (40, 2000)])
def test_the_longer_side_of_a_large_product_is_cut(
    rows: int, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces: list[int] = []

    def note(_: object, parts: int, **__: object) -> None:
        pieces.append(parts)

    monkeypatch.setattr(threads, "share", note)
    multiply(np.ones((rows, 100)), np.ones((100, columns)), np.empty((rows, columns)))
    multiply(np.ones((rows, 1)), np.ones((1, columns)), np.empty((rows, columns)))
    assert pieces == [4, 1]
