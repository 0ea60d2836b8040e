"""Batch normalization: by hand, by differences, against the formula and against PyTorch."""

import numpy as np
import pytest
from numpy.typing import NDArray

from nn.gradients import check_gradients
from nn.layers.batch_norm import BatchNorm
from nn.layers.windows import batch_first, batch_last
from tests.built_layers import built

SHAPES = pytest.mark.parametrize("shape", [(3,), (2, 3, 4)], ids=["rows", "images"])


def numbers(*shape: int, seed: int = 1) -> NDArray[np.float64]:
    return 3 * np.random.default_rng(seed).standard_normal(shape) + 2


def batch_norm(shape: tuple[int, ...]) -> BatchNorm:
    layer = built(BatchNorm(), *shape, dtype=np.float64)
    layer.gamma.value[:] = numbers(shape[0], seed=8)
    layer.beta.value[:] = numbers(shape[0], seed=9)
    return layer


def test_by_hand() -> None:
    layer = built(BatchNorm(), 2, dtype=np.float64)
    layer.epsilon = 0.0
    layer.gamma.value[:] = [10, 1]
    layer.beta.value[:] = [1, 0]
    # Feature 1: mean 3, variance (4 + 4) / 2 = 4, deviation 2, normalized -1 and 1;
    # feature 2: mean 5, variance (1 + 1) / 2 = 1, deviation 1, normalized 1 and -1.
    outputs = layer.forward(np.array([[1.0, 6], [5, 4]]), training=True)
    assert outputs.tolist() == [[-9, 1], [11, -1]]
    # 0.9 * 0 + 0.1 * mean; 0.9 * 1 + 0.1 * unbiased variance, (4 + 4) / 1 = 8 and (1 + 1) / 1 = 2.
    assert layer.running_mean.tolist() == pytest.approx([0.3, 0.5])
    assert layer.running_variance.tolist() == pytest.approx([1.7, 1.1])

    # Of two numbers the outputs are -1 and 1 whatever the inputs, so their gradient is 0:
    # feature 1: 10 / 2 * (1 - (1 + 3) / 2 - -1 * (-1 + 3) / 2) = 5 * (1 - 2 + 1) = 0.
    d_inputs = layer.backward(np.array([[1.0, 2], [3, 0]]))
    assert d_inputs.tolist() == [[0, 0], [0, 0]]
    assert layer.gamma.gradient.tolist() == [2, 2]  # 1*-1 + 3*1 and 2*1 + 0*-1
    assert layer.beta.gradient.tolist() == [4, 2]

    # Outside training: (2 - 1) / 2 * 10 + 1 = 6 and (7 - 4) / 3 * 1 + 0 = 1.
    layer.running_mean[:] = [1, 4]
    layer.running_variance[:] = [4, 9]
    assert layer.forward(np.array([[2.0, 7]])) == pytest.approx(np.array([[6.0, 1]]), rel=1e-14)


@SHAPES
@pytest.mark.parametrize("examples", [2, 5])
def test_the_gradients_agree_with_differences(shape, examples) -> None:
    check_gradients(batch_norm(shape), numbers(examples, *shape))


@SHAPES
def test_it_agrees_with_the_formula_feature_by_feature(shape) -> None:
    layer = batch_norm(shape)
    for seed in (1, 2):
        inputs = numbers(6, *shape, seed=seed)
        running = layer.running_mean.copy(), layer.running_variance.copy()
        outputs = layer.forward(inputs, training=True)
        for f in range(shape[0]):
            x = inputs[:, f]
            expected = (x - x.mean()) / np.sqrt(x.var() + 1e-5)
            expected = layer.gamma.value[f] * expected + layer.beta.value[f]
            np.testing.assert_allclose(outputs[:, f], expected, rtol=1e-12)
            follows = 0.9 * running[0][f] + 0.1 * x.mean()
            assert layer.running_mean[f] == pytest.approx(follows, rel=1e-12)
            follows = 0.9 * running[1][f] + 0.1 * x.var(ddof=1)
            assert layer.running_variance[f] == pytest.approx(follows, rel=1e-12)


