"""What a layer does, forward and backward, for one unit with all its numbers.

Dense layers, convolutions and activations are followed through one unit (of a filter, one
position). Every other layer has its formula, its shapes and norms.
"""

import inspect
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nn.explaining.code_lines import code_line
from nn.layers.activations import ReLU, Sigmoid
from nn.layers.batch_norm import BatchNorm
from nn.layers.convolution import Convolution
from nn.layers.dense import Dense
from nn.layers.flatten import Flatten, Images
from nn.layers.layer import Array, Layer
from nn.layers.parameter import Parameter
from nn.layers.pooling import GlobalAveragePooling, MaxPooling

Unit = tuple[int, ...]
"""Position of a unit in the outputs for one example: (u,), or (f, y, x) for images."""

_TERMS = 5  # of a sum that are shown; the others are added up

# Parts of the lines that compute a layer's outputs, and its gradients.
_LINES: dict[type[Layer], tuple[str, list[str]]] = {
    Dense: (
        "self.weights.value +",
        ["weights.gradient[:]", "biases.gradient[:]", "d_outputs @ self.weights"],
    ),
    Convolution: ("np.matmul", ["d_weights +=", "biases.gradient[:]", "np.matmul"]),
    ReLU: ("np.maximum", ["self._outputs > 0"]),
    Sigmoid: ("sigmoid(inputs)", ["1 - self._outputs"]),
    BatchNorm: (
        "np.multiply(normalized",
        ["d_gamma = products", "d_beta = d_outputs", "d_inputs *="],
    ),
    MaxPooling: ("np.maximum", ["d_seen += share"]),
    GlobalAveragePooling: ("np.mean", ["d_images[:] ="]),
    Images: ("inputs.reshape", ["d_outputs.reshape"]),
    Flatten: ("return inputs.reshape", ["d_outputs.reshape"]),
}


def number(value: float) -> str:
    """Return a number with four significant digits, in a column of eleven characters."""
    return f"{value:11.4g}"


def name(letter: str, index: Iterable[int]) -> str:
    """Return the name of one number of an array, as in `x[3, 17]`."""
    return f"{letter}[{', '.join(map(str, index))}]"


def size(label: str, array: Array) -> str:
    """Return shape, range and norm of an array, whose first axis is the batch."""
    return (
        f"{label}: shape {array.shape}, from {array.min():.4g} to {array.max():.4g}, "
        f"norm {np.linalg.norm(array):.4g}"
    )


def choose_unit(outputs: Array, rank: int) -> Unit:
    """Return the unit that answers the first example with the rank-th largest number, from 0."""
    order = np.argsort(-outputs[0], axis=None, kind="stable")
    return tuple(map(int, np.unravel_index(order[rank % order.size], outputs[0].shape)))


def strongest(products: Array) -> list[int]:
    """Return the indices of the terms of a sum that are shown, in their order in the sum."""
    most = _TERMS if len(products) > _TERMS + 1 else len(products)
    shown = np.argsort(-np.abs(products), kind="stable")[:most]
    return sorted(int(index) for index in shown)


@dataclass(frozen=True)
class LayerStep:
    """What went through one layer in a training step.

    Attributes:
        layer: The layer.
        inputs: Its inputs, (N, ...).
        outputs: Its outputs, (N, ...).
        d_outputs: The gradient with respect to the outputs; None before the first layer that
            learns.
        d_inputs: The gradient with respect to the inputs; None if nothing needs it.
        unit: The unit to show in full.
    """

    layer: Layer
    inputs: Array
    outputs: Array
    d_outputs: Array | None
    d_inputs: Array | None
    unit: Unit


def forward_lines(step: LayerStep) -> list[str]:
    """Explain the forward step of a layer."""
    layer, inputs, outputs, unit = step.layer, step.inputs, step.outputs, step.unit
    lines = [(inspect.getdoc(type(layer)) or "").splitlines()[0], ""]
    lines += [code_line(type(layer).forward, _LINES[type(layer)][0]), ""]
    if isinstance(layer, Dense):
        lines += _sum(layer, inputs[0], [(i,) for i in range(inputs.shape[1])], unit)
    elif isinstance(layer, Convolution):
        seen, names = _window(layer, inputs[0], unit)
        lines += _sum(layer, seen, names, unit)
    elif isinstance(layer, ReLU):
        before, after = inputs[0][unit], outputs[0][unit]
        lines += [f"{name('a', unit)} = max({before:.4g}, 0) = {after:.4g}", ""]
        lines.append(f"{np.mean(outputs[0] <= 0):.0%} of the units are 0 for this image.")
    elif isinstance(layer, Sigmoid):
        before, after = inputs[0][unit], outputs[0][unit]
        lines.append(f"{name('a', unit)} = 1 / (1 + exp(-({before:.4g}))) = {after:.4g}")
    return [*lines, "", size("All outputs", outputs)]


def _sum(layer: Dense | Convolution, inputs: Array, names: list[Unit], unit: Unit) -> list[str]:
    """Write out the sum that a unit computes: inputs (D,) times its weights, plus its bias."""
    weights, bias = layer.weights.value[:, unit[0]], layer.biases.value[unit[0]]
    products = inputs * weights
    shown = strongest(products)
    output = name("z", unit)
    lines = [f"{output} = sum of x[i] * w[i, {unit[0]}], plus b[{unit[0]}]:"]
    if len(shown) < len(products):
        lines[0] = lines[0].replace("sum", f"sum over {len(products)} inputs")
    for i in shown:
        left = f"{name('x', names[i])} * {name('w', (i, unit[0]))}"
        lines.append(
            f"  {left:28} = {number(inputs[i])} *{number(weights[i])} ={number(products[i])}"
        )
    lines += _others(products, shown)
    lines.append(f"  {f'b[{unit[0]}]':28} {number(bias):>39}")
    return [*lines, f"  {output:28} {number(products.sum() + bias):>39}"]


