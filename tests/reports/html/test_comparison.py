"""The page of a comparison in a real browser: sorted, switched, and put side by side."""

import numpy as np
import pytest

from nn.comparing.answers import answers_of_best
from nn.comparing.compare import Comparison, compare
from nn.comparing.compared_run import read_run
from nn.reports.comparison_page import comparison_page
from nn.runs.experiment import run_experiment
from nn.settings.declaration import Settings
from tests.reports.html.on_page import opened, width_at


@pytest.fixture(scope="module")
def compared(small_data, tmp_path_factory) -> tuple[Comparison, dict]:
    """Return three small runs, of which one has two epochs less, and what they answer."""
    place = tmp_path_factory.mktemp("compared")
    data = small_data(place / "data")
    folders = [
        run_experiment(
            Settings(
                data_dir=str(data), save_dir=str(place), name=str(units), hidden_units=units,
                epochs=epochs, learning_rate=0.01,
            )
        ).folder
        for units, epochs in ((8, 3), (2, 3), (3, 1))
    ]  # fmt: skip
    comparison = compare([read_run(folder) for folder in folders])
    return comparison, answers_of_best(comparison)


@pytest.fixture(scope="module")
def comparison_shown(browser, compared, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "comparison.html"
    path.write_text(comparison_page(compared[0], "small images", compared[1]), encoding="utf-8")
    with opened(browser, path.as_uri()) as page:
        yield page


def test_a_heading_sorts_the_table_and_then_turns_it_round(comparison_shown):
    page = comparison_shown
    names = page.locator("#runs th").all_inner_texts()

    def sort_by(name: str) -> list[str]:
        number = names.index(name)
        page.click(f"#runs th button >> nth={number}")
        return page.locator(f"#runs tbody td:nth-child({number + 1})").all_inner_texts()

    assert sort_by("hidden_units") == ["2", "3", "8"]
    assert sort_by("hidden_units") == ["8", "3", "2"]
    shares = [float(cell.rstrip("*~ ").rstrip("%")) for cell in sort_by("validation")]
    assert shares == sorted(shares)
    assert len(set(shares)) > 1


def test_curves_are_switched_on_and_off_and_their_values_read(comparison_shown, compared):
    page = comparison_shown
    assert page.locator("#loss path.curve").count() == 3
    page.click("#switches input >> nth=1")
    assert page.locator("#loss path.curve").count() == 2
    assert "hue" not in page.inner_text("body")  # curves are named by their runs, not by colours
    page.click("#switches input >> nth=1")
    page.select_option("#part", "training")
    page.focus("#accuracy svg")
    page.keyboard.press("Home")
    for n, group in enumerate(compared[0].groups):
        loss, accuracy = (group.curve(f"training_{kind}")[1][0] for kind in ("loss", "accuracy"))
        words = page.locator("#switches li").nth(n).locator(".quiet").inner_text()
        assert words == f"{loss:.4g}, {accuracy:.2%}"
    page.keyboard.press("End")
    ended = [len(group.curve("training_loss")[1]) < 3 for group in compared[0].groups]
    words = page.locator("#switches .quiet").all_inner_texts()
    assert [not each for each in words] == ended


def test_two_matrices_stand_side_by_side(comparison_shown, compared):
    page = comparison_shown
    page.select_option("#left", "2")
    page.select_option("#right", "0")
    for side, n in (("left", 2), ("right", 0)):
        path = compared[0].groups[n].runs[0].folder.path / "confusion_matrix.csv"
        shown = [
            0 if text == "·" else int(text)
            for text in page.locator(f"#{side}-matrix td").all_inner_texts()
            if text
        ]
        assert shown == np.loadtxt(path, delimiter=",").astype(int).ravel().tolist()


def test_the_images_are_those_that_only_one_of_two_runs_reads(comparison_shown, compared):
    page = comparison_shown
    page.select_option("#left", "0")
    page.select_option("#right", "1")
    one, other = (compared[1][group.runs[0].folder.name] for group in compared[0].groups[:2])
    right = [each.predicted == each.true for each in (one, other)]
    wanted = {
        "first": right[0] & ~right[1],
        "second": ~right[0] & right[1],
        "neither": ~right[0] & ~right[1] & (one.predicted != other.predicted),
    }
    assert wanted["first"].any()
    for name, images in wanted.items():
        assert page.inner_text(f"#{name}-count") == str(images.sum())
        labels = [
            button.get_attribute("aria-label").split(":")[0]
            for button in page.locator(f"#{name}-images button").all()
        ]
        shown = np.flatnonzero(images)
        assert sorted(labels) == sorted(f"Index {index}" for index in shown[:60])
    page.click("#first-images button >> nth=0")
    assert page.locator("#one-answers li").count() == 3
    assert page.locator("#one-answers .right").count() >= 1
    page.keyboard.press("Escape")


@pytest.mark.parametrize("width", [320, 1366])
def test_nothing_sticks_out(width, comparison_shown):
    assert width_at(comparison_shown, width) == width
