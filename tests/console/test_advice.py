"""Facts and errors as the command line says them: every flag in an advice is one that exists."""

import math
import re

import pytest

from nn.console.advice import with_advice
from nn.errors import DivergedError, MissingNumbaError, RunFolderError, SmallBatchError
from nn.runs.facts import (
    CompiledSteps,
    DeadUnits,
    NothingToTrain,
    NotLearning,
    SaturatedUnits,
    SmallSteps,
)
from nn.settings.flags import parse_command_line

DIVERGED = DivergedError(epoch=1, learning_rate=0.5, loss=math.nan, guessing=2.3)
ADVISED = [
    (DIVERGED, "Try --learning-rate 0.05, or --normalization simple."),
    (
        SmallBatchError(batch_size=1, last=1, smallest=2, examples=10),
        "Choose another --batch-size.",
    ),
    (MissingNumbaError("pip install numba"), "(or train with --no-compiled, which takes longer)"),
    (NotLearning(3, 2.3, 0.5, "he"), "Its steps may be too large: try --learning-rate 0.05."),
    (
        NotLearning(2.3, 2.3, 0.5, "gauss"),
        "It may need a larger learning rate or another initialization (--initialization xavier or"
        " he).",
    ),
    (
        DeadUnits(0.1, "xavier", 1, 40, 64),
        "Try --learning-rate 0.01, perhaps with --initialization he.",
    ),
    (
        SaturatedUnits(0.1, "gauss", 1, 0.7),
        "Try --learning-rate 0.01, or --initialization xavier.",
    ),
    (SmallSteps(1e-5, "xavier", 4e-6), "Try --learning-rate 0.001."),
    (NothingToTrain(5, ""), "Pass a larger --epochs to continue."),
]


@pytest.mark.parametrize(("fact", "advice"), ADVISED, ids=lambda one: type(one).__name__)
def test_advice_follows_on_what_happened(fact: object, advice: str) -> None:
    assert with_advice(fact) == f"{fact} {advice}"
    assert "--" not in str(fact)


@pytest.mark.parametrize(
    "fact",
    [
        "12 images",
        NothingToTrain(5, "3 epochs"),
        CompiledSteps(expected=15.0),
        NotLearning(3, 2.3, 0.5, "he", is_explained=True),
        RunFolderError("no folder"),
    ],
    ids=str,
)
def test_what_needs_no_advice_is_said_as_it_is(fact: object) -> None:
    assert with_advice(fact) == str(fact)


def test_every_flag_that_is_advised_exists() -> None:
    flags = {flag for _, advice in ADVISED for flag in re.findall(r"--[a-z-]+", advice)}
    values = {"--initialization": ["he"], "--normalization": ["simple"], "--no-compiled": []}
    for flag in sorted(flags):
        assert parse_command_line([flag, *values.get(flag, "2")]).given


@pytest.mark.parametrize(("initialization", "other"), [("xavier", "he"), ("he", "xavier")])
def test_what_is_set_already_is_not_advised(initialization: str, other: str) -> None:
    advice = with_advice(NotLearning(2.3, 2.3, 0.5, initialization))
    assert f"(--initialization {other})" in advice
    diverged = DivergedError(epoch=1, learning_rate=0.5, loss=math.nan, guessing=2.3)
    diverged.normalization = "simple"
    assert with_advice(diverged).endswith("Try --learning-rate 0.05.")
    assert with_advice(DeadUnits(0.1, "he", 1, 40, 64)).endswith("Try --learning-rate 0.01.")
    saturated = SaturatedUnits(0.1, "xavier", 1, 0.7)
    assert with_advice(saturated).endswith("Try --learning-rate 0.01.")


@pytest.mark.parametrize(("ratio", "rate"), [(9e-5, "0.01"), (1e-6, "1"), (0.0, "1000")])
def test_the_learning_rate_that_is_advised_makes_steps_of_a_usual_size(ratio, rate):
    assert with_advice(SmallSteps(1e-3, "he", ratio)).endswith(f"Try --learning-rate {rate}.")
