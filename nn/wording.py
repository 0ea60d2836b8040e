"""How messages quote what a user wrote, suggest what was meant, and count."""

import difflib
from collections.abc import Iterable


def shorten(written: object, longest: int = 40) -> str:
    """Return `written` as Python code on one line, cut after `longest` characters."""
    if isinstance(written, str):
        return repr(written) if len(written) <= longest else f"{written[:longest]!r}..."
    code = repr(written)
    return code if len(code) <= longest else f"{code[:longest]}..."


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: `1 epoch`, `1,000 epochs`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def nearest_hint(written: str, names: Iterable[str]) -> str:
    """Return `. Did you mean ...?` with the most similar name, or nothing if none is similar."""
    any_case = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(written[:100].casefold(), any_case, n=1)
    return f". Did you mean {any_case[near[0]]}?" if near else ""
