"""Networks of nothing but dense layers, each with or without an activation."""

from nn.layers.activations import ReLU, Sigmoid
from nn.layers.dense import Dense
from nn.layers.flatten import Flatten, Images
from nn.network import Network


def dense_layers(network: Network) -> list[tuple[Dense, str]]:
    """Return a network's dense layers, each with the name of the activation after it, or "".

    Empty if the network has anything else.
    """
    layers: list[tuple[Dense, str]] = []
    for layer in network.layers:
        if isinstance(layer, Dense):
            layers.append((layer, ""))
        elif isinstance(layer, ReLU | Sigmoid) and layers and not layers[-1][1]:
            layers[-1] = layers[-1][0], layer.name
        elif not isinstance(layer, Images | Flatten):  # which change shapes, and no number
            return []
    return layers
