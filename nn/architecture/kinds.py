"""The layers that a list may contain, and the options of each.

To add a layer, write its class in `nn/layers` and its entry here. Layers, and with them NumPy and
SciPy, are imported only where one is made, so that a list can be checked before the first question
without waiting for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from nn.architecture.options import COUNT, PADDING, REQUIRED_SIZE, SHARE, SIZE, Option

if TYPE_CHECKING:
    from nn.layers.layer import Layer


@dataclass(frozen=True)
class Kind:
    """One kind of layer, as it can be written in a list.

    Attributes:
        layer: Its class, with the module of `nn.layers` before it.
        example: How it is written.
        options: By name, which is also the name of the class's argument; a single value sets the
            first one.
    """

    layer: str
    example: str
    options: Mapping[str, Option] = field(default_factory=dict)

    def make(self, **options: object) -> "Layer":
        """Return a layer of this kind.

        Raises:
            ValueError: the options contradict each other.
        """
        module, name = self.layer.split(".")
        layer: Layer = getattr(import_module(f"nn.layers.{module}"), name)(**options)
        return layer


KINDS: dict[str, Kind] = {
    "dense": Kind("dense.Dense", "{dense: 128}", {"units": COUNT}),
    "output": Kind("dense.Dense", "output"),  # as many units as there are classes
    "relu": Kind("activations.ReLU", "relu"),
    "sigmoid": Kind("activations.Sigmoid", "sigmoid"),
    "flatten": Kind("flatten.Flatten", "flatten"),
    "batch_norm": Kind("batch_norm.BatchNorm", "batch_norm"),
    "dropout": Kind("dropout.Dropout", "{dropout: 0.5}", {"rate": SHARE}),
    "conv2d": Kind(
        "convolution.Convolution",
        "{conv2d: {filters: 8, kernel_size: 3}}",
        {
            "filters": COUNT,
            "kernel_size": REQUIRED_SIZE,
            "stride": SIZE,
            "padding": PADDING,
            "dilation": SIZE,
        },
    ),
    "max_pool": Kind(
        "pooling.MaxPooling", "{max_pool: 2}", {"size": REQUIRED_SIZE, "stride": SIZE}
    ),
    "global_average_pool": Kind("pooling.GlobalAveragePooling", "global_average_pool"),
}
