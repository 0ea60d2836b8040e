"""The explanation as a page: complete, self-contained, and replaced in one step."""

from html import unescape

import pytest

from nn.errors import RunFolderError
from nn.explaining.story import tell
from nn.explaining.subject import tiny
from nn.reports.explanation_page import write_explanation


def test_the_page_holds_every_line_of_the_story(tmp_path):
    pages = tell(tiny().step(0))
    write_explanation(tmp_path / "page.html", tiny(), 0, pages)
    text = unescape((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert "a tiny network, 2-3-2: example 0, class 1" in text
    for page in pages:
        assert page.title in text
        assert all(line in text for line in page.lines)
    assert "http" not in text.replace("http-equiv", "")


def test_a_page_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(RunFolderError, match="cannot be written"):
        write_explanation(tmp_path / "missing" / "page.html", tiny(), 0, [])
