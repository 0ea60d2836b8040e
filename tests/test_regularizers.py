"""L1 is the sum of absolute weights, L2 half the sum of squares; both to the last digit."""

import numpy as np
import pytest
from numpy.typing import DTypeLike

from nn.regularizers import Penalty

BOTH_TYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@BOTH_TYPES
def test_values_by_hand(dtype: DTypeLike) -> None:
    weights = np.array([[1, -2], [0, 4]], dtype)
    assert Penalty().value(weights) == 0
    assert Penalty(l1=0.5).value(weights) == 3.5  # 0.5 * (1 + 2 + 0 + 4)
    assert Penalty(l2=0.5).value(weights) == 5.25  # 0.5 * (1 + 4 + 0 + 16) / 2
    assert Penalty(l1=1, l2=2).value(weights) == 28  # 7 + 21


@BOTH_TYPES
def test_gradients_by_hand(dtype: DTypeLike) -> None:
    weights = np.array([1, -2, 0.25], dtype)
    assert Penalty().gradient(weights).tolist() == [0, 0, 0]
    assert Penalty(l1=0.5).gradient(weights).tolist() == [0.5, -0.5, 0.5]
    assert Penalty(l2=0.5).gradient(weights).tolist() == [0.5, -1, 0.125]
    assert Penalty(l1=1, l2=2).gradient(weights).tolist() == [3, -5, 1.5]
    assert Penalty(l1=1, l2=2).gradient(weights).dtype == dtype
    assert weights.tolist() == [1, -2, 0.25]


@pytest.mark.parametrize(("l1", "l2"), [(0.3, 0), (0, 0.3), (0.2, 0.7)])
def test_gradients_agree_with_differences(l1: float, l2: float) -> None:
    rng = np.random.default_rng(0)
    weights = rng.standard_normal(20)
    weights += np.copysign(0.1, weights)  # Away from the kink of |w|.
    penalty = Penalty(l1, l2)
    gradient = penalty.gradient(weights)
    step = 1e-6
    for i in range(20):
        up, down = weights.copy(), weights.copy()
        up[i] += step
        down[i] -= step
        difference = (penalty.value(up) - penalty.value(down)) / (2 * step)
        assert gradient[i] == pytest.approx(difference, abs=1e-8)


@BOTH_TYPES
def test_l1_pulls_alike_however_small_the_weight(dtype: DTypeLike) -> None:
    tiny = np.finfo(dtype).smallest_subnormal
    weights = np.array([1e30, -1e30, 1e-30, -1e-30, tiny, -tiny], dtype)
    assert Penalty(l1=0.125).gradient(weights).tolist() == [0.125, -0.125] * 3


def test_at_zero_the_force_is_no_larger_than_elsewhere() -> None:
    gradient = Penalty(l1=0.125).gradient(np.array([0.0, -0.0], np.float32))
    assert (np.abs(gradient) <= 0.125).all()


def test_l2_is_no_l1_and_l1_no_l2() -> None:
    weights = np.array([0.5, 3], np.float32)
    for penalty, expected in ((Penalty(l1=1), [1, 1]), (Penalty(l2=1), [0.5, 3])):
        assert penalty.gradient(weights).tolist() == expected


def test_many_small_weights_are_summed_without_loss() -> None:
    # A float32 sum of 2 ** 25 ones stops at 2 ** 24 if added one by one; squares likewise.
    weights = np.full(100_001, 0.1, np.float32)
    exact = float(np.float32(0.1))
    assert Penalty(l1=1).value(weights) == pytest.approx(100_001 * exact, rel=1e-12)
    assert Penalty(l2=1).value(weights) == pytest.approx(100_001 * exact**2 / 2, rel=1e-12)


def test_either_strength_is_a_price_to_pay() -> None:
    assert [bool(Penalty(*each)) for each in ((0, 0), (0.1, 0), (0, 0.1))] == [False, True, True]
