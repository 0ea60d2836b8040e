"""One module a format: its valid files, and how the program reads it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Format:
    """One kind of file that strangers send.

    Attributes:
        name: What it is called on the command line.
        prepare: Puts into an empty folder what is to lie there besides, and returns seeds: inputs
            that are valid, made by the program itself.
        read: Writes an input into that folder as the file or files it stands for, and has the
            program read them, to the end of what it would do with them.
        tokens: What inputs are made of, for mutations that know the format a little.
    """

    name: str
    prepare: Callable[[Path], list[bytes]]
    read: Callable[[bytes, Path], "Reading"]
    tokens: tuple[bytes, ...] = ()


Reading = Callable[[], object]
"""Reads files that have been written; apart from the writing, which the guard would not allow."""
