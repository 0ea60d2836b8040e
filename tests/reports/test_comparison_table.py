"""The printed table of a comparison: columns, marks, and what a small screen leaves of it."""

import pytest

from nn.comparing.compare import Comparison
from nn.reports.comparison_table import comparison_table
from nn.wording import width_of
from tests.reports.made_comparisons import group, two


def test_the_table_has_means_deviations_and_marks():
    heading, first, second, legend = comparison_table(two()).splitlines()
    columns = ["optimizer", "l1", "seeds", "training", "validation", "test", "loss", "epochs"]
    assert heading.split() == [*columns, "seconds", "parameters"]
    assert first.split() == [
        *("adam", "-", "2", "90.00%", "±0.00*", "90.05%", "±0.07*", "90.00%", "±0.00*"),
        *("0.2500*", "3", "2.0", "1,234"),
    ]
    assert second.split()[:4] == ["sgd", "y", "1", "80.00%"]
    assert legend == "* best"
    assert len({len(line) for line in (heading, first, second)}) == 1


@pytest.mark.parametrize("width", [200, 80, 60, 50])
def test_columns_give_way_on_a_narrow_screen_but_never_the_accuracies(width):
    heading = comparison_table(two(), width).splitlines()[0]
    assert len(heading) <= width
    assert {"optimizer", "l1", "validation", "test"} <= set(heading.split())


def test_wide_characters_shift_no_column():
    groups = [group(0.9, name="猫"), group(0.8, name="cat")]
    heading, first, second, _ = comparison_table(Comparison(groups, ["name"], [])).splitlines()
    assert width_of(first) == width_of(second) == width_of(heading)


def test_many_settings_are_cut_and_the_rest_is_named():
    groups = [group(0.9 - i / 1000, hidden_units=str(i)) for i in range(200)]
    lines = comparison_table(Comparison(groups, ["hidden_units"], [])).splitlines()
    assert len(lines) == 33
    assert "... and 170 more, in table.csv" in lines
