"""A network's description: the list of layers that people write, and the network made from it.

Whether a network has one hidden layer or ends in convolutions is a matter of data, not of code.
A run's `layers` is a list such as

    [{conv2d: {filters: 8, kernel_size: 3, dilation: 2}}, relu, flatten, {dense: 128}, relu]

and the shorthand of the eight questions (so many layers, so many units, this activation) is
written out as such a list. To add a layer, write its class in `nn/layers` and its entry in
`KINDS`, which says what can be written for it (see `nn.architecture.options`) and how it is built.

Layers, and with them SciPy, are imported only where one is built, so that a description can be
checked before the first question without waiting for them.
"""

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nn.architecture.options import COUNT, PADDING, REQUIRED_SIZE, SHARE, SIZE, Option
from nn.errors import SettingError

if TYPE_CHECKING:
    import numpy as np

    from nn.initializers import Initializer
    from nn.layers.layer import Layer, Shape
    from nn.network import Network

# A layer as it is written: its name, or its name with an option (`{"dense": 128}`) or several
# (`{"conv2d": {"filters": 8, "kernel_size": 3}}`).
LayerSpec = str | Mapping[str, Any]

LARGEST_WEIGHTS = 2**26  # in all layers together: 256 MiB, and several times that to train
LARGEST_OUTPUTS = 2**22  # numbers a layer makes of one image: 16 MiB, times the batch to train
_MOST_LAYERS = 1000


@dataclass(frozen=True)
class Kind:
    """One kind of layer, as it can be written in a list.

    Attributes:
        build: Makes the layer from its place in the network and its options.
        options: By name; the first one is meant where a single value is written.
        takes: "images" (C, H, W), "rows" (D,), or "any".
        example: How it is written.
    """

    build: Callable[..., "Layer"]
    example: str
    options: Mapping[str, Option] = field(default_factory=dict)
    takes: str = "any"


@dataclass(frozen=True)
class _Place:
    """Where in a network a layer stands, which is what it is built from beside its options."""

    input_shape: "Shape"
    classes: int
    weights_before: int
    initializer: "Initializer"
    rng: "np.random.Generator"


# How each layer is built ---------------------------------------------------------------------


def _dense(place: _Place, units: int) -> "Layer":
    from nn.layers.dense import Dense

    (inputs,) = place.input_shape
    _refuse_giants(place, weights=inputs * units, outputs=units)
    return Dense(inputs, units, initializer=place.initializer, rng=place.rng)


def _output(place: _Place) -> "Layer":
    return _dense(place, place.classes)


def _relu(place: _Place) -> "Layer":
    from nn.layers.activations import ReLU

    return ReLU(place.input_shape)


def _sigmoid(place: _Place) -> "Layer":
    from nn.layers.activations import Sigmoid

    return Sigmoid(place.input_shape)


def _flatten(place: _Place) -> "Layer":
    from nn.layers.flatten import Flatten

    return Flatten(place.input_shape)


def _batch_norm(place: _Place) -> "Layer":
    from nn.layers.batch_norm import BatchNorm

    return BatchNorm(place.input_shape)


def _convolution(place: _Place, filters: int, kernel_size: Any, **options: Any) -> "Layer":
    from nn.layers.convolution import Convolution
    from nn.layers.windows import as_pair

    channels = place.input_shape[0]
    height, width = as_pair(kernel_size)
    _refuse_giants(place, weights=channels * height * width * filters, outputs=filters)
    layer = Convolution(
        place.input_shape,
        filters,
        kernel_size,
        **options,
        initializer=place.initializer,
        rng=place.rng,
    )
    for shape in ((channels, *layer.padded_size), layer.output_shape):
        _refuse_giants(place, outputs=math.prod(shape))
    return layer


def _max_pooling(place: _Place, size: Any, **options: Any) -> "Layer":
    from nn.layers.pooling import MaxPooling

    return MaxPooling(place.input_shape, size, **options)


def _dropout(place: _Place, rate: float) -> "Layer":
    from nn.layers.dropout import Dropout

    # A stream of its own: masks must not depend on how many weights were drawn.
    return Dropout(place.input_shape, rate, rng=place.rng.spawn(1)[0])


