"""What a run's facts say where nobody adds a flag to them."""

import math

import pytest

from nn.runs.facts import (
    CompiledSteps,
    DeadUnits,
    NothingToTrain,
    NotLearning,
    SaturatedUnits,
    SmallSteps,
)


@pytest.mark.parametrize(
    ("factor", "how"),
    [
        (0.995, "has not begun to learn"),
        (1.002, "has not begun to learn"),
        (1.004, "is worse than"),
    ],
)
def test_a_network_is_worse_than_guessing_only_if_no_initialization_explains_it(
    factor: float, how: str
) -> None:
    fact = NotLearning(factor * math.log(10), math.log(10), 0.1, "he")
    assert str(fact).startswith(f"The network {how}")
    assert fact.is_worse_than_guessing == how.startswith("is worse")
    assert str(fact).endswith("while guessing gives 2.3026.")


def test_a_run_with_nothing_to_train_says_what_ended_it() -> None:
    assert str(NothingToTrain(1000, "")) == "Training was complete after 1,000 epochs."
    assert str(NothingToTrain(5, "3 epochs")) == (
        "Training ended after epoch 5 by early stopping (patience: 3 epochs): there is nothing "
        "left to train."
    )


def test_ill_layers_are_described_by_what_was_counted() -> None:
    assert str(DeadUnits(0.1, "he", 2, 40, 64)) == (
        "40 of 64 ReLU units of layer 2 are dead (0 for every image), so they no longer learn."
    )
    assert str(SaturatedUnits(0.1, "he", 1, 0.725)) == (
        "72% of the sigmoid outputs of layer 1 are close to 0 or 1, where almost no gradient "
        "passes."
    )
    assert str(SmallSteps(0.1, "he", 4.2e-6)) == (
        "A step changes the weights by 4e-06 of their size; about 0.001 is usual."
    )


def test_compiled_steps_say_how_long_compiling_takes() -> None:
    assert str(CompiledSteps(expected=15.4)).startswith("Compiling the training steps takes about")
    assert str(CompiledSteps(took=16.24)) == "Steps are compiled, which took 16.2 s."
    assert str(CompiledSteps()) == "Steps are compiled."
