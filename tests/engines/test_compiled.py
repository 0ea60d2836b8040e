"""Compiled steps are the same training: what NumPy's steps come to, they come to as well.

Both add in float32 in an order of their own. After 200 steps no parameter may differ by more than
a thousandth of the longest way that any has come; nearly always it is less than a hundred
thousandth.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from nn.architecture.layer_list import build_network
from nn.engines.steps import TakeSteps, take_steps
from nn.engines.threads import limited_threads
from nn.errors import DivergedError
from nn.initializers import INITIALIZERS
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import SGD, Momentum, Optimizer
from nn.regularizers import Penalty
from nn.schedules import constant
from nn.training.trainer import train

pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")

from nn.engines import compiled_loops
from nn.engines.compiled import take_compiled_steps

LOSS = SoftmaxCrossEntropy(3)
TOLERANCE = 1e-3
NETWORKS = {
    "no hidden layer": [],
    "relu": [{"dense": 20}, "relu"],
    "sigmoid": [{"dense": 20}, "sigmoid"],
    "nothing between": [{"dense": 5}],
    "three, mixed": [{"dense": 17}, "relu", {"dense": 33}, "sigmoid", {"dense": 2}, "relu"],
    "two, relu": [{"dense": 64}, "relu", {"dense": 5}, "relu"],
    "relu at the end": [{"dense": 20}, "relu", "output", "relu"],
}
OPTIMIZERS = {
    "sgd": lambda p, penalty: SGD(p, learning_rate=0.05, penalty=penalty),
    "momentum": lambda p, penalty: Momentum(p, learning_rate=0.01, penalty=penalty),
    "averaged": lambda p, penalty: Momentum(
        p, learning_rate=0.05, momentum=0.8, dampening=0.8, penalty=penalty
    ),
}
PENALTIES = {"": (0, 0), "L1": (1e-3, 0), "L2": (0, 1e-2), "L1 and L2": (1e-3, 1e-2)}


@dataclass
class Some:
    inputs: NDArray
    labels: NDArray

    def part(self, start: int, stop: int) -> "Some":
        return Some(self.inputs[start:stop], self.labels[start:stop])


def make_examples(count: int = 641, features: int = 5 * 5, dark: float = 0.0) -> Some:
    """Return images that are dark in three of four pixels, with labels that can be learned."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, count)
    inputs = rng.random((count, features)) * (rng.random((count, features)) < 0.25)
    inputs[np.arange(count), 8 * labels] += 0.5
    inputs[:, 0] = inputs[0] = 0  # A pixel that is always dark, an image that is all dark,
    inputs[-1] = 1  # and one that is all lit.
    return Some((inputs + dark).astype(np.float32), labels)


@dataclass
class Model:
    """A network with its optimizer, and the whole way both have come."""

    network: Network
    optimizer: Optimizer

    def take(self, steps: TakeSteps, examples: Some, batch_size: int = 3) -> NDArray:
        with limited_threads(1):
            return steps(examples, batch_size, self.network, LOSS, self.optimizer)

    @property
    def numbers(self) -> NDArray:
        """All parameters, and the velocity.

        Under L1 a weight that is nearly 0 is pulled to and fro between both sides of 0, and where
        its velocity stands in that is up to the last digits; what counts there is how far it would
        carry the weight.
        """
        scale = self.optimizer.learning_rate if self.optimizer.penalty.l1 else 1.0
        velocities = [scale * velocity for velocity in self.optimizer.state.values()]
        return np.concatenate([self.network.parameters.values, *velocities])


def make_model(network: str = "relu", optimizer: str = "sgd", penalty: str = "") -> Model:
    made = build_network(
        NETWORKS[network],
        input_shape=(5, 5),
        classes=3,
        initializer=INITIALIZERS["he"],
        rng=np.random.default_rng(1),
    )
    return Model(made, OPTIMIZERS[optimizer](made.parameters, Penalty(*PENALTIES[penalty])))


def assert_same(one: Model, other: Model, start: Model) -> None:
    way = np.abs(other.numbers - start.numbers).max()
    assert way > 0.01
    np.testing.assert_allclose(one.numbers, other.numbers, rtol=0, atol=TOLERANCE * way)


@pytest.mark.parametrize(
    ("network", "optimizer", "penalty"), [*itertools.product(NETWORKS, OPTIMIZERS, PENALTIES)]
)
def test_200_steps_come_to_the_same_as_numpys(network: str, optimizer: str, penalty: str) -> None:
    kind, examples = (network, optimizer, penalty), make_examples()
    ours, numpys = make_model(*kind), make_model(*kind)
    logits = ours.take(take_compiled_steps, examples)
    expected = numpys.take(take_steps, examples)
    assert_same(ours, numpys, make_model(*kind))
    np.testing.assert_allclose(logits, expected, rtol=0, atol=TOLERANCE * np.abs(expected).max())


