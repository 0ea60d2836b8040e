"""Who takes the steps: compiled loops only where they are wanted, installed and know everything."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nn.architecture.layer_list import build_network
from nn.engines import steps
from nn.engines.steps import choose_steps, dense_layers, take_steps
from nn.errors import SettingError
from nn.initializers import INITIALIZERS
from nn.layers.activations import Activation
from nn.network import Network
from nn.optimizers import OPTIMIZERS

ROOT = Path(__file__).resolve().parents[2]
KNOWN = [
    [],
    [{"dense": 5}],
    [{"dense": 5}, "relu", {"dense": 4}, "sigmoid"],
    ["flatten", {"dense": 5}, "relu", "output", "relu"],
]
STRANGE = [
    (["relu"], "relu where no dense layer is before it"),
    ([{"dense": 5}, "relu", "sigmoid"], "sigmoid where no dense layer is before it"),
    ([{"dense": 5}, "batch_norm", "relu"], "batch_norm"),
    ([{"dense": 5}, "relu", {"dropout": 0.5}], "dropout"),
    ([{"conv2d": {"filters": 2, "kernel_size": 3}}, "relu", "flatten"], "conv2d"),
]


def make_network(layers: list) -> Network:
    return build_network(
        layers,
        input_shape=(4, 4),
        classes=3,
        initializer=INITIALIZERS["he"],
        rng=np.random.default_rng(0),
    )


def choose(layers: list, optimizer: str = "momentum", compiled: bool = True) -> tuple:
    """Return what takes the steps, and what is reported."""
    network, said = make_network(layers), []
    made = OPTIMIZERS[optimizer](network.parameters, learning_rate=0.1)
    return choose_steps(compiled, network, made, said.append), said


@pytest.mark.parametrize("layers", KNOWN)
def test_numpy_takes_them_unless_it_is_said_otherwise(layers: list) -> None:
    assert choose(layers, compiled=False) == (take_steps, [])


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
@pytest.mark.parametrize("layers", KNOWN)
def test_compiled_loops_take_those_of_dense_layers(layers: list, optimizer: str) -> None:
    pytest.importorskip("numba")
    from nn.engines.compiled import take_compiled_steps

    chosen, said = choose(layers, optimizer)
    assert chosen is take_compiled_steps
    assert said == ["Steps are compiled, which takes some seconds the first time."]


@pytest.mark.parametrize(("layers", "stranger"), STRANGE)
def test_what_they_do_not_know_is_trained_by_numpy_and_that_is_said(
    layers: list, stranger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "find_spec", lambda name: None)  # Nobody need install it for that.
    chosen, (said,) = choose(layers)
    assert chosen is take_steps
    assert said.startswith(
        f"Trained with NumPy all the same: compiled steps do not know {stranger}, "
    )


def test_an_activation_that_they_have_not_learned_is_another() -> None:
    class Softsign(Activation):
        name = "softsign"

    network = make_network([{"dense": 5}])
    with pytest.raises(NotImplementedError, match="softsign"):
        dense_layers(Network([network.layers[0], Softsign((5,)), network.layers[1]]))


def test_another_optimizer_is_such_a_stranger() -> None:
    chosen, (said,) = choose([], "adam")
    assert chosen is take_steps
    assert "do not know adam, only dense layers" in said


def test_a_network_without_layers_is_another() -> None:
    with pytest.raises(NotImplementedError, match="without dense layers"):
        dense_layers(Network([]))


def test_without_numba_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "find_spec", lambda name: None)
    with pytest.raises(SettingError, match=r"pip install -r requirements-compiled\.txt"):
        choose([])
    assert (ROOT / "requirements-compiled.txt").exists()


def test_dense_layers_come_with_what_follows_on_them() -> None:
    network = make_network([{"dense": 5}, "relu", {"dense": 4}, {"dense": 6}, "sigmoid"])
    found = [(layer.output_shape, activation) for layer, activation in dense_layers(network)]
    assert found == [((5,), "relu"), ((4,), ""), ((6,), "sigmoid"), ((3,), "")]


def test_numba_is_loaded_only_where_it_is_wanted() -> None:
    code = "import sys, nn.runs.experiment, nn.runs.preview; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
