"""The story goes forward, back and to the update, and each figure in it is the step's."""

import re
from dataclasses import replace

import numpy as np
import pytest

from nn.explaining.step import take_step
from nn.explaining.story import tell
from nn.explaining.subject import tiny
from nn.layers.activations import Sigmoid
from nn.layers.batch_norm import BatchNorm
from nn.layers.dense import Dense
from nn.losses import LOSSES, SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import SGD, Adam, Momentum
from nn.regularizers import Penalty

INPUTS = np.random.default_rng(0).random((2, 9))


def page(pages, start):
    return next(one for one in pages if one.title.startswith(start))


def test_the_pages_follow_the_step():
    titles = [one.title for one in tell(tiny().step(0))]
    assert [re.sub(r",.*", "", title) for title in titles] == [
        *["Forward"] * 3,
        "The loss: how wrong is it?",
        *["Backward"] * 3,
        "The update: every weight moves a little",
        "Is the gradient right?",
    ]


def test_the_loss_is_computed_from_the_probability_of_the_true_class():
    step = tiny().step(0)
    lines = page(tell(step), "The loss").lines
    assert re.fullmatch(rf"loss = -log 0\.\d+ = {step.loss:.4g}", lines[-1])


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_each_loss_has_its_formula_its_lines_and_its_numbers(loss):
    step = replace(tiny(), loss=loss).step(0)
    lines = page(tell(step), "The loss").lines
    assert ("exp(z)" in lines[0]) == (loss.name == "cross_entropy")
    assert sum(line.startswith("nn/losses.py:") for line in lines) >= 1
    rows = [line.split() for line in lines if line[:5].strip().isdigit()]
    assert [float(row[2][:-1]) / 100 for row in rows] == pytest.approx(
        loss.probabilities(step.outputs[-1])[0].tolist(), abs=1e-5
    )
    assert [float(row[3]) for row in rows] == pytest.approx(
        step.gradient_of_logits[0].tolist(), abs=1e-3
    )
    assert lines[-1].endswith(f"= {step.loss:.4g}")
    assert sum("<- true" in line for line in lines) == 1


def test_of_a_tiny_network_every_parameter_is_followed_and_right():
    step = tiny().step(0)
    rows = [line.split() for line in page(tell(step), "Is the").lines if line.startswith("layer")]
    assert len(rows) == step.network.parameter_count == 17
    assert all(float(row[-1]) < 1e-6 for row in rows)
    update = page(tell(step), "The update").lines
    moved = [line.split() for line in update if line.startswith("layer")]
    for row in moved:
        gradient, before, change, after = map(float, row[-4:])
        assert change == pytest.approx(-0.1 * gradient, abs=1e-4)
        assert after == pytest.approx(before + change, abs=1e-3)
    assert update[-1] == f"The loss was {step.loss:.6g}; after the step it is {step.new_loss:.6g}."


@pytest.mark.parametrize("kind", [SGD, Momentum, Adam])
def test_every_optimizer_has_its_formula_and_its_line(kind):
    network = Network([Dense(4), BatchNorm(), Sigmoid(), Dense(3)], 9, dtype=np.float64)
    optimizer = kind(network.parameters, learning_rate=0.01, penalty=Penalty(l1=0.001))
    pages = tell(
        take_step(network, SoftmaxCrossEntropy(), optimizer, INPUTS, np.array([0, 2])), rank=1
    )
    lines = page(pages, "The update").lines
    assert lines[0].startswith(("w <- w - 0.01", "velocity <- "))
    assert any(line.startswith("nn/optimizers.py:") for line in lines)
    assert any("l1 0.001" in line for line in lines)
    assert any(line.startswith("layer 2, gamma[") for line in lines)


def test_another_rank_follows_another_unit():
    step = tiny().step(0)
    assert tell(step, 0)[0] != tell(step, 1)[0]
    assert tell(step, 0)[0] == tell(step, 3)[0]


def test_only_parameters_with_a_gradient_are_said_to_move():
    step = tiny().step(0)
    step.after[:] = step.network.parameters.values
    step.after[:5] += 1
    assert "Of 17 parameters, 5 move." in page(tell(step), "The update").lines
