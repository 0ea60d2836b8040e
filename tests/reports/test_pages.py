"""Pages escape what enters them, and forbid every script but their own."""

import pytest
from jinja2 import UndefinedError

from nn.reports.pages import content_policy, page_source, render_page


def test_what_enters_a_page_is_escaped():
    page = render_page(
        "explanation.html", title="<b>", policy="", style="", image="", example="", pages=[]
    )
    assert "<b>" not in page
    assert "&lt;b&gt;" in page


def test_a_forgotten_value_is_an_error():
    with pytest.raises(UndefinedError):
        render_page("explanation.html")


def test_a_page_without_scripts_allows_none():
    policy = content_policy(page_source("explanation.css"))
    assert "script-src 'none'" in policy
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in content_policy("", "let x")
