"""Which compiled engine takes the steps; Numba is loaded only where one is wanted."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nn.architecture.building import build_network
from nn.engines import choice
from nn.engines.choice import compiled_engine
from nn.engines.engine import Engine
from nn.initializers import he
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import OPTIMIZERS

ROOT = Path(__file__).resolve().parents[2]
DENSE = [
    [],
    [{"dense": 5}],
    [{"dense": 5}, "relu", {"dense": 4}, "sigmoid"],
    ["flatten", {"dense": 5}, "relu", "output", "relu"],
]
OTHER = [
    [{"dense": 5}, "batch_norm", "relu"],
    [{"conv2d": {"filters": 2, "kernel_size": 3}}, "global_average_pool"],
]


def make_network(layers: list) -> Network:
    rng = np.random.default_rng(0)
    return build_network(layers, input_shape=(4, 4), classes=3, initializer=he, rng=rng)


def choose(layers: list, optimizer: str = "momentum") -> Engine:
    network = make_network(layers)
    made = OPTIMIZERS[optimizer](network.parameters, learning_rate=0.1)
    return compiled_engine(network, SoftmaxCrossEntropy(), made)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
@pytest.mark.parametrize("layers", DENSE)
def test_a_step_of_dense_layers_is_one_loop(layers: list, optimizer: str) -> None:
    pytest.importorskip("numba")
    from nn.engines.compiled_dense import CompiledDenseEngine

    assert isinstance(choose(layers, optimizer), CompiledDenseEngine)


@pytest.mark.parametrize(
    ("layers", "optimizer"), [*((layers, "sgd") for layers in OTHER), ([{"dense": 5}], "adam")]
)
def test_the_layers_of_all_other_networks_are_compiled(layers: list, optimizer: str) -> None:
    pytest.importorskip("numba")
    from nn.engines.compiled import CompiledEngine

    assert isinstance(choose(layers, optimizer), CompiledEngine)


def test_without_numba_that_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="Numba, which is not installed"):
        choose([])


def test_numba_is_loaded_only_where_it_is_wanted() -> None:
    code = "import sys, nn.runs.experiment, nn.runs.preview; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