@SHAPES
@pytest.mark.parametrize("batch_is", ["first", "last"])
def test_it_agrees_with_pytorch(shape, batch_is) -> None:
    torch = pytest.importorskip("torch")
    layer = batch_norm(shape)
    kind = torch.nn.BatchNorm1d if len(shape) == 1 else torch.nn.BatchNorm2d
    theirs = kind(shape[0], dtype=torch.float64)
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(layer.gamma.value))
        theirs.bias.copy_(torch.tensor(layer.beta.value))
    close = {"rtol": 1e-10, "atol": 1e-10}
    for step, examples in enumerate((6, 6, 4)):
        inputs, d_outputs = numbers(examples, *shape, seed=step), numbers(examples, *shape, seed=7)
        their_inputs = torch.tensor(inputs, requires_grad=True)
        outputs = theirs(their_inputs)
        theirs.zero_grad()
        outputs.backward(torch.tensor(d_outputs))
        if batch_is == "last" and len(shape) == 3:
            inputs = batch_first(np.ascontiguousarray(batch_last(inputs)))
        ours = layer.forward(inputs, training=True)
        np.testing.assert_allclose(ours, outputs.detach().numpy(), **close)
        np.testing.assert_allclose(layer.backward(d_outputs), their_inputs.grad.numpy(), **close)
        np.testing.assert_allclose(layer.gamma.gradient, theirs.weight.grad.numpy(), **close)
        np.testing.assert_allclose(layer.beta.gradient, theirs.bias.grad.numpy(), **close)
        np.testing.assert_allclose(layer.running_mean, theirs.running_mean.numpy(), **close)
        np.testing.assert_allclose(layer.running_variance, theirs.running_var.numpy(), **close)
    theirs.eval()
    outputs = theirs(torch.tensor(inputs))
    np.testing.assert_allclose(layer.forward(inputs), outputs.detach().numpy(), **close)


def test_a_batch_of_one_is_refused_where_it_has_no_variance() -> None:
    with pytest.raises(ValueError, match=r"batch of one.* use batches of two or more"):
        built(BatchNorm(), 3).forward(np.ones((1, 3), np.float32), training=True)
    with pytest.raises(ValueError, match="batch of one"):
        built(BatchNorm(), 3, 1, 1).forward(np.ones((1, 3, 1, 1), np.float32), training=True)
    assert built(BatchNorm(), 3).smallest_batch == built(BatchNorm(), 3, 1, 1).smallest_batch == 2

    images = built(BatchNorm(), 3, 2, 1)
    assert images.smallest_batch == 1
    images.forward(np.ones((1, 3, 2, 1), np.float32), training=True)
    built(BatchNorm(), 3).forward(np.ones((1, 3), np.float32))


def test_a_pixel_that_never_changes_becomes_beta() -> None:
    layer = built(BatchNorm(), 2)
    layer.beta.value[:] = 0.5
    inputs = np.full((4, 2), 200, np.float32)
    assert layer.forward(inputs, training=True).tolist() == [[0.5, 0.5]] * 4
    assert np.isfinite(layer.backward(np.ones((4, 2), np.float32))).all()


def test_neither_gamma_nor_beta_is_penalized_and_all_four_arrays_are_saved() -> None:
    layer = built(BatchNorm(), 3)
    assert not any(parameter.penalized for parameter in layer.parameters)
    assert {name: array.dtype for name, array in layer.arrays.items()} == dict.fromkeys(
        ("gamma", "beta", "running_mean", "running_variance"), np.float32
    )
    layer.arrays["running_mean"][:] = 7
    assert layer.running_mean.tolist() == [7, 7, 7]


def test_batches_of_other_sizes_leave_nothing_behind() -> None:
    layer = batch_norm((2, 3, 4))
    for examples in (3, 1, 4, 3):
        inputs, d_outputs = numbers(examples, 2, 3, 4), numbers(examples, 2, 3, 4, seed=5)
        fresh = batch_norm((2, 3, 4))
        for one in (layer, fresh):
            one.forward(inputs, training=True)
        assert (layer.backward(d_outputs) == fresh.backward(d_outputs)).all()