def _window(layer: Convolution, image: Array, unit: Unit) -> tuple[Array, list[Unit]]:
    """Return what a filter sees at its position, in the order of its weights, and the pixels."""
    fixed = {key: np.array(value).tolist() for key, value in layer.constants.items()}
    (height, width), (down, right) = fixed["kernel_size"], fixed["stride"]
    hole_y, hole_x = fixed["dilation"]
    top, left, bottom, far = fixed["padding"]
    padded = np.pad(image, ((0, 0), (top, bottom), (left, far)))
    corner = unit[1] * down, unit[2] * right
    where = [
        (c, corner[0] + i * hole_y, corner[1] + j * hole_x)
        for c in range(len(image)) for i in range(height) for j in range(width)
    ]  # fmt: skip
    seen = np.array([padded[position] for position in where])
    return seen, [(c, y - top, x - left) for c, y, x in where]


def backward_lines(step: LayerStep) -> list[str]:
    """Explain the backward step of a layer.

    Raises:
        ValueError: the layer stands before all that learn, so it has none.
    """
    layer = step.layer
    if step.d_outputs is None:
        raise ValueError(f"{layer!r} has no backward step")
    lines = [code_line(type(layer).backward, part) for part in _LINES[type(layer)][1]]
    if numbers := _unit_backward(layer, step, step.d_outputs):
        lines += ["", *numbers]
    lines.append("")
    lines += [
        size(f"Gradient of its {stem}", parameter.gradient)
        for stem, parameter in named_parameters(layer)
    ]
    if step.d_inputs is None:
        return [*lines, "No layer before it learns, so nothing needs d_inputs."]
    return [*lines, size("d_inputs, handed to the layer before", step.d_inputs)]


def named_parameters(layer: Layer) -> list[tuple[str, Parameter]]:
    """Return what a layer learns, with the names of its files: weights, biases, gamma, beta."""
    return [
        (stem, parameter)
        for stem, array in layer.arrays.items()
        for parameter in layer.parameters
        if parameter.value is array
    ]


def _unit_backward(layer: Layer, step: LayerStep, d_outputs: Array) -> list[str]:
    """Write out the gradients of one unit."""
    unit = step.unit
    slope = d_outputs[0][unit]
    if isinstance(layer, Dense):
        weights = _weight_gradients(layer, step.inputs, d_outputs, unit[0])
        inputs = [] if step.d_inputs is None else _input_gradient(layer, d_outputs, step.d_inputs)
        about = (
            f"The loss changes by {name('dz', unit)} = {slope:.4g} per unit of {name('z', unit)}."
        )
        return [about, *weights, *inputs]
    if isinstance(layer, Convolution):
        return [
            "A weight is used at every position, so its gradient is a sum over the positions:",
            f"  dw[i, {unit[0]}] = sum of (pixel under weight i) * dz[{unit[0]}, y, x]",
        ]
    if isinstance(layer, ReLU | Sigmoid):
        after = step.outputs[0][unit]
        derivative = float(after > 0) if isinstance(layer, ReLU) else after * (1 - after)
        left = f"{name('dz', unit)} = {name('da', unit)} * slope"
        return [f"{left} = {slope:.4g} * {derivative:.4g} = {slope * derivative:.4g}"]
    return []


def _weight_gradients(layer: Dense, inputs: Array, d_outputs: Array, u: int) -> list[str]:
    """Write out the gradients of a unit's weights that added most to it, and of its bias."""
    lines = []
    for i in strongest(inputs[0] * layer.weights.value[:, u]):
        left = f"{name('dw', (i, u))} = x[{i}] * dz[{u}]"
        pairs = zip(inputs[:, i], d_outputs[:, u], strict=True)
        terms = " + ".join(f"{x:.4g} * {d:.4g}" for x, d in pairs)
        lines.append(f"  {left:28} = {terms} = {layer.weights.gradient[i, u]:.4g}")
    return [*lines, f"  {f'db[{u}] = dz[{u}]':28} = {layer.biases.gradient[u]:.4g}"]


def _input_gradient(layer: Dense, d_outputs: Array, d_inputs: Array) -> list[str]:
    """Write out the largest gradient of an input, which every unit of the layer adds to."""
    i = int(np.abs(d_inputs[0]).argmax())
    weights = layer.weights.value[i]
    products = d_outputs[0] * weights
    shown = strongest(products)
    lines = [f"Input {i} feeds all {len(products)} units, so its gradient is a sum over them:"]
    for u in shown:
        left = f"dz[{u}] * {name('w', (i, u))}"
        lines.append(
            f"  {left:28} = {number(d_outputs[0, u])} *{number(weights[u])} ={number(products[u])}"
        )
    lines += _others(products, shown)
    return [*lines, f"  {name('dx', (i,)):28} {number(d_inputs[0, i]):>39}"]


def _others(products: Array, shown: list[int]) -> list[str]:
    """Add up the terms of a sum that are not shown."""
    count = len(products) - len(shown)
    rest = number(products.sum() - products[shown].sum())
    return [f"  {f'the other {count} terms':28} {rest:>39}"] if count else []
