"""The story of one training step, page by page: forward, loss, backward, update, and the proof."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nn.explaining.code_lines import code_line
from nn.explaining.layers import (
    LayerStep,
    Unit,
    backward_lines,
    choose_unit,
    forward_lines,
    name,
    named_parameters,
    number,
    strongest,
)
from nn.explaining.step import Step
from nn.gradients import derivative_at
from nn.layers.activations import ReLU, Sigmoid, sigmoid
from nn.layers.layer import Shape
from nn.layers.parameter import Parameter
from nn.losses import BinaryCrossEntropy, Loss, SoftmaxCrossEntropy, SquaredError, softmax
from nn.optimizers import SGD, Adam, Momentum, Optimizer

_ALL = 20  # a network with at most so many parameters has them all shown
_SHORT = {"weights": "w", "biases": "b"}
_SMALLEST = (
    1e-6  # gradients below are compared to this: the definition has rounding errors of 1e-10
)


@dataclass(frozen=True)
class Page:
    """One page of the story.

    Attributes:
        title: What it is about.
        lines: Its text.
    """

    title: str
    lines: list[str]


def tell(step: Step, rank: int = 0) -> list[Page]:
    """Return the story of a training step.

    Args:
        step: The step.
        rank: Which unit of each layer to follow: 0 is the one with the largest output.
    """
    parts = list(enumerate(_layer_steps(step, rank), start=1))
    followed = list(_followed(step, [part for _, part in parts]))

    def title(direction: str, k: int, part: LayerStep) -> str:
        return f"{direction}, layer {k} of {len(parts)}: {part.layer!r}"

    return [
        *(Page(title("Forward", k, part), forward_lines(part)) for k, part in parts),
        Page("The loss: how wrong is it?", _loss_lines(step)),
        *(
            Page(title("Backward", k, part), backward_lines(part))
            for k, part in reversed(parts)
            if part.d_outputs is not None
        ),
        Page("The update: every weight moves a little", _update_lines(step, followed)),
        Page("Is the gradient right?", _check_lines(step, followed)),
    ]


def _layer_steps(step: Step, rank: int) -> Iterator[LayerStep]:
    """Yield what went through each layer; an activation is followed through the same unit."""
    unit: Unit = ()
    for k, layer in enumerate(step.layers):
        inputs, outputs = step.outputs[k : k + 2]
        d_inputs, d_outputs = step.d_outputs[k : k + 2]
        if not (isinstance(layer, ReLU | Sigmoid) and unit):
            unit = choose_unit(outputs, rank)
        yield LayerStep(layer, inputs, outputs, d_outputs, d_inputs, unit)


_TRUTH = "(1 for the true class)"
# Of each loss: the formulas of its value and of its gradient.
_FORMULAS: dict[type[Loss], tuple[str, str]] = {
    SoftmaxCrossEntropy: ("-log p[true class]", f"p - {_TRUTH}"),
    BinaryCrossEntropy: (
        "-log p[true class] - sum of log(1 - p[k]) over the others",
        f"p - {_TRUTH}",
    ),
    SquaredError: (f"half the sum of (p[k] - {_TRUTH})^2", f"(p - {_TRUTH}) p (1 - p)"),
}


def _loss_lines(step: Step) -> list[str]:
    logits, label, slopes = step.outputs[-1][0], int(step.labels[0]), step.gradient_of_logits[0]
    probabilities = step.minimized.probabilities(step.outputs[-1])[0]
    kind = type(step.minimized)
    formula, slope = _FORMULAS[kind]
    if kind is SoftmaxCrossEntropy:
        outputs, line = "exp(z[k]) / sum of exp(z)", code_line(softmax, "exponentials / ")
    else:
        outputs, line = "1 / (1 + exp(-z[k]))", code_line(sigmoid, "np.tanh")
    lines = [
        f"p[k] = {outputs}, and loss = {formula}",
        "",
        line,
        code_line(kind.gradient, "- self.targets"),
        "",
        f"class      logit z  probability p   dz = {slope}",
    ]
    for k in range(len(logits)):
        mark = "  <- true" if k == label else ""
        lines.append(
            f"{k:5} {number(logits[k])}   {probabilities[k]:12.4%}{number(slopes[k])}{mark}"
        )
    loss = step.minimized.value(step.outputs[-1][:1], step.labels[:1])
    term = f"-log {probabilities[label]:.4g} = " if kind is SoftmaxCrossEntropy else ""
    return [*lines, "", f"loss = {term}{loss:.4g}"]


def _followed(step: Step, parts: list[LayerStep]) -> Iterator[tuple[str, Parameter, Shape]]:
    """Yield name, parameter and index of the numbers that are followed through the update."""
    for k, part in enumerate(parts, start=1):
        for stem, parameter in named_parameters(part.layer):
            shape, column = parameter.value.shape, part.unit[0]
            if step.network.parameter_count <= _ALL:
                chosen: list[Shape] = list(np.ndindex(shape))
            elif len(shape) == 2:
                rows = strongest(parameter.gradient[:, column])[:3]
                chosen = [(row, column) for row in rows]
            else:
                chosen = [(column,)]
            for index in chosen:
                yield f"layer {k}, {name(_SHORT.get(stem, stem), index)}", parameter, index


def _update_lines(step: Step, followed: list[tuple[str, Parameter, Shape]]) -> list[str]:
    optimizer = step.optimizer
    penalty = optimizer.penalty
    lines = [*_formula(optimizer), ""]
    if penalty:
        lines += [
            code_line(Optimizer.gradient, "self.penalty.gradient"),
            f"The gradient includes the penalty (l1 {penalty.l1:g}, l2 {penalty.l2:g}).",
            "",
        ]
    lines.append(f"{'':22}{'gradient':>11}{'before':>11}{'change':>11}{'after':>11}")
    for label, parameter, index in followed:
        before, after = parameter.value[index], step.new_value(parameter)[index]
        gradient = parameter.gradient[index]
        if parameter.penalized and penalty:
            gradient += penalty.gradient(parameter.value[index])
        columns = (gradient, before, after - before, after)
        lines.append(f"{label:22}" + "".join(map(number, columns)))
    moved = np.count_nonzero(step.after != step.network.parameters.values)
    lines += ["", f"Of {step.network.parameter_count:,} parameters, {moved:,} move."]
    return [*lines, f"The loss was {step.loss:.6g}; after the step it is {step.new_loss:.6g}."]


def _formula(optimizer: Optimizer) -> list[str]:
    """Return the optimizer's formula, its code and its numbers in the first step."""
    rate = f"{optimizer.learning_rate:g}"
    if isinstance(optimizer, Momentum):
        kept, new = f"{optimizer.momentum:g}", f"{1 - optimizer.dampening:g}"
        return [
            f"velocity <- {kept} * velocity + {new} * gradient; w <- w - {rate} * velocity",
            code_line(Momentum.step, "self.velocity +="),
            code_line(Momentum.step, "self.parameters.values"),
            f"The velocity starts at 0, so the first step is -{rate} * {new} * gradient.",
        ]
    if isinstance(optimizer, Adam):
        return [
            f"w <- w - {rate} * mean' / (sqrt(square') + {Adam.epsilon:g})",
            code_line(Adam.step, "self.parameters.values"),
            "In the first step mean' is the gradient and square' its square,",
            f"so every parameter moves by about {rate}.",
        ]
    return [
        f"w <- w - {rate} * gradient",
        code_line(SGD.step, "self.parameters.values"),
    ]


def _check_lines(step: Step, followed: list[tuple[str, Parameter, Shape]]) -> list[str]:
    lines = [
        "By definition the gradient is (L(w + h) - L(w - h)) / 2h: move one parameter",
        "a little up and down, and see how the loss changes. Both numbers must agree.",
        "",
        code_line(derivative_at, "return"),
        "",
        f"{'':22}{'backward':>16}{'definition':>16}{'relative error':>16}",
    ]
    for label, parameter, index in followed:
        backward, defined = parameter.gradient[index], step.derivative(parameter, index)
        error = abs(backward - defined) / max(abs(backward), abs(defined), _SMALLEST)
        lines.append(f"{label:22}{backward:16.9g}{defined:16.9g}{error:16.1e}")
    return lines
