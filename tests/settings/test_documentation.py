from pathlib import Path

import pytest

from nn.settings.declaration import TRAINING
from nn.settings.documentation import (
    END,
    SEARCH_START,
    START,
    settings_table,
    with_current_tables,
)
from nn.settings.search_declaration import SEARCH

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.mark.parametrize("declared", [TRAINING, SEARCH], ids=["training", "search"])
def test_the_table_has_a_row_for_every_setting(declared):
    rows = settings_table(declared).splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(declared.settings)
    assert all(row.replace(r"\|", "").count("|") == 5 for row in rows)


def test_the_tables_replace_what_stood_between_the_markers():
    text = with_current_tables(
        f"before\n{START}\nold\n{END}\nbetween\n{SEARCH_START}\nold\n{END}\nafter\n"
    )
    assert text == (
        f"before\n{START}\n{settings_table()}\n{END}\n"
        f"between\n{SEARCH_START}\n{settings_table(SEARCH)}\n{END}\nafter\n"
    )
    assert with_current_tables(text) == text


def test_a_document_without_markers_is_refused():
    with pytest.raises(ValueError, match="needs the lines"):
        with_current_tables(f"{START}\n{END}")


def test_the_page_of_settings_is_current():
    text = PAGE.read_text(encoding="utf-8")
    command = "python -m nn.settings.documentation docs/settings.md"
    assert with_current_tables(text) == text, f"run: {command}"
