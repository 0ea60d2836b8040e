"""What classes are called on screen, in pictures and in tables.

Digits are called by their labels. Other data may bring names along: those of their folders, the
words of a column of labels, those of a mapping file or of a known set.
"""

import re
from collections.abc import Iterable, Sequence


def name_of(label: int, names: Sequence[str], longest: int = 40) -> str:
    """Return what a class is called: its name, or its label if it has none.

    Args:
        label: The class; a digit key may ask for one that the data do not have.
        names: The names of all classes; empty if there are none.
        longest: A name of more characters is cut.
    """
    name = names[label] if label < len(names) else str(label)
    return name if len(name) <= longest else name[: longest - 1] + "…"


def in_order(names: Iterable[str]) -> list[str]:
    """Return names sorted, as classes are numbered; numbers in them count as numbers."""

    def key(name: str) -> list[tuple[int, str]]:
        words = re.split(r"([0-9]{1,18})", name)
        return [(int(word), "") if word.isdecimal() else (-1, word) for word in words]

    return sorted(names, key=key)


def are_digits(names: Sequence[str], classes: int) -> bool:
    """Return whether classes are digits, as far as their names or their number tell."""
    return classes <= 10 and all(len(name) == 1 and name.isdecimal() for name in names)
