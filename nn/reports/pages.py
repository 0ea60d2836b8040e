"""Pages that are one file each: rendered from the templates in `nn/reports/html`.

Everything that a person or a file named is escaped where it enters a page. In addition, a page's
Content-Security-Policy forbids it to load anything, and to run any script but its own.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

_SOURCES = files("nn.reports") / "html"


def page_source(name: str) -> str:
    """Return a template, a style or a script."""
    return (_SOURCES / name).read_text(encoding="utf-8")


def render_page(template: str, **values: Any) -> str:
    """Return a template filled in with values."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> "Environment":
    """Return what compiles each template when it is first used, which takes longer than a page."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(page_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda share: f"{share:.2%}"
    # JSON cannot express NaN: a forgotten one must fail here, not in the browser.
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    return environment


def content_policy(style: str, *scripts: str) -> str:
    """Return a Content-Security-Policy that allows only this style and these scripts."""
    allowed = " ".join(_hash(script) for script in scripts) or "'none'"
    return (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(source: str) -> str:
    digest = hashlib.sha256(source.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
