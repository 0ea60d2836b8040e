"""How messages quote what a user wrote, suggest what was meant, count, and stand in columns."""

import difflib
import unicodedata
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


def width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes: emoji and Chinese characters take two."""
    marks = sum(unicodedata.category(one) in ("Mn", "Me", "Cf") for one in text)  # over another
    return len(text) - marks + sum(unicodedata.east_asian_width(one) in "WF" for one in text)


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """Return a text with blanks behind it, or to its left, so that it takes so many columns."""
    blanks = " " * (columns - width_of(text))
    return blanks + text if right else text + blanks


def nearest_hint(written: str, names: Iterable[str]) -> str:
    """Return `. Did you mean ...?` with the most similar name, or nothing if none is similar."""
    any_case = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(written[:100].casefold(), any_case, n=1)
    return f". Did you mean {any_case[near[0]]}?" if near else ""
