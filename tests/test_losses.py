"""Each loss by hand, by differences, where exp overflows, and against PyTorch."""

import math

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from nn.losses import (
    LOSSES,
    BinaryCrossEntropy,
    Loss,
    SoftmaxCrossEntropy,
    SquaredError,
    softmax,
)

EACH_LOSS = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
BOTH_TYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def some(examples: int, classes: int, seed: int = 0) -> tuple[NDArray, NDArray]:
    rng = np.random.default_rng(seed)
    return 3 * rng.standard_normal((examples, classes)), rng.integers(0, classes, examples)


@BOTH_TYPES
def test_softmax_by_hand(dtype: DTypeLike) -> None:
    # exp of the rows is 1, 2, 3, of which the sum is 6, and twice e^5, of which each is a half.
    logits = np.array([[0, np.log(2), np.log(3)], [5, 5, -np.inf]], dtype)
    expected = [[1 / 6, 1 / 3, 1 / 2], [1 / 2, 1 / 2, 0]]
    close = 1e-6 if dtype == np.float32 else 1e-15
    np.testing.assert_allclose(softmax(logits), expected, rtol=close)
    assert softmax(logits).dtype == dtype


@BOTH_TYPES
def test_the_loss_and_its_gradient_by_hand(dtype: DTypeLike) -> None:
    # The probabilities are 1/6, 1/3, 1/2 and three times 1/3; the labels' are 1/2 and 1/3.
    logits = np.array([[0, np.log(2), np.log(3)], [7, 7, 7]], dtype)
    labels = np.array([2, 0])
    loss = SoftmaxCrossEntropy()
    close = 1e-6 if dtype == np.float32 else 1e-15

    expected = (math.log(2) + math.log(3)) / 2
    assert loss.value(logits, labels) == pytest.approx(expected, rel=close)
    # (softmax - one-hot) / 2: [1/6, 1/3, 1/2 - 1] / 2 and [1/3 - 1, 1/3, 1/3] / 2.
    d_logits = loss.gradient(logits, labels)
    expected_rows = [[1 / 12, 1 / 6, -1 / 4], [-1 / 3, 1 / 6, 1 / 6]]
    np.testing.assert_allclose(d_logits, expected_rows, rtol=close, atol=close)
    assert d_logits.dtype == dtype


# Logits of 0 and log 3 are probabilities of 1/2 and 3/4 under the sigmoid; its derivative is 1/4
# and 3/16.
SIGMOID_LOGITS, SIGMOID_LABELS = [[0, math.log(3)], [math.log(3), 0]], np.array([1, 1])


@BOTH_TYPES
def test_binary_cross_entropy_by_hand(dtype: DTypeLike) -> None:
    loss, logits = BinaryCrossEntropy(), np.array(SIGMOID_LOGITS, dtype)
    close = 1e-6 if dtype == np.float32 else 1e-15
    # -log(1 - 1/2) - log(3/4), and -log(1 - 3/4) - log(1/2).
    expected = (math.log(2) + math.log(4 / 3) + math.log(4) + math.log(2)) / 2
    assert loss.value(logits, SIGMOID_LABELS) == pytest.approx(expected, rel=close)
    d_logits = loss.gradient(logits, SIGMOID_LABELS)
    np.testing.assert_allclose(d_logits, [[1 / 4, -1 / 8], [3 / 8, -1 / 4]], rtol=close)
    assert d_logits.dtype == dtype


@BOTH_TYPES
def test_squared_error_by_hand(dtype: DTypeLike) -> None:
    loss, logits = SquaredError(), np.array(SIGMOID_LOGITS, dtype)
    close = 1e-6 if dtype == np.float32 else 1e-15
    # Half of (1/2)^2 + (1/4)^2, and of (3/4)^2 + (1/2)^2.
    expected = (1 / 4 + 1 / 16 + 9 / 16 + 1 / 4) / 4
    assert loss.value(logits, SIGMOID_LABELS) == pytest.approx(expected, rel=close)
    d_logits = loss.gradient(logits, SIGMOID_LABELS)
    expected_rows = [[1 / 16, -3 / 128], [9 / 128, -1 / 16]]
    np.testing.assert_allclose(d_logits, expected_rows, rtol=close)
    assert d_logits.dtype == dtype


@pytest.mark.parametrize("loss", [BinaryCrossEntropy(), SquaredError()])
def test_sigmoid_outputs_are_probabilities_of_each_class_by_itself(loss: Loss) -> None:
    np.testing.assert_allclose(
        loss.probabilities(np.array(SIGMOID_LOGITS, np.float32)), [[1 / 2, 3 / 4], [3 / 4, 1 / 2]]
    )
    # In float32 both would be 1.
    assert loss.probabilities(np.array([[20, 25]], np.float32)).argmax() == 1


