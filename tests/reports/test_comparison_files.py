"""The files that a comparison leaves."""

from nn.comparing.compare import Comparison
from nn.reports.comparison_files import write_comparison
from tests.reports.made_comparisons import group


def test_a_setting_with_commas_is_one_cell_of_the_csv(tmp_path):
    import csv

    groups = [group(0.9, layers="[{dense: 5}, relu]"), group(0.8, layers="[relu]")]
    for one in groups:
        for run in one.runs:
            object.__setattr__(run.folder, "path", tmp_path)
    (tmp_path / "confusion_matrix.csv").write_text("1,0,0,0\n0,1,0,0\n0,0,1,0\n0,0,0,1\n")
    names = {path.name for path in write_comparison(
        tmp_path, Comparison(groups, ["layers"], []), "title")}  # fmt: skip
    assert names == {"table.csv", "runs.csv", "curves.png", "comparison.html", *(
        f"confusion_difference.{kind}" for kind in ("csv", "png"))}  # fmt: skip
    with (tmp_path / "table.csv").open(newline="") as stream:
        assert [row["layers"] for row in csv.DictReader(stream)] == ["[{dense: 5}, relu]", "[relu]"]
    with (tmp_path / "runs.csv").open(newline="") as stream:
        assert next(csv.DictReader(stream))["seconds"] == "2"