KINDS: dict[str, Kind] = {
    "dense": Kind(_dense, "{dense: 128}", {"units": COUNT}, takes="rows"),
    "output": Kind(_output, "output", takes="rows"),
    "relu": Kind(_relu, "relu"),
    "sigmoid": Kind(_sigmoid, "sigmoid"),
    "flatten": Kind(_flatten, "flatten"),
    "batch_norm": Kind(_batch_norm, "batch_norm"),
    "dropout": Kind(_dropout, "{dropout: 0.5}", {"rate": SHARE}),
    "conv2d": Kind(
        _convolution,
        "{conv2d: {filters: 8, kernel_size: 3}}",
        {
            "filters": COUNT,
            "kernel_size": REQUIRED_SIZE,
            "stride": SIZE,
            "padding": PADDING,
            "dilation": SIZE,
        },
        takes="images",
    ),
    "max_pool": Kind(
        _max_pooling, "{max_pool: 2}", {"size": REQUIRED_SIZE, "stride": SIZE}, takes="images"
    ),
}


# From what was written to a network ----------------------------------------------------------


def hidden_layer_list(hidden_layers: int, hidden_units: int, activation: str) -> list[LayerSpec]:
    """Write the shorthand out: so many dense layers of so many units, each with its activation.

    >>> hidden_layer_list(1, 64, "relu")
    [{'dense': 64}, 'relu']
    """
    layer: list[LayerSpec] = [{"dense": hidden_units}, activation]
    return layer * hidden_layers


def check_layers(written: object) -> list[LayerSpec]:
    """Return a list of layers in its plainest form: names in lower case, numbers as numbers.

    What depends on the images (whether sizes fit) is found out by `build_network`. Checking a
    checked list returns an equal one.

    Args:
        written: What a YAML file or a flag says; numbers may be text.

    Raises:
        SettingError: it is no list of layers; the layer's number, what arrived and what fits are
            named.
    """
    read = _read_layers(written)
    if not read:
        raise SettingError(
            "layers is an empty list; it takes at least one layer (for a network without hidden "
            "layers, leave it out and set hidden_layers to 0)"
        )
    return [_in_plain_form(name, options) for name, options in read]


def build_network(
    layers: Sequence[LayerSpec],
    *,
    input_shape: tuple[int, int],
    classes: int,
    initializer: "Initializer",
    rng: "np.random.Generator",
) -> "Network":
    """Make the network that a list of layers describes.

    The output layer, dense to the classes, is added at the end unless the list has it (`output`),
    as it must where something follows it. Images enter as rows; where the first layers work on
    images, the network begins by making them images again.

    Args:
        layers: The hidden layers, checked already or not; none for softmax regression.
        input_shape: H, W of the images, which enter as rows (N, H * W).
        classes: K, the number of classes.
        initializer: Draws the first weights of every layer.
        rng: Where the first weights come from; layers that need random numbers later on (dropout)
            get streams of their own, spawned from it.

    Raises:
        SettingError: the list is wrong, or a layer does not fit what enters it.
    """
    from nn.network import Network

    written = _read_layers(layers)
    if not any(name == "output" for name, _ in written):
        written.append(("output", {}))

    built: list[Layer] = []
    shape: Shape = (math.prod(input_shape),)
    if _begins_with_images(name for name, _ in written):
        built.append(_images(input_shape))
        shape = built[-1].output_shape
    for number, (name, options) in enumerate(written, start=1):
        kind = KINDS[name]
        try:
            _check_rank(kind.takes, shape)
            weights = sum(p.value.size for layer in built for p in layer.parameters)
            place = _Place(shape, classes, weights, initializer, rng)
            built.append(kind.build(place, **options))
            shape = built[-1].output_shape
        except ValueError as error:
            raise SettingError(f"{_name_place(number, name)}: {error}") from None
    if shape != (classes,):
        raise SettingError(
            f"{_name_place(len(written), written[-1][0])}: the last layer gives {in_words(shape)}, "
            f"but the images have {classes} classes; let the list end before output, or in layers "
            "that keep the number of units"
        )
    return Network(built)


def describe(network: "Network") -> list[tuple[str, str]]:
    """Return each layer in words, with the shape of what leaves it, for people to read."""
    return [(repr(layer), in_words(layer.output_shape)) for layer in network.layers]


def in_words(shape: "Shape") -> str:
    """Return a shape as people write it: `128`, or `8 x 24 x 24` for channels, height, width."""
    return " x ".join(str(size) for size in shape)


def _begins_with_images(names: Iterable[str]) -> bool:
    """Return whether the first layer that is not content with any shape takes images."""
    return next((KINDS[name].takes for name in names if KINDS[name].takes != "any"), "") == "images"


def _images(input_shape: tuple[int, int]) -> "Layer":
    from nn.layers.flatten import Images

    return Images(*input_shape)


