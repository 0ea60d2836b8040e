"""Networks that are made ill on purpose, and what is said of them; of healthy ones, nothing."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from nn.initializers import Initializer, xavier
from nn.layers.activations import ReLU, Sigmoid
from nn.layers.dense import Dense
from nn.layers.layer import Layer
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import SGD
from nn.runs.diagnosis import diagnose
from nn.runs.facts import DeadUnits, Illness, SaturatedUnits, SmallSteps
from nn.training.history import EpochRecord, History
from nn.training.layer_health import LayerProbe, LayerRecord
from nn.training.trainer import train
from tests.training.scripted import Dealer

NAN = float("nan")


def too_large(shape: tuple[int, ...], *, fan_in: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a first layer that is far too large for its four inputs."""
    return rng.standard_normal(shape) * (10 if fan_in == 4 else 0.1)


def trained(
    layers: Sequence[Layer], *, learning_rate: float, initializer: Initializer = xavier
) -> list[Illness]:
    """Train for one epoch on three clusters with some overlap, and return what is said of it."""
    rng = np.random.default_rng(0)
    dealer = Dealer(examples=2000, batch_size=4, chunk=500)
    centres = 2 + 0.7 * rng.standard_normal((3, 4))  # positive, as pixels are
    dealer.labels = rng.integers(0, 3, 2000)
    dealer.inputs = (centres[dealer.labels] + rng.standard_normal((2000, 4))).astype(np.float32)
    network = Network(layers, 4, initializer=initializer)
    optimizer = SGD(network.parameters, learning_rate=learning_rate)
    records: list[LayerRecord] = []
    loss, history = SoftmaxCrossEntropy(), History()
    probe = LayerProbe(
        network, loss, optimizer, dealer.in_order()[0],
        batch_size=4, steps_per_epoch=500, records=records,
    )  # fmt: skip
    train(
        network, loss, optimizer, schedule=lambda epoch: 1.0, training=dealer,
        validation=dealer.in_order, epochs=1, history=history, observers=[probe],
    )  # fmt: skip
    return list(diagnose(network, history[-1], records, "xavier"))


def test_a_learning_rate_that_is_too_large_kills_relu_units() -> None:
    (illness,) = trained([Dense(32), ReLU(), Dense(3)], learning_rate=2)
    assert isinstance(illness, DeadUnits)
    assert (illness.layer, illness.units) == (1, 32)
    assert illness.dead >= 16


def test_weights_that_start_too_large_saturate_sigmoids() -> None:
    layers = [Dense(32), Sigmoid(), Dense(3)]
    (illness,) = trained(layers, learning_rate=0.01, initializer=too_large)
    assert isinstance(illness, SaturatedUnits)
    assert illness.layer == 1
    assert illness.share > 0.6


def test_a_learning_rate_that_is_too_small_hardly_changes_the_weights() -> None:
    (illness,) = trained([Dense(32), ReLU(), Dense(3)], learning_rate=1e-5)
    assert isinstance(illness, SmallSteps)
    assert illness.ratio < 5e-5


@pytest.mark.parametrize("activation", [ReLU, Sigmoid])
def test_a_healthy_network_is_left_alone(activation: Callable[[], Layer]) -> None:
    assert trained([Dense(32), activation(), Dense(3)], learning_rate=0.01) == []


def said(epoch: int = 1, accuracy: float = 0.5, **figures: float) -> list[Illness]:
    """Return what is said of a network with one layer, sick in these figures."""
    healthy = {"dead": NAN, "saturated": NAN, "update_ratio": 1e-3}
    record = LayerRecord(epoch, 1, weight_norm=1, gradient_norm=1, **{**healthy, **figures})
    about = EpochRecord(epoch, 0.1, 1.0, accuracy, 1.0, accuracy, 1.0)
    return list(diagnose(Network([Dense(10)], 4), about, [record], "xavier"))


def test_half_of_the_units_must_be_dead() -> None:
    assert said(dead=0.4) == []
    assert said(dead=0.5) == [DeadUnits(0.1, "xavier", 1, 5, 10)]


def test_more_outputs_are_saturated_than_in_any_network_that_learned() -> None:
    assert said(saturated=0.5) == []
    assert said(saturated=0.7) == [SaturatedUnits(0.1, "xavier", 1, 0.7)]


def test_small_steps_are_said_of_the_first_epoch_and_not_where_units_are_the_cause() -> None:
    assert said(update_ratio=1e-5) == [SmallSteps(0.1, "xavier", 1e-5)]
    assert said(epoch=2, update_ratio=1e-5) == []
    assert said(update_ratio=0.0, dead=1.0) == [DeadUnits(0.1, "xavier", 1, 10, 10)]


def test_a_network_that_does_well_needs_no_advice() -> None:
    assert said(accuracy=0.9, dead=1.0, update_ratio=0.0) == []


def test_without_records_nothing_is_said() -> None:
    about = EpochRecord(1, 0.1, 1.0, 0.5, 1.0, 0.5, 1.0)
    assert list(diagnose(Network([Dense(10)], 4), about, [], "xavier")) == []