@EACH_LOSS
def test_the_smallest_loss_of_one_answer_for_all_is_that_of_the_frequencies(loss: Loss) -> None:
    labels = np.array([0, 0, 0, 2, 2, 1])
    shares = np.array([3, 1, 2]) / 6
    odds = np.log(shares) if loss.name == "cross_entropy" else np.log(shares / (1 - shares))

    def of_one_answer(logits: NDArray) -> float:
        return loss.value(np.tile(logits, (6, 1)), labels)

    smallest = loss.of_frequencies(shares)
    assert of_one_answer(odds) == pytest.approx(smallest, rel=1e-12)
    for change in np.eye(3) / 10:
        assert of_one_answer(odds + change) > smallest
        assert of_one_answer(odds - change) > smallest
    assert loss.of_frequencies(np.array([1.0, 0.0])) == 0


def test_logits_whose_difference_is_beyond_all_floats_are_certain() -> None:
    probabilities = softmax(np.array([[3e38, -3e38], [-3e38, 3e38]], np.float32))
    np.testing.assert_array_equal(probabilities, [[1, 0], [0, 1]])


def test_logits_that_are_no_numbers_have_no_probabilities_and_no_warning() -> None:
    assert np.isnan(softmax(np.array([[np.inf, 0.0], [np.nan, 0.0]], np.float32))).any(axis=1).all()


@EACH_LOSS
@pytest.mark.parametrize(("examples", "classes"), [(1, 2), (1, 10), (4, 3), (7, 26)])
def test_the_gradient_agrees_with_differences(examples: int, classes: int, loss: Loss) -> None:
    logits, labels = some(examples, classes)
    d_logits = loss.gradient(logits, labels)
    step = 1e-6
    for index in np.ndindex(*logits.shape):
        up, down = logits.copy(), logits.copy()
        up[index] += step
        down[index] -= step
        difference = (loss.value(up, labels) - loss.value(down, labels)) / (2 * step)
        assert d_logits[index] == pytest.approx(difference, rel=1e-6, abs=1e-8)


@EACH_LOSS
def test_it_agrees_with_pytorch(loss: Loss) -> None:
    torch = pytest.importorskip("torch")
    logits, labels = some(8, 10)
    theirs = torch.tensor(logits, requires_grad=True)
    one_hot = torch.tensor(np.eye(10)[labels])
    functions = torch.nn.functional
    their_loss = {
        "cross_entropy": lambda: functions.cross_entropy(theirs, torch.tensor(labels)),
        "binary_cross_entropy": lambda: (
            functions.binary_cross_entropy_with_logits(theirs, one_hot, reduction="sum") / 8
        ),
        "squared_error": lambda: (
            functions.mse_loss(torch.sigmoid(theirs), one_hot, reduction="sum") / 16
        ),
    }[loss.name]()
    their_loss.backward()
    assert loss.value(logits, labels) == pytest.approx(their_loss.item(), rel=1e-12)
    ours = loss.gradient(logits, labels)
    np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-7, atol=1e-9)


@BOTH_TYPES
def test_huge_logits_stay_finite(dtype: DTypeLike) -> None:
    logits = np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4], [1e4, 1e4, 1e4]], dtype)
    loss = SoftmaxCrossEntropy()
    np.testing.assert_allclose(softmax(logits), [[1, 0, 0], [1 / 3] * 3, [1 / 3] * 3], rtol=1e-6)
    # Right: 0. Wrong by 20,000 nats: as much. Undecided: log 3.
    assert loss.value(logits[:1], np.array([0])) == 0
    assert loss.value(logits[:1], np.array([1])) == 20_000
    assert loss.value(logits[1:], np.array([0, 2])) == pytest.approx(math.log(3))
    d_logits = loss.gradient(logits, np.array([1, 0, 0]))
    expected = np.array([[1, -1, 0], [-2 / 3, 1 / 3, 1 / 3], [-2 / 3, 1 / 3, 1 / 3]]) / 3
    np.testing.assert_allclose(d_logits, expected, rtol=1e-6)


@pytest.mark.parametrize("examples", [1, 15, 16, 200])
def test_huge_logits_stay_finite_in_any_number_of_rows(examples: int) -> None:
    logits = np.tile(np.array([1e4, -1e4], np.float32), (examples, 1))
    assert softmax(logits).tolist() == [[1, 0]] * examples
    assert SoftmaxCrossEntropy().value(logits, np.zeros(examples, np.int64)) == 0


@pytest.mark.parametrize("loss", [BinaryCrossEntropy(), SquaredError()])
def test_huge_logits_are_certain_under_the_sigmoid(loss: Loss) -> None:
    logits, labels = np.array([[1e4, -1e4]], np.float32), np.array([0])
    assert loss.value(logits, labels) == 0
    assert loss.gradient(logits, labels).tolist() == [[0, 0]]
    wrong = loss.value(logits, np.array([1]))
    assert wrong == (20_000 if loss.name == "binary_cross_entropy" else 1)


