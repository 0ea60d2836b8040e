"""Who takes the steps: compiled loops only where they are wanted, installed and support it all."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nn.architecture.building import build_network
from nn.engines import choice
from nn.engines.choice import choose_engine, why_not_compiled
from nn.engines.engine import Engine
from nn.engines.fused import FusedEngine
from nn.initializers import he
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import OPTIMIZERS

ROOT = Path(__file__).resolve().parents[2]
SUPPORTED = [
    [],
    [{"dense": 5}],
    [{"dense": 5}, "relu", {"dense": 4}, "sigmoid"],
    ["flatten", {"dense": 5}, "relu", "output", "relu"],
]


def make_network(layers: list) -> Network:
    rng = np.random.default_rng(0)
    return build_network(layers, input_shape=(4, 4), classes=3, initializer=he, rng=rng)


def choose(layers: list, optimizer: str = "momentum", compiled: bool = True) -> Engine:
    network = make_network(layers)
    made = OPTIMIZERS[optimizer](network.parameters, learning_rate=0.1)
    return choose_engine(network, SoftmaxCrossEntropy(), made, compiled=compiled)


@pytest.mark.parametrize("layers", SUPPORTED)
def test_numpy_takes_the_steps_unless_compiled_ones_are_wanted(layers: list) -> None:
    assert isinstance(choose(layers, compiled=False), FusedEngine)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
@pytest.mark.parametrize("layers", SUPPORTED)
def test_compiled_loops_take_the_steps_of_dense_layers(layers: list, optimizer: str) -> None:
    pytest.importorskip("numba")
    from nn.engines.compiled import CompiledEngine

    assert isinstance(choose(layers, optimizer), CompiledEngine)


@pytest.mark.parametrize(
    ("layers", "optimizer", "unsupported"),
    [([{"dense": 5}, "batch_norm", "relu"], "sgd", "batch_norm"), ([], "adam", "adam")],
)
def test_what_they_do_not_support_is_named_and_trained_by_numpy(
    layers: list, optimizer: str, unsupported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda name: None)  # Nobody need install it for that.
    assert isinstance(choose(layers, optimizer), FusedEngine)
    network = make_network(layers)
    made = OPTIMIZERS[optimizer](network.parameters, learning_rate=0.1)
    assert why_not_compiled(network, made) == unsupported


def test_without_numba_that_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="Numba, which is not installed"):
        choose([])


def test_numba_is_loaded_only_where_it_is_wanted() -> None:
    code = "import sys, nn.runs.experiment, nn.runs.preview; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
