"""The page of a comparison as text: its table, its numbers, and nothing that loads or runs."""

import json
import re

import numpy as np
import pytest

from nn.comparing.compare import Comparison
from nn.reports import comparison_page as module
from nn.reports.comparison_page import comparison_page
from nn.runs.predictions import Predictions
from tests.reports.made_comparisons import group, two


def data_of(page: str) -> dict:
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def answers_of(*classes: list[int]) -> dict[str, Predictions]:
    """Return the answers of runs `run-0`, `run-1`, ... for images that all show class 1."""
    images = np.arange(len(classes[0]) * 6, dtype=np.uint8).reshape(-1, 2, 3)
    true = np.ones(len(images), int)
    return {
        f"run-{n}": Predictions(images, true, np.eye(4, dtype=np.float32)[answers], "title")
        for n, answers in enumerate(classes)
    }


def named(*accuracies: float) -> Comparison:
    """Return a comparison of runs `run-0`, `run-1`, ..., each a group of its own."""
    groups = [group(accuracy, optimizer=str(n)) for n, accuracy in enumerate(accuracies)]
    for n, one in enumerate(groups):
        object.__setattr__(
            one.runs[0].folder, "path", one.runs[0].folder.path.with_name(f"run-{n}")
        )
    return Comparison(groups, ["optimizer"], [])


def test_the_table_is_the_printed_one_and_the_curves_are_the_histories():
    page = comparison_page(two(), "digits", {})
    table = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split('id="curves"')[0]))
    assert "optimizer l1 seeds training validation test loss epochs seconds parameters" in table
    assert "adam - 2 90.00% ±0.00* 90.05% ±0.07*" in table
    first = data_of(page)["groups"][0]
    assert first["label"] == "optimizer adam, 2 seeds"
    assert first["curves"]["training_loss"] == [0.5, 0.5]
    assert data_of(page)["images"] is None


def test_values_that_are_not_finite_are_gaps():
    comparison = two()
    comparison.groups[0].runs[0].history["training_loss"][:] = np.nan
    comparison.groups[0].runs[1].history["training_loss"][:] = [np.inf, 0.25]
    curves = data_of(comparison_page(comparison, "digits", {}))["groups"][0]["curves"]
    assert curves["training_loss"] == [None, 0.25]


def test_the_images_are_those_that_the_runs_read_differently():
    answers = answers_of([1, 1, 2, 3], [1, 0, 2, 1])
    images = data_of(comparison_page(named(0.5, 0.25), "digits", answers))["images"]
    assert images["index"] == [1, 3]
    assert images["true"] == [1, 1]
    assert images["groups"] == [0, 1]
    assert images["predicted"] == [[1, 3], [0, 1]]
    same = answers_of([1, 2], [1, 2])
    assert data_of(comparison_page(named(0.5, 0.25), "digits", same))["images"] is None


def test_a_bad_run_leaves_room_for_the_images_on_which_the_others_differ(monkeypatch):
    monkeypatch.setattr(module, "_MOST_IMAGES", 6)
    answers = answers_of([1] * 9 + [2], [1] * 10, [0] * 10)
    images = data_of(comparison_page(named(0.5, 0.4, 0.1), "digits", answers))["images"]
    assert 9 in images["index"]
    assert len(images["index"]) <= 6


@pytest.mark.parametrize("classes", [4, 31])
def test_a_matrix_is_there_if_it_fits_a_page(classes, tmp_path):
    comparison = named(0.5)
    (run,) = comparison.groups[0].runs
    object.__setattr__(run.folder, "path", tmp_path)
    object.__setattr__(run.facts, "classes", classes)
    rows = np.eye(classes, dtype=int)
    (tmp_path / "confusion_matrix.csv").write_text(
        "\n".join(",".join(map(str, row)) for row in rows)
    )
    (found,) = data_of(comparison_page(comparison, "digits", {}))["groups"]
    assert found["matrix"] == (rows.tolist() if classes == 4 else None)


def test_names_from_outside_are_text_and_the_page_loads_nothing():
    hostile = "</script><img src=//x.test onerror=alert(1)>"
    comparison = Comparison(
        [group(0.5, optimizer=hostile), group(0.4, optimizer="sgd")], ["optimizer"], [hostile]
    )
    page = comparison_page(comparison, hostile, {})
    assert "<img src=//" not in page
    assert "default-src &#39;none&#39;" in page
    without_standards = page.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://", without_standards)