def _check_rank(takes: str, shape: "Shape") -> None:
    if takes == "rows" and len(shape) != 1:
        raise ValueError(
            f"it takes numbers in a row, but gets images of {in_words(shape)} (channels x height x "
            "width); put flatten before it"
        )
    if takes == "images" and len(shape) == 1:
        raise ValueError(
            f"it takes images, but gets {in_words(shape)} numbers in a row; put it before flatten "
            "and before any dense layer"
        )


def _refuse_giants(place: _Place, *, outputs: int, weights: int = 0) -> None:
    """Raise before a layer's memory is asked for, not after the machine has run out of it."""
    weights += place.weights_before
    if weights > LARGEST_WEIGHTS:
        raise ValueError(
            f"with it the network has {weights:,} weights, {_in_gibibytes(weights)}; at most "
            f"{LARGEST_WEIGHTS:,} are allowed, {_in_gibibytes(LARGEST_WEIGHTS)}"
        )
    if outputs > LARGEST_OUTPUTS:
        raise ValueError(
            f"it makes {outputs:,} numbers of every image, {_in_gibibytes(outputs)}; at most "
            f"{LARGEST_OUTPUTS:,} are allowed"
        )


def _in_gibibytes(numbers: int) -> str:
    return f"{numbers * 4 / 2**30:,.2f} GiB"


# Reading what was written --------------------------------------------------------------------


def _read_layers(written: object) -> list[tuple[str, dict[str, object]]]:
    """Return every layer's name and options, in the order of the list."""
    if not isinstance(written, list | tuple):
        raise SettingError(
            f"layers is {_shorten(written)}; it takes a list of layers, as in [{{dense: 64}}, relu]"
        )
    if len(written) > _MOST_LAYERS:
        raise SettingError(f"layers has {len(written):,} layers; it takes at most {_MOST_LAYERS:,}")
    read = [_read_layer(number, layer) for number, layer in enumerate(written, start=1)]
    outputs = [number for number, (name, _) in enumerate(read, start=1) if name == "output"]
    if len(outputs) > 1:
        raise SettingError(f"{_name_place(outputs[1], 'output')}: there is one already, keep one")
    return read


def _read_layer(number: int, layer: object) -> tuple[str, dict[str, object]]:
    if isinstance(layer, Mapping) and len(layer) == 1:
        ((name, written),) = layer.items()
    else:
        name, written = layer, None
    if not isinstance(name, str):
        raise SettingError(
            f"layers, layer {number} is {_shorten(layer)}; it takes one layer, such as relu "
            "or {dense: 128}"
        )
    plain_name = name.strip().casefold()
    if plain_name not in KINDS:
        raise SettingError(
            f"layers, layer {number}: {_shorten(name)} is no layer{_nearest(plain_name, KINDS)}. "
            f"The layers are {', '.join(KINDS)}"
        )
    return plain_name, _read_options(_name_place(number, plain_name), plain_name, written)


def _read_options(place: str, name: str, written: object) -> dict[str, object]:
    """Return a layer's options, checked, from a mapping, a single value or nothing."""
    kind = KINDS[name]
    if written is None or written == "":
        written = {}
    elif not isinstance(written, Mapping):
        if not kind.options:
            raise SettingError(f"{place} has no options, but {_shorten(written)} is given")
        written = {next(iter(kind.options)): written}

    options = {}
    for option_name, value in written.items():
        option = kind.options.get(option_name)
        if option is None:
            known = f"Its options are {', '.join(kind.options)}" if kind.options else "It has none"
            hint = _nearest(str(option_name), kind.options)
            raise SettingError(f"{place}: {_shorten(option_name)} is no option{hint}. {known}")
        try:
            options[option_name] = option.read(value)
        except (ValueError, TypeError, OverflowError):
            raise SettingError(
                f"{place}: {option_name} is {_shorten(value)}; it takes {option.expected}"
            ) from None
    for option_name, option in kind.options.items():
        if option.required and option_name not in options:
            raise SettingError(f"{place}: {option_name} is missing, as in {kind.example}")
    return options


def _in_plain_form(name: str, options: Mapping[str, object]) -> LayerSpec:
    if not options:
        return name
    if list(options) == list(KINDS[name].options)[:1]:
        return {name: next(iter(options.values()))}
    return {name: dict(options)}


def _name_place(number: int, name: str) -> str:
    return f"layers, layer {number} ({name})"


def _nearest(written: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(written[:100], list(names), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _shorten(written: object, longest: int = 60) -> str:
    text = repr(written)
    return text if len(text) <= longest else f"{text[:longest]}..."