@pytest.mark.parametrize("dark", [-0.42, 0.5])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [1, 4, 64, 5000])
def test_so_they_do_at_any_batch_size_and_wherever_dark_is(
    batch_size: int, optimizer: str, dark: float
) -> None:
    kind, examples = ("three, mixed", optimizer, "L1 and L2"), make_examples(dark=dark)
    ours, numpys = make_model(*kind), make_model(*kind)
    for _ in range(200 * batch_size // 641 + 1 if batch_size < 641 else 200):
        ours.take(take_compiled_steps, examples, batch_size)
        numpys.take(take_steps, examples, batch_size)
    assert_same(ours, numpys, make_model(*kind))


def test_a_lit_pixel_in_the_corner_changes_nothing() -> None:
    examples = make_examples()
    examples.inputs[0, 0] = 0.7
    ours, numpys = make_model(), make_model()
    ours.take(take_compiled_steps, examples)
    numpys.take(take_steps, examples)
    assert_same(ours, numpys, make_model())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_either_can_go_on_where_the_other_was(optimizer: str) -> None:
    kind, examples = ("relu", optimizer, "L2"), make_examples()
    ours, numpys = make_model(*kind), make_model(*kind)
    turns = [(take_compiled_steps, 0, 210), (take_steps, 210, 420), (take_compiled_steps, 420, 641)]
    for number, (steps, start, stop) in enumerate(turns):
        for model in (ours, numpys):
            model.optimizer.learning_rate = 0.05 / (1 + number)
        ours.take(steps, examples.part(start, stop))
        numpys.take(take_steps, examples.part(start, stop))
    assert_same(ours, numpys, make_model(*kind))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_they_repeat_to_the_last_bit_wherever_memory_lies(optimizer: str) -> None:
    examples, results = make_examples(), []
    for offset in range(0, 17, 4):
        memory = np.empty(examples.inputs.size + 16, np.float32)
        inputs = memory[offset : offset + examples.inputs.size].reshape(examples.inputs.shape)
        inputs[:] = examples.inputs
        model = make_model("three, mixed", optimizer, "L1 and L2")
        logits = model.take(take_compiled_steps, Some(inputs, examples.labels), 4)
        results.append((logits.tobytes(), model.numbers.tobytes()))
    assert len(set(results)) == 1


@pytest.mark.parametrize("momentum", [0.0, 1e-30, 1e-3, 0.999])
def test_whatever_is_kept_of_the_velocity_they_do(momentum: float) -> None:
    ours, numpys, start = models = [make_model() for _ in range(3)]
    for model in models:
        parameters = model.network.parameters
        model.optimizer = Momentum(parameters, learning_rate=0.003, momentum=momentum)
    ours.take(take_compiled_steps, make_examples())
    numpys.take(take_steps, make_examples())
    assert_same(ours, numpys, start)


def test_a_batch_larger_than_all_examples_takes_no_memory_for_the_missing_ones() -> None:
    examples = make_examples().part(0, 6)
    ours, numpys = make_model(), make_model()
    logits = ours.take(take_compiled_steps, examples, batch_size=10**12)
    np.testing.assert_allclose(logits, numpys.take(take_steps, examples, 6), rtol=1e-4, atol=1e-5)


def test_logits_too_large_to_exponentiate_are_no_trouble() -> None:
    ours, numpys, start = make_model(), make_model(), make_model()
    for model in (ours, numpys, start):
        model.network.arrays["biases_2"][:] = [100, -100, 99]
    ours.take(take_compiled_steps, make_examples())
    numpys.take(take_steps, make_examples())
    assert_same(ours, numpys, start)


def test_a_learning_rate_of_0_changes_nothing() -> None:
    model, before = make_model(penalty="L1"), make_model(penalty="L1")
    model.optimizer.learning_rate = 0.0
    logits = model.take(take_compiled_steps, make_examples())
    np.testing.assert_array_equal(model.numbers, before.numbers)
    expected = before.network.forward(make_examples().inputs)
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


@dataclass
class Dealer:
    """Deals out the same examples in every epoch, 30 at a time."""

    some: Some
    batch_size: int = 4

    @property
    def examples(self) -> int:
        return len(self.some.labels)

    def epoch(self, skip: int = 0) -> Iterator[Some]:
        for start in range(skip, self.examples, 30):
            yield self.some.part(start, start + 30)


def run(model: Model, steps: TakeSteps, rate: float, epochs: int = 2) -> list:
    history: list = []
    dealer = Dealer(make_examples())
    train(
        model.network,
        LOSS,
        model.optimizer,
        schedule=constant(rate),
        training=dealer,
        validation=lambda: [dealer.some],
        epochs=epochs,
        history=history,
        take_steps=steps,
    )
    return history


def test_histories_mean_the_same() -> None:
    ours, numpys = run(make_model(), take_compiled_steps, 0.1), run(make_model(), take_steps, 0.1)
    assert ours[-1].training_accuracy > 0.7
    for one, other in zip(ours, numpys, strict=True):
        for name in ("training_loss", "validation_loss", "learning_rate"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-4)
        for name in ("training_accuracy", "validation_accuracy"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), abs=2 / 641)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_divergence_is_noticed_and_the_last_sound_network_kept(optimizer: str) -> None:
    model = make_model("relu", optimizer)
    with pytest.raises(DivergedError):
        run(model, take_compiled_steps, 1e25, epochs=5)
    assert np.isfinite(model.network.parameters.values).all()


def test_what_is_no_number_is_not_mended_on_its_way() -> None:
    """A unit of inf - inf must not become 0, which would hide that training has diverged."""
    model = make_model("two, relu")
    arrays = model.network.arrays
    model.network.parameters.values[:] = 0
    arrays["biases_1"][:] = 2
    arrays["weights_2"][::2] = 3e38
    arrays["weights_2"][1::2] = -3e38
    assert np.isnan(model.take(take_compiled_steps, make_examples())).all()


def test_where_nothing_can_be_kept_they_are_compiled_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = compiled_loops.njit

    def without_a_place(function, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available for file")
        return real(function, **options)

    monkeypatch.setattr(compiled_loops, "njit", without_a_place)
    assert compiled_loops._compiled_once(lambda number: number + 1)(2) == 3
