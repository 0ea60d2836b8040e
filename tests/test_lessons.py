"""The lessons show what they promise: each study is trained, and its page has the same numbers."""

import re

import pytest
import yaml

from nn.runs.experiment import run_experiment
from nn.settings.checking import Given, check_settings
from tests.environment import ROOT

PAGES = sorted((ROOT / "docs" / "lessons").glob("[1-9]-*.md"))
STUDIES = sorted((ROOT / "configs" / "studies").glob("lesson_*.yaml"))
OF_THE_SEARCH = ("vary", "sampler", "pruning")


def test_every_lesson_has_its_page_and_its_study():
    numbered = [(page.name.split("-")[0], page.read_text(encoding="utf-8")) for page in PAGES]
    assert len(numbered) == len(STUDIES) == 5
    contents = (ROOT / "docs" / "lessons" / "README.md").read_text(encoding="utf-8")
    for (number, text), page, study in zip(numbered, PAGES, STUDIES, strict=True):
        assert study.name.startswith(f"lesson_{number}_")
        assert f"--config studies/{study.stem}\n" in text
        assert f"]({page.name})" in contents


def rows_of(page):
    """Return the settings' name, and training and validation accuracy in per cent by its values."""
    lines = re.findall(r"^\| (.*) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    cells = [[cell.strip("%") for cell in line.split(" | ")] for line in lines]
    return cells[0][0], {row[0]: (float(row[1]), float(row[2])) for row in cells[1:]}


def float_or_word(value):
    try:
        return float(value)
    except ValueError:
        return str(value)


@pytest.mark.long
@pytest.mark.parametrize("number", range(5))
def test_the_numbers_of_a_page_are_those_of_its_study(number, tmp_path):
    study = yaml.safe_load(STUDIES[number].read_text(encoding="utf-8"))
    fixed = {name: value for name, value in study.items() if name not in OF_THE_SEARCH}
    fixed |= {"save_dir": str(tmp_path), "data_dir": str(tmp_path / "none")}
    name, rows = rows_of(PAGES[number])
    values = study["vary"][name]
    assert [float_or_word(shown) for shown in rows] == [float_or_word(value) for value in values]
    for value, wanted in zip(values, rows.values(), strict=True):
        given = {key: Given(each, key) for key, each in {**fixed, name: value}.items()}
        result = run_experiment(check_settings(given)).result
        accuracies = 100 * result.training_accuracy, 100 * result.validation_accuracy
        # Other processors round otherwise, and steps that are too large make that visible.
        assert accuracies == pytest.approx(wanted, abs=1.5), f"{name} {value}"
