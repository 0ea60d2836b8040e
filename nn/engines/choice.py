"""Which of the compiled engines takes the steps of a training."""

from importlib.util import find_spec

from nn.engines.dense_layers import dense_layers
from nn.engines.engine import CompilableEngine
from nn.losses import Loss
from nn.network import Network
from nn.optimizers import SGD, Momentum, Optimizer


def compiled_engine(network: Network, loss: Loss, optimizer: Optimizer) -> CompilableEngine:
    """Return the fastest engine for a network in float32.

    Raises:
        ImportError: Numba is not installed.
    """
    if find_spec("numba") is None:
        raise ImportError("compiled steps need Numba, which is not installed", name="numba")
    # Numba takes half a second.
    from nn.engines.compiled import CompiledEngine
    from nn.engines.compiled_dense import CompiledDenseEngine

    if dense_layers(network) and isinstance(optimizer, SGD | Momentum):
        return CompiledDenseEngine(network, loss, optimizer)
    return CompiledEngine(network, loss, optimizer)
