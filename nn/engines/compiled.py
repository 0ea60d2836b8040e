"""The steps of training by compiled loops: the same work as `nn.engines.steps`, sooner done.

The loops (`nn.engines.compiled_loops`) read the first layer's weights in rows of one input each,
(D, U), as the network holds them, and those of all other layers in rows of one unit each, (U, D).
So all parameters are copied, the weights of the later layers turned, and in the end copied back:
once for some two thousand examples.
"""

from collections.abc import Iterator

import numpy as np

from nn.engines.compiled_loops import RELU, SIGMOID, run_steps
from nn.engines.steps import Examples, dense_layers
from nn.layers.layer import Array
from nn.layers.parameter import aligned
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import Momentum, Optimizer

_ACTIVATIONS = {"": 0, "relu": RELU, "sigmoid": SIGMOID}


def take_compiled_steps(
    examples: Examples,
    batch_size: int,
    network: Network,
    loss: SoftmaxCrossEntropy,
    optimizer: Optimizer,
) -> Array:
    """Do what `nn.engines.steps.take_steps` does, for the networks and optimizers it names."""
    layers = dense_layers(network)
    sizes = [layers[0][0].input_shape[0], *(dense.output_shape[0] for dense, _ in layers)]
    flats = [network.parameters.values, *optimizer.state.values()]
    copies = [aligned(flat) for flat in flats]
    for flat, copy in zip(flats, copies, strict=True):
        for part, place in _places(network, flat, copy):
            place[:] = part

    # Gradients are added to the velocity where there is one, and else to the values themselves.
    has_velocity = isinstance(optimizer, Momentum)
    momentum, scale = 1.0, -optimizer.learning_rate
    if isinstance(optimizer, Momentum):
        momentum, scale = optimizer.momentum, 1.0 - optimizer.dampening
    logits = np.empty((len(examples.labels), loss.classes), np.float32)
    # Factors beyond all float32 make a network that diverges; the caller finds out and says so.
    with np.errstate(over="ignore"):
        run_steps(
            examples.inputs,
            examples.labels,
            batch_size,
            np.array(sizes, np.int64),
            np.array([_ACTIVATIONS[activation] for _, activation in layers], np.int64),
            copies[0],
            copies[-1],
            has_velocity,
            np.float32(optimizer.learning_rate),
            np.float32(momentum),
            np.float32(scale),
            np.float32(optimizer.penalty.l1),
            np.float32(optimizer.penalty.l2),
            logits,
        )
    for flat, copy in zip(flats, copies, strict=True):
        for part, place in _places(network, flat, copy):
            part[:] = place
    return logits


def _places(network: Network, flat: Array, copy: Array) -> Iterator[tuple[Array, Array]]:
    """Yield each parameter's part of `flat` with the place of the same numbers in the copy."""
    views = zip(network.parameters.views(flat), network.parameters.views(copy), strict=True)
    for number, ((parameter, part), (_, place)) in enumerate(views):
        of_a_later_layer = parameter.penalized and number > 0
        yield part, place.reshape(part.shape[::-1]).T if of_a_later_layer else place
