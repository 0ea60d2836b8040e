"""Which engine takes the steps of a training: NumPy or compiled loops."""

from importlib.util import find_spec

from nn.engines.dense_layers import dense_layers
from nn.engines.engine import Engine
from nn.engines.fused import FusedEngine
from nn.losses import Loss
from nn.network import Network
from nn.optimizers import SGD, Momentum, Optimizer


def choose_engine(network: Network, loss: Loss, optimizer: Optimizer, *, compiled: bool) -> Engine:
    """Return the compiled engine, if it is requested and supports the network, else the fused one.

    Raises:
        ImportError: The compiled engine is requested, but Numba is not installed.
    """
    if not compiled or why_not_compiled(network, optimizer):
        return FusedEngine(network, loss, optimizer)
    if find_spec("numba") is None:
        raise ImportError("compiled steps need Numba, which is not installed", name="numba")
    from nn.engines.compiled import CompiledEngine  # Numba takes half a second

    return CompiledEngine(network, loss, optimizer)


def why_not_compiled(network: Network, optimizer: Optimizer) -> str:
    """Return what the compiled engine does not support here, or "" if it supports all."""
    if not isinstance(optimizer, SGD | Momentum):
        return optimizer.name
    try:
        dense_layers(network)
    except NotImplementedError as unsupported:
        return str(unsupported)
    return ""
