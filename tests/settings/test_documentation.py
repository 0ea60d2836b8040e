from pathlib import Path

import pytest

from nn.settings.declaration import SETTINGS
from nn.settings.documentation import END, START, settings_table, with_current_table

README = Path(__file__).parents[2] / "README.md"


def test_the_table_has_a_row_for_every_setting():
    rows = settings_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(SETTINGS)
    assert all(row.replace(r"\|", "").count("|") == 5 for row in rows)


def test_the_table_replaces_what_stood_between_the_markers():
    text = with_current_table(f"before\n{START}\nold\n{END}\nafter\n")
    assert text == f"before\n{START}\n{settings_table()}\n{END}\nafter\n"
    assert with_current_table(text) == text


def test_a_document_without_markers_is_refused():
    with pytest.raises(ValueError, match="needs the lines"):
        with_current_table("nothing here")


@pytest.mark.skipif(not README.exists(), reason="there is no README yet")
def test_the_readme_is_current():
    text = README.read_text(encoding="utf-8")
    assert with_current_table(text) == text, "run: python -m nn.settings.documentation README.md"
