"""What classes are called on screen, in pictures and in tables.

Digits are called by their labels. Other data may bring names along: those of their folders, of a
mapping file, of a known set.
"""

from collections.abc import Sequence


def name_of(label: int, names: Sequence[str], longest: int = 40) -> str:
    """Return what a class is called: its name, or its label if the data have no names.

    Args:
        label: The class.
        names: The names of all classes; empty if there are none.
        longest: A name of more characters is cut.
    """
    name = names[label] if names else str(label)
    return name if len(name) <= longest else name[: longest - 1] + "…"


def are_digits(names: Sequence[str], classes: int) -> bool:
    """Return whether classes are digits, as far as their names or their number tell."""
    return classes <= 10 and all(len(name) == 1 and name.isdecimal() for name in names)
