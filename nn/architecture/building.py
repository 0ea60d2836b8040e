"""From a list of layers to a network."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nn.architecture.kinds import KINDS
from nn.architecture.layer_list import LayerSpec, layer_source, read_layers
from nn.errors import SettingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import DTypeLike

    from nn.initializers import Initializer
    from nn.network import Network


def build_network(
    layers: Sequence[LayerSpec],
    *,
    input_shape: tuple[int, ...],
    classes: int,
    initializer: "Initializer",
    rng: "np.random.Generator",
    dtype: "DTypeLike" = "float32",
) -> "Network":
    """Make the network that a list of layers describes.

    A dense output layer is added at the end unless the list contains `output`, which it must if
    another layer follows.

    Args:
        layers: The hidden layers, checked already or not; none for softmax regression.
        input_shape: H, W or C, H, W of the images, which enter as rows.
        classes: K, the number of classes.
        initializer: Draws the first weights of every layer.
        rng: Source of the first weights; layers that need random numbers later on (dropout) get
            streams of their own, spawned from it.
        dtype: float32, or float64 for gradient checks.

    Raises:
        SettingError: the list is wrong, or a layer does not fit what enters it.
    """
    from nn.network import LayerError, Network, shape_text

    written = read_layers(layers)
    if not any(name == "output" for name, _ in written):
        written.append(("output", {}))
    made = []
    for number, (name, options) in enumerate(written, start=1):
        try:
            units = {"units": classes} if name == "output" else {}
            made.append(KINDS[name].make(**options, **units))
        except ValueError as error:
            raise SettingError(f"{layer_source(number, name)}: {error}") from None
    try:
        network = Network(made, input_shape, initializer=initializer, seed=rng, dtype=dtype)
    except LayerError as error:
        source = layer_source(error.number, written[error.number - 1][0])
        raise SettingError(f"{source}: {error.reason}") from None
    if network.output_shape != (classes,):
        raise SettingError(
            f"{layer_source(len(written), written[-1][0])}: the output of the last layer has "
            f"{shape_text(network.output_shape)} numbers, but the images have {classes} classes; "
            "end the list at output, or with layers that keep the number of units"
        )
    return network


def describe(network: "Network") -> list[tuple[str, str]]:
    """Return each layer in words, with its output shape, for people to read."""
    from nn.network import shape_text

    return [(repr(layer), shape_text(layer.output_shape)) for layer in network.layers]
