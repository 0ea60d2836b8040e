"""Two steps of every optimizer by hand, twenty against plain formulas and against PyTorch."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from nn.layers.parameter import Parameter, ParameterBuffer
from nn.optimizers import OPTIMIZERS, SGD, Adam, Momentum, Optimizer
from nn.regularizers import Penalty

BOTH_TYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
Make = Callable[[ParameterBuffer], Optimizer]


class Model:
    """Two weights, 1 and -2, and a bias, 3, whose gradients are whatever the test says."""

    def __init__(self, make: Make, dtype: DTypeLike = np.float64) -> None:
        self.weights = Parameter(np.array([[1, -2]], dtype), penalized=True)
        self.biases = Parameter(np.array([3], dtype))
        self.buffer = ParameterBuffer([self.biases, self.weights])
        self.optimizer = make(self.buffer)

    def step(self, d_weights: list[float], d_biases: list[float]) -> list[float]:
        """Write the gradients as a network does, and return the new values."""
        self.weights.gradient[:] = [d_weights]
        self.biases.gradient[:] = d_biases
        self.optimizer.step()
        return self.values()

    def values(self) -> list[float]:
        return [*self.weights.value[0].tolist(), *self.biases.value.tolist()]


# The gradients are [1, 4] and [-1, 2] for the weights, 1 and 2 for the bias; the learning rate is
# 0.5. With L1 of 0.25 a weight's gradient grows by 0.25 sign(w), with L2 of 0.5 by 0.5 w; the
# bias goes its way in all cases:  3 - 0.5 * 1 = 2.5,  2.5 - 0.5 * 2 = 1.5.
SGD_BY_HAND = {
    # [1 - 0.5 * 1, -2 - 0.5 * 4], [0.5 + 0.5 * 1, -4 - 0.5 * 2]
    (0, 0): ([0.5, -4, 2.5], [1, -5, 1.5]),
    # gradient [1 + 0.25, 4 - 0.25]; then [-1 + 0.25, 2 - 0.25]
    (0.25, 0): ([0.375, -3.875, 2.5], [0.75, -4.75, 1.5]),
    # gradient [1 + 0.5 * 1, 4 + 0.5 * -2]; then [-1 + 0.5 * 0.25, 2 + 0.5 * -3.5]
    (0, 0.5): ([0.25, -3.5, 2.5], [0.6875, -3.625, 1.5]),
    # gradient [1 + 0.25 + 0.5, 4 - 0.25 - 1]; then [-1 + 0.25 + 0.0625, 2 - 0.25 - 1.6875]
    (0.25, 0.5): ([0.125, -3.375, 2.5], [0.46875, -3.40625, 1.5]),
}


@BOTH_TYPES
@pytest.mark.parametrize("penalty", SGD_BY_HAND)
def test_two_steps_of_sgd_by_hand(penalty: tuple[float, float], dtype: DTypeLike) -> None:
    model = Model(lambda p: SGD(p, learning_rate=0.5, penalty=Penalty(*penalty)), dtype)
    first, second = SGD_BY_HAND[penalty]
    assert model.step([1, 4], [1]) == first
    assert model.step([-1, 2], [2]) == second


# Momentum 0.5 and (1 - dampening) times the gradients of above; the penalty's gradient is part
# of the gradient. The bias: velocity 1, 3 - 0.5 = 2.5; velocity 0.5 + 2, 2.5 - 0.5 * 2.5 = 1.25.
# Dampened by 0.5: velocity 0.5, 2.75; velocity 0.25 + 0.5 * 2, 2.75 - 0.5 * 1.25 = 2.125.
MOMENTUM_BY_HAND = {
    # velocity [1, 4]; then [0.5 * 1 - 1, 0.5 * 4 + 2]
    (0, 0, 0): ([0.5, -4, 2.5], [0.75, -6, 1.25]),
    # velocity [1.25, 3.75]; then [0.625 - 1 + 0.25, 1.875 + 2 - 0.25]
    (0, 0.25, 0): ([0.375, -3.875, 2.5], [0.4375, -5.6875, 1.25]),
    # velocity [1.5, 3]; then [0.75 - 1 + 0.125, 1.5 + 2 - 1.75]
    (0, 0, 0.5): ([0.25, -3.5, 2.5], [0.3125, -4.375, 1.25]),
    # velocity [0.5 * 1, 0.5 * 4]; then [0.25 - 0.5 * 1, 1 + 0.5 * 2]
    (0.5, 0, 0): ([0.75, -3, 2.75], [0.875, -4, 2.125]),
    # velocity 0.5 * [1.25, 3.75]; then [0.3125 + 0.5 * -0.75, 0.9375 + 0.5 * 1.75]
    (0.5, 0.25, 0): ([0.6875, -2.9375, 2.75], [0.71875, -3.84375, 2.125]),
    # velocity 0.5 * [1.5, 3]; then [0.375 + 0.5 * (-1 + 0.3125), 0.75 + 0.5 * (2 - 1.375)]
    (0.5, 0, 0.5): ([0.625, -2.75, 2.75], [0.609375, -3.28125, 2.125]),
}


@BOTH_TYPES
@pytest.mark.parametrize("case", MOMENTUM_BY_HAND)
def test_two_steps_of_momentum_by_hand(case: tuple[float, float, float], dtype: DTypeLike) -> None:
    dampening, l1, l2 = case

    def make(parameters: ParameterBuffer) -> Momentum:
        return Momentum(
            parameters,
            learning_rate=0.5,
            momentum=0.5,
            dampening=dampening,
            penalty=Penalty(l1, l2),
        )

    model = Model(make, dtype)
    first, second = MOMENTUM_BY_HAND[case]
    assert model.step([1, 4], [1]) == first
    assert model.step([-1, 2], [2]) == second


def adam_by_hand(value: float, first: float, second: float, rate: float) -> Iterator[float]:
    """Two steps for one parameter whose gradient is `first` and then `second`.

    After one step mean' = 0.1 g / (1 - 0.9) = g and square' = 0.001 g^2 / (1 - 0.999) = g^2, so
    that the step is the rate times the gradient's sign, whatever the gradient's size. After two,
    1 - 0.9^2 = 0.19 and 1 - 0.999^2 = 0.001999.
    """
    value -= rate * first / (abs(first) + 1e-8)
    yield value
    mean = (0.9 * 0.1 * first + 0.1 * second) / 0.19
    square = (0.999 * 0.001 * first**2 + 0.001 * second**2) / 0.001999
    yield value - rate * mean / (math.sqrt(square) + 1e-8)


@BOTH_TYPES
def test_two_steps_of_adam_by_hand(dtype: DTypeLike) -> None:
    model = Model(lambda p: Adam(p, learning_rate=0.5), dtype)
    close = 1e-6 if dtype == np.float32 else 1e-13
    # Signs only: [1 - 0.5, -2 - 0.5, 3 - 0.5].
    assert model.step([1, 4], [1]) == pytest.approx([0.5, -2.5, 2.5], rel=1e-6)
    expected = [list(adam_by_hand(1, 1, -1, 0.5))[1], list(adam_by_hand(-2, 4, 2, 0.5))[1]]
    # For the first: mean' = (0.09 - 0.1) / 0.19 = -1/19, square' = 0.001999 / 0.001999 = 1.
    assert expected[0] == pytest.approx(0.5 + 0.5 / 19)
    expected.append(list(adam_by_hand(3, 1, 2, 0.5))[1])
    assert model.step([-1, 2], [2]) == pytest.approx(expected, rel=close)


@pytest.mark.parametrize(("l1", "l2"), [(0.25, 0), (0, 0.5), (0.25, 0.5)])
def test_two_steps_of_adam_with_penalties_by_hand(l1: float, l2: float) -> None:
    model = Model(lambda p: Adam(p, learning_rate=0.125, penalty=Penalty(l1, l2)))
    # The signs of the weights stay those of 1 and -2.
    firsts = [1 + l1 + l2 * 1, 4 - l1 + l2 * -2]
    after_one = [1 - 0.125, -2 - 0.125]
    seconds = [-1 + l1 + l2 * after_one[0], 2 - l1 + l2 * after_one[1]]
    expected = [
        list(adam_by_hand(value, first, second, 0.125))
        for value, first, second in zip([1, -2, 3], [*firsts, 1], [*seconds, 2], strict=True)
    ]
    for step, (d_weights, d_biases) in enumerate([([1, 4], [1]), ([-1, 2], [2])]):
        values = model.step(d_weights, d_biases)
        assert values == pytest.approx([each[step] for each in expected], rel=1e-8)


@BOTH_TYPES
def test_adam_takes_tiny_and_huge_gradients_alike(dtype: DTypeLike) -> None:
    model = Model(lambda p: Adam(p, learning_rate=0.5), dtype)
    assert model.step([1e-5, -1e15], [0]) == pytest.approx([0.5, -1.5, 3], rel=1e-3)


def test_adam_with_gradients_of_epsilons_size_takes_half_a_step() -> None:
    # g / (|g| + epsilon) is 1/2 for g = epsilon = 1e-8; so is every later step.
    model = Model(lambda p: Adam(p, learning_rate=0.5))
    assert model.step([1e-8, 0], [-1e-8]) == pytest.approx([0.75, -2, 3.25], rel=1e-12)
    assert model.step([1e-8, 0], [-1e-8]) == pytest.approx([0.5, -2, 3.5], rel=1e-12)


MAKERS: dict[str, Make] = {
    "sgd": lambda p: SGD(p, learning_rate=0.5),
    "sgd with l1": lambda p: SGD(p, learning_rate=0.5, penalty=Penalty(0.01, 0)),
    "sgd with l2": lambda p: SGD(p, learning_rate=0.5, penalty=Penalty(0, 0.1)),
    "momentum": lambda p: Momentum(p, learning_rate=0.5, penalty=Penalty(0.01, 0.1)),
    "dampened": lambda p: Momentum(p, learning_rate=0.5, momentum=0.8, dampening=0.8),
    "adam": lambda p: Adam(p, learning_rate=0.5, penalty=Penalty(0.01, 0.1)),
}
EACH = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


class Textbook:
    """The formulas as books have them: an array for everything, no thought for speed."""

    def __init__(self, kind: str, l1: float, l2: float, dampening: float) -> None:
        self.kind, self.l1, self.l2, self.dampening = kind, l1, l2, dampening
        self.values = np.array([1.0, -2.0, 3.0])
        self.velocity, self.mean, self.square = np.zeros((3, 3))
        self.steps = 0

    def step(self, gradient: NDArray, rate: float) -> None:
        penalized = np.array([1, 1, 0])
        penalty = self.l1 * np.sign(self.values) + self.l2 * self.values
        gradient = gradient + penalized * penalty
        self.steps += 1
        if self.kind == "sgd":
            self.values = self.values - rate * gradient
        elif self.kind == "momentum":
            self.velocity = 0.9 * self.velocity + (1 - self.dampening) * gradient
            self.values = self.values - rate * self.velocity
        else:
            self.mean = 0.9 * self.mean + 0.1 * gradient
            self.square = 0.999 * self.square + 0.001 * gradient**2
            mean = self.mean / (1 - 0.9**self.steps)
            square = self.square / (1 - 0.999**self.steps)
            self.values = self.values - rate * mean / (np.sqrt(square) + 1e-8)


@pytest.mark.parametrize("kind", ["sgd", "momentum", "dampened", "adam"])
@pytest.mark.parametrize(("l1", "l2"), [(0, 0), (0.1, 0), (0, 0.2), (0.1, 0.2)])
@BOTH_TYPES
def test_twenty_steps_of_changing_length(kind: str, l1: float, l2: float, dtype: DTypeLike) -> None:
    penalty, dampening = Penalty(l1, l2), 0.9 if kind == "dampened" else 0.0
    makers: dict[str, Make] = {
        "sgd": lambda p: SGD(p, learning_rate=1, penalty=penalty),
        "momentum": lambda p: Momentum(p, learning_rate=1, penalty=penalty),
        "dampened": lambda p: Momentum(p, learning_rate=1, dampening=0.9, penalty=penalty),
        "adam": lambda p: Adam(p, learning_rate=1, penalty=penalty),
    }
    model = Model(makers[kind], dtype)
    textbook = Textbook(kind.replace("dampened", "momentum"), l1, l2, dampening)
    close = 2e-5 if dtype == np.float32 else 1e-12
    rng = np.random.default_rng(0)
    for step in range(20):
        gradient = rng.standard_normal(3)
        rate = 0.1 * 0.9**step
        model.optimizer.learning_rate = rate
        assert model.optimizer.learning_rate == rate
        values = model.step(gradient[:2].tolist(), gradient[2:].tolist())
        textbook.step(gradient, rate)
        np.testing.assert_allclose(values, textbook.values, rtol=close, atol=close)


@pytest.mark.parametrize("kind", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("l2", [0.0, 0.2])
def test_twenty_steps_agree_with_pytorch(kind: str, l2: float) -> None:
    torch = pytest.importorskip("torch")
    penalty = Penalty(0, l2)
    makers: dict[str, Make] = {
        "sgd": lambda p: SGD(p, learning_rate=0.1, penalty=penalty),
        "momentum": lambda p: Momentum(p, learning_rate=0.1, penalty=penalty),
        "adam": lambda p: Adam(p, learning_rate=0.1, penalty=penalty),
    }
    model = Model(makers[kind])
    weights = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    biases = torch.tensor([3.0], dtype=torch.float64, requires_grad=True)
    groups = [{"params": [weights], "weight_decay": l2}, {"params": [biases]}]
    theirs = {
        "sgd": lambda: torch.optim.SGD(groups, lr=0.1),
        "momentum": lambda: torch.optim.SGD(groups, lr=0.1, momentum=0.9),
        "adam": lambda: torch.optim.Adam(groups, lr=0.1),
    }[kind]()
    rng = np.random.default_rng(1)
    for step in range(20):
        if step == 10:
            model.optimizer.learning_rate = 0.02
            for group in theirs.param_groups:
                group["lr"] = 0.02
        gradient = rng.standard_normal(3)
        weights.grad, biases.grad = torch.tensor(gradient[:2]), torch.tensor(gradient[2:])
        theirs.step()
        values = model.step(gradient[:2].tolist(), gradient[2:].tolist())
        expected = [*weights.tolist(), *biases.tolist()]
        np.testing.assert_allclose(values, expected, rtol=1e-10, atol=1e-12)


@EACH
def test_a_changed_rate_holds_from_the_next_step_on(make: Make) -> None:
    model = Model(make)
    model.optimizer.learning_rate = 0.0
    start = model.values()
    assert model.step([1, 4], [1]) == start
    model.optimizer.learning_rate = 0.5
    assert all(np.array(model.step([1, 4], [1])) < start)


@EACH
def test_a_schedules_factor_is_one_on_the_initial_learning_rate(make: Make) -> None:
    optimizer = Model(make).optimizer
    for factor in (0.5, 0.1, 1.0):
        optimizer.scale_learning_rate(factor)
        assert optimizer.learning_rate == 0.5 * factor


@EACH
def test_what_is_remembered_can_be_saved_and_restored(make: Make) -> None:
    rng = np.random.default_rng(2)
    whole, resumed = Model(make, np.float32), Model(make, np.float32)
    gradients = rng.standard_normal((6, 3)).tolist()
    for gradient in gradients[:3]:
        whole.step(gradient[:2], gradient[2:])
    resumed.buffer.values[:] = whole.buffer.values
    saved = {name: array.copy() for name, array in whole.optimizer.state.items()}
    assert set(saved) == set(resumed.optimizer.state)
    for name, array in resumed.optimizer.state.items():
        array[:] = saved[name]
    for gradient in gradients[3:]:
        assert whole.step(gradient[:2], gradient[2:]) == resumed.step(gradient[:2], gradient[2:])


def test_what_is_remembered_goes_by_these_names() -> None:
    assert list(Model(MAKERS["sgd"]).optimizer.state) == []
    assert list(Model(MAKERS["momentum"]).optimizer.state) == ["velocity"]
    adam = Model(MAKERS["adam"])
    assert list(adam.optimizer.state) == ["mean", "square", "steps"]
    adam.step([1, 4], [1])
    adam.step([1, 4], [1])
    assert adam.optimizer.state["steps"].tolist() == [2]
    assert adam.optimizer.state["mean"].shape == (3,)


@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_what_is_remembered_of_every_parameter_begins_with_a_line_of_the_cache(name: str) -> None:
    for _ in range(5):  # Memory is handed out at changing places.
        state = Model(MAKERS[name]).optimizer.state
        assert [key for key in state if key != "steps" and state[key].ctypes.data % 64] == []


@EACH
def test_values_keep_their_type_and_their_memory(make: Make) -> None:
    for dtype in (np.float32, np.float64):
        model = Model(make, dtype)
        buffer, values = model.buffer, model.buffer.values
        model.step([1, 4], [1])
        assert buffer.values is values
        assert values.dtype == dtype
        assert np.shares_memory(model.weights.value, values)


def test_the_penalty_is_not_added_to_what_backward_wrote() -> None:
    model = Model(lambda p: SGD(p, learning_rate=0.5, penalty=Penalty(0.25, 0.5)))
    model.step([1, 4], [1])
    assert model.weights.gradient.tolist() == [[1, 4]]


@EACH
def test_the_gradient_of_a_step_is_forgotten_or_remembered_but_never_added_twice(
    make: Make,
) -> None:
    """A second batch with no gradient at all moves plain SGD nowhere, and momentum less far."""
    model = Model(make)
    start = np.array(model.values())
    first = np.array(model.step([1, 4], [1]))
    second = np.array(model.step([0, 0], [0]))
    bias_moves = abs(first - start)[2], abs(second - first)[2]
    assert bias_moves[1] < bias_moves[0]
    if isinstance(model.optimizer, SGD):
        assert bias_moves[1] == 0


@EACH
def test_a_network_without_parameters_can_be_stepped(make: Make) -> None:
    optimizer = make(ParameterBuffer([]))
    optimizer.learning_rate = 0.1
    optimizer.step()


@pytest.mark.parametrize("l1", [0.0, 1e-3])
def test_a_weight_on_which_nothing_depends_fades(l1: float) -> None:
    """L1 takes the same off every step; L2 alone takes a share."""
    penalty = Penalty(l1) if l1 else Penalty(0, 0.5)
    for make in (
        lambda p: SGD(p, learning_rate=0.5, penalty=penalty),
        lambda p: Momentum(p, learning_rate=0.5, momentum=0, penalty=penalty),
    ):
        model = Model(make)
        for _ in range(2):
            model.step([0, 0], [0])
        # L1: 1 - 2 * 0.0005; L2: 1 * 0.75^2.
        expected = [0.999, -1.999, 3] if l1 else [0.5625, -1.125, 3]
        assert model.values() == pytest.approx(expected, rel=1e-12)


def test_the_names_are_those_of_the_settings() -> None:
    assert {"sgd": SGD, "momentum": Momentum, "adam": Adam} == OPTIMIZERS


def test_the_defaults_are_the_usual_ones() -> None:
    model = Model(lambda p: Momentum(p, learning_rate=0.5))
    model.step([1, 4], [1])
    # 2.5 - 0.5 * (0.9 * 1 + 1)
    assert model.step([0, 0], [1])[2] == pytest.approx(1.55)