@pytest.mark.parametrize("row", [[np.nan, 0], [np.inf, 0], [3e38, -3e38], [np.inf, -np.inf]])
def test_a_loss_that_cannot_be_computed_is_not_finite_and_no_warning(row: list[float]) -> None:
    logits = np.array([[0, 0], row], np.float32)
    assert not math.isfinite(SoftmaxCrossEntropy().value(logits, np.array([0, 1])))


def test_the_mean_of_many_small_losses_is_not_rounded_away() -> None:
    # 200,000 float32 numbers around 1e-4: added one by one in float32 they would lose digits.
    logits = np.zeros((200_000, 2), np.float32)
    logits[:, 0] = 9
    expected = math.log1p(math.exp(-9))
    loss = SoftmaxCrossEntropy().value(logits, np.zeros(200_000, np.int64))
    assert loss == pytest.approx(expected, rel=1e-3)
    # float32 cannot hold 1 + exp(-9) any better than this; the sum itself adds no error.
    assert loss == pytest.approx(SoftmaxCrossEntropy().value(logits[:1], np.zeros(1, int)), 1e-12)


@EACH_LOSS
def test_a_loss_of_no_numbers_is_none(loss: Loss) -> None:
    assert math.isnan(loss.value(np.array([[np.nan, 0]], np.float32), np.array([0])))


@EACH_LOSS
@pytest.mark.parametrize("dtype", [np.int64, np.uint8])
def test_labels_may_have_any_whole_type(dtype: DTypeLike, loss: Loss) -> None:
    logits, labels = some(5, 4)
    expected = loss.gradient(logits, labels)
    np.testing.assert_array_equal(loss.gradient(logits, labels.astype(dtype)), expected)


@EACH_LOSS
def test_guessing_is_to_prefer_no_class(loss: Loss) -> None:
    expected = {
        "cross_entropy": math.log(10),
        "binary_cross_entropy": 10 * math.log(2),
        "squared_error": 10 / 8,
    }
    assert loss.of_guessing(10) == pytest.approx(expected[loss.name])
    assert loss.of_guessing(7) == pytest.approx(loss.value(np.zeros((3, 7)), np.array([0, 3, 6])))


@EACH_LOSS
def test_a_label_beyond_the_classes_is_refused(loss: Loss) -> None:
    with pytest.raises(IndexError):
        loss.gradient(np.zeros((2, 3)), np.array([0, 3]))
    with pytest.raises(IndexError):
        loss.value(np.zeros((1, 3)), np.array([3]))


def test_smoothing_spreads_a_share_of_each_label_over_all_classes() -> None:
    # A fifth of each label over four classes: a twentieth for each.
    targets = SoftmaxCrossEntropy(0.2).targets(np.zeros((2, 4)), np.array([0, 3]))
    expected = [[0.85, 0.05, 0.05, 0.05], [0.05, 0.05, 0.05, 0.85]]
    np.testing.assert_allclose(targets, expected, rtol=1e-15)


@EACH_LOSS
@BOTH_TYPES
def test_probabilities_lead_back_to_their_logits(dtype: DTypeLike, loss: Loss) -> None:
    probabilities = loss.probabilities(some(5, 4)[0].astype(dtype))
    close = 1e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(
        loss.probabilities(loss.logits(probabilities)), probabilities, rtol=close
    )
    certain = loss.logits(np.array([[0, 1, 0.5]], dtype))
    assert np.isfinite(certain).all()
    assert certain.argmax() == 1


@EACH_LOSS
def test_smoothing_is_as_if_labels_were_random_now_and_then(loss: Loss) -> None:
    logits, labels = some(5, 4)
    smoothed = type(loss)(0.2)
    random = np.mean([loss.gradient(logits, np.full(5, k)) for k in range(4)], axis=0)
    expected = 0.8 * loss.gradient(logits, labels) + 0.2 * random
    np.testing.assert_allclose(smoothed.gradient(logits, labels), expected, atol=1e-15)
    assert smoothed.value(logits, labels) == loss.value(logits, labels)


@EACH_LOSS
def test_what_it_was_given_is_not_changed(loss: Loss) -> None:
    logits, labels = some(4, 5)
    copies = logits.copy(), labels.copy()
    loss.gradient(logits, labels)
    loss.value(logits, labels)
    loss.probabilities(logits)
    np.testing.assert_array_equal(logits, copies[0])
    np.testing.assert_array_equal(labels, copies[1])


def test_logits_with_gaps_give_the_same() -> None:
    logits, labels = some(4, 5)
    loss = SoftmaxCrossEntropy()
    expected = loss.gradient(logits, labels).copy()
    for view in (np.asfortranarray(logits), np.repeat(logits, 2, axis=1)[:, ::2]):
        fresh = SoftmaxCrossEntropy()
        np.testing.assert_array_equal(fresh.gradient(view, labels), expected)
        assert fresh.value(view, labels) == pytest.approx(loss.value(logits, labels), rel=1e-12)
