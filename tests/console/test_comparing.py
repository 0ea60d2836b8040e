"""What is said of a comparison, and which files it leaves."""

from types import SimpleNamespace

import pytest

from nn.console import comparing
from nn.console.comparing import print_comparison, show_comparison

NOTE = "A note that is as long as a line of the screen and goes on after its end."


@pytest.fixture
def comparison(monkeypatch, tmp_path):
    """Return a comparison of two runs, of which `b` has its picture already."""
    runs = []
    for name, data in (("a", "mnist"), ("b", "drawn")):
        folder = SimpleNamespace(path=tmp_path / name, name=name)
        folder.path.mkdir()
        runs.append(SimpleNamespace(folder=folder, settings={"dataset": data}))
    (tmp_path / "b" / comparing.PICTURE).touch()
    made = SimpleNamespace(runs=runs, notes=[NOTE], titles=[])
    monkeypatch.setattr(comparing, "comparison_table", lambda given, width: f"table {width}")

    def write(folder, given, title, answers=None):
        made.titles.append(title)
        made.answers = answers
        return [folder / "comparison.csv"]

    monkeypatch.setattr(comparing, "write_comparison", write)
    made.answered = {"a": "answers"}
    monkeypatch.setattr(comparing, "answers_of_best", lambda given, report: made.answered)
    monkeypatch.setattr(comparing, "draw_first_layer", lambda folder, title: True)
    monkeypatch.setattr(comparing, "read_runs", lambda runs, report: runs)
    monkeypatch.setattr(comparing, "compare", lambda runs: made)
    return made


def test_a_comparison_is_saved_under_its_name_and_missing_pictures_are_drawn(
    comparison, tmp_path, capsys
) -> None:
    show_comparison(comparison, tmp_path, "mine", weights=True)
    assert comparison.titles == ["drawn and mnist, mine"]
    assert comparison.answers == {"a": "answers"}
    assert capsys.readouterr().out.splitlines() == [
        "table None",
        NOTE,
        f"Saved {tmp_path / 'a' / comparing.PICTURE}",
        f"Saved in {tmp_path / 'comparisons' / 'mine'}",
    ]


def test_runs_that_answer_together_are_a_committee(comparison, monkeypatch, tmp_path, capsys):
    comparison.answered = {"a": "one", "b": "another"}
    monkeypatch.setattr(comparing, "committee", lambda members: f"mean of {members}")
    monkeypatch.setattr(comparing, "gain", lambda members, together: together)
    show_comparison(comparison, tmp_path, "mine", weights=False)
    assert "mean of ['one', 'another']" in capsys.readouterr().out.splitlines()


def test_pictures_are_drawn_only_if_they_are_wanted(comparison, tmp_path, capsys) -> None:
    show_comparison(comparison, tmp_path, "", weights=False)
    assert comparing.PICTURE not in capsys.readouterr().out
    (folder,) = (tmp_path / "comparisons").iterdir()
    assert folder.name[:2] == "20"


def test_the_table_is_fitted_to_the_screen(comparison, monkeypatch, capsys) -> None:
    monkeypatch.setattr(comparing, "columns_of", lambda stream: 40)
    comparing._print_table(comparison)
    assert capsys.readouterr().out.splitlines() == ["table 40", NOTE]


@pytest.mark.parametrize(("trials", "lines"), [(2, 0), (1234, 1)])
def test_runs_on_other_machines_are_mentioned(trials, lines, comparison, tmp_path, capsys) -> None:
    for name in "ab":
        (tmp_path / name / "result.csv").touch()
    print_comparison(tmp_path, trials)
    said = capsys.readouterr().out.splitlines()
    expected = ["Comparing the 2 runs in this folder, of 1,234 in the study:"]
    assert said[:lines] == expected[:lines]
    assert said[lines:] == ["table None", NOTE, f"Saved {tmp_path / 'comparison.csv'}"]


def test_without_a_run_there_is_nothing_to_compare(tmp_path, capsys) -> None:
    print_comparison(tmp_path, 0)
    assert capsys.readouterr().out == ""
