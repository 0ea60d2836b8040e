"""A line of the program is quoted with the file and the number where it stands."""

from pathlib import Path

import pytest

import nn
from nn.explaining.code_lines import code_line
from nn.layers.dense import Dense
from nn.optimizers import SGD


@pytest.mark.parametrize(
    ("function", "part"), [(Dense.forward, "self.weights.value +"), (SGD.step, "learning_rate *")]
)
def test_the_line_is_where_the_reference_says(function, part):
    where, line = code_line(function, part).split("  ", 1)
    file, number = where.split(":")
    lines = (Path(nn.__file__).parents[1] / file).read_text(encoding="utf-8").splitlines()
    assert lines[int(number) - 1].strip() == line
    assert part in line


def test_a_part_that_no_line_has_is_an_error():
    with pytest.raises(ValueError, match=r"SGD.step has no line with 'velocity'"):
        code_line(SGD.step, "velocity")
