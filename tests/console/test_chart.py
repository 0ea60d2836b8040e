"""The chart is read back from its blocks; where it stands on a terminal is tested with the bar."""

import io
import re

import numpy as np
import pytest

from nn.console.chart import can_show_chart, chart_lines
from nn.training.history import EpochRecord


def history(losses, gap=0.0) -> list[EpochRecord]:
    """Return epochs with these training losses; accuracies are 1 - loss, validation is worse."""
    return [
        EpochRecord(epoch, 0.001, loss, 1 - loss, loss + gap, 1 - loss - gap, 1.0)
        for epoch, loss in enumerate(losses, 1)
    ]


def test_each_curve_is_a_line_and_one_kind_has_one_scale():
    assert chart_lines(history([0.7, 0.35, 0.0], gap=0.1), epochs=3, columns=80, rows=24) == [
        "loss      training    ▇▇▇▄▄▄▁▁▁  0.0000",
        "          validation  ███▅▅▅▂▂▂  0.1000",
        "accuracy  training    ▂▂▂▅▅▅███  100.00%",
        "          validation  ▁▁▁▄▄▄▇▇▇  90.00%",
    ]


def test_the_chart_grows_to_the_right():
    losses = [0.9, 0.5, 0.3, 0.2]
    widths = [
        len(chart_lines(history(losses[:count]), epochs=4, columns=80, rows=24)[0].split()[2])
        for count in (1, 2, 3, 4)
    ]
    assert widths == [3, 6, 9, 12]


def test_a_long_training_keeps_room_for_its_later_epochs():
    """48 blocks for 24 epochs: 2 for each, also while there are only a few."""
    lines = chart_lines(history([0.9, 0.5, 0.3]), epochs=24, columns=80, rows=24)
    assert len(lines[0].split()[2]) == 3 * 2


@pytest.mark.parametrize("epochs", [1, 7, 40, 1000])
@pytest.mark.parametrize("columns", [43, 44, 60, 80, 200])
def test_no_line_is_as_wide_as_the_terminal(epochs, columns):
    lines = chart_lines(history(np.linspace(0.9, 0.1, epochs), 0.05), epochs, columns, 24)
    assert len(lines) == 4
    assert max(map(len, lines)) < columns


def test_more_epochs_than_columns_are_shown_as_means():
    lines = chart_lines(history([1.0] * 500 + [0.0] * 500), epochs=1000, columns=80, rows=24)
    blocks = lines[0].split()[2]
    assert re.fullmatch("█{24,30}.?▁{24,30}", blocks)


@pytest.mark.parametrize(("columns", "rows"), [(20, 24), (40, 24), (80, 9), (0, 0)])
def test_a_small_terminal_has_none(columns, rows):
    assert chart_lines(history([0.5, 0.4]), 2, columns, rows) == []


def test_ten_blocks_are_room_enough():
    assert len(chart_lines(history([0.5, 0.4]), epochs=2, columns=41, rows=10)) == 4


def test_before_the_first_epoch_is_over_there_is_no_chart():
    assert chart_lines([], epochs=3, columns=80, rows=24) == []


def test_a_level_curve_is_no_error():
    lines = chart_lines(history([0.5, 0.5]), epochs=2, columns=80, rows=24)
    assert lines[0] == "loss      training    ▁▁▁▁▁▁  0.5000"


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("term", "encoding", "shown"),
    [
        ("xterm", "utf-8", True),
        ("dumb", "utf-8", False),
        ("xterm", "ascii", False),
        ("xterm", "iso8859-1", False),
    ],
)
def test_only_a_terminal_that_can_show_it_gets_it(monkeypatch, term, encoding, shown):
    monkeypatch.setenv("TERM", term)
    assert can_show_chart(Terminal(io.BytesIO(), encoding=encoding)) is shown
    assert not can_show_chart(io.TextIOWrapper(io.BytesIO(), encoding=encoding))
