"""The steps of training over some examples, and who is to take them: NumPy, or compiled loops."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nn.errors import SettingError
from nn.installation import install_command
from nn.layers.activations import ReLU, Sigmoid
from nn.layers.dense import Dense
from nn.layers.flatten import Flatten, Images
from nn.layers.layer import Array
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import SGD, Momentum, Optimizer


class Examples(Protocol):
    """Some examples, ready for a network."""

    @property
    def inputs(self) -> NDArray[np.float32]:
        """Normalized pixels, shape (M, D)."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """True classes, shape (M,)."""


TakeSteps = Callable[[Examples, int, Network, SoftmaxCrossEntropy, Optimizer], Array]


def take_steps(
    examples: Examples,
    batch_size: int,
    network: Network,
    loss: SoftmaxCrossEntropy,
    optimizer: Optimizer,
) -> Array:
    """Take one step for each batch, and return the logits that each step started from, (M, K).

    Loss and accuracy are measured on all of them at once by the caller: two small calls a step
    would cost a fifth of the step.
    """
    targets = loss.targets(examples.labels)
    all_logits = np.empty_like(targets)
    # A network that diverges overflows on its way; the caller finds out and says so.
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(targets), batch_size):
            batch = slice(start, start + batch_size)
            logits = network.forward(examples.inputs[batch], training=True)
            d_logits = loss.gradient(logits, targets[batch])
            network.backward(d_logits)
            optimizer.step()
            all_logits[batch] = logits
    return all_logits


def choose_steps(
    compiled: bool,
    network: Network,
    optimizer: Optimizer,
    report: Callable[[str], None] = lambda message: None,
) -> TakeSteps:
    """Return what takes the steps: compiled loops, if they are wanted and know the network.

    What they do not know is trained as without them, and that is reported: whoever wants it sooner
    still wants it.

    Raises:
        SettingError: Compiled loops are wanted, and Numba is not installed.
    """
    if not compiled:
        return take_steps
    try:
        dense_layers(network)
        if not isinstance(optimizer, SGD | Momentum):
            raise NotImplementedError(optimizer.name)
    except NotImplementedError as stranger:
        report(
            f"Trained with NumPy all the same: compiled steps do not know {stranger}, only dense "
            "layers, relu or sigmoid after them, sgd and momentum."
        )
        return take_steps
    if find_spec("numba") is None:
        raise SettingError(
            f"--compiled needs Numba, which is not installed: {install_command('compiled')}, or "
            "train with --no-compiled, which takes longer"
        )
    from nn.engines.compiled import take_compiled_steps

    report("Steps are compiled, which takes some seconds the first time.")
    return take_compiled_steps


def dense_layers(network: Network) -> list[tuple[Dense, str]]:
    """Return a network's dense layers, each with the name of the activation after it, or "".

    Raises:
        NotImplementedError: There is something else; the message names it.
    """
    layers: list[tuple[Dense, str]] = []
    for layer in network.layers:
        if isinstance(layer, Dense):
            layers.append((layer, ""))
        elif isinstance(layer, ReLU | Sigmoid) and layers and not layers[-1][1]:
            layers[-1] = layers[-1][0], layer.name
        elif isinstance(layer, ReLU | Sigmoid):
            raise NotImplementedError(f"{layer.name} where no dense layer is before it")
        elif not isinstance(layer, Images | Flatten):  # which change shapes, and no number
            raise NotImplementedError(layer.name)
    if not layers:
        raise NotImplementedError("a network without dense layers")
    return layers
