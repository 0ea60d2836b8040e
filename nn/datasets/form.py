"""A form of data: how its files are recognised, and how a folder of them is read.

What people have on their disks was made by many programs, under many names. So each form is
recognised by the first bytes of a file, and all forms are read in the same way:
`nn.datasets.data_folder` lists them and asks one after the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nn.datasets.images import ImageData
from nn.errors import DataError


class IncompleteError(DataError):
    """Files of a form are missing; those of another form may be complete."""


@dataclass(frozen=True)
class DataFile:
    """A file of a data folder.

    Attributes:
        path: Where it is.
        head: Its first bytes, decompressed if it is gzipped.
    """

    path: Path
    head: bytes

    @property
    def name(self) -> str:
        """Its name in lower case, without the ending .gz."""
        return self.path.name.lower().removesuffix(".gz")


@dataclass(frozen=True)
class Form:
    """One form of data.

    Attributes:
        name: What its files are called in messages, as in "IDX files".
        claims: Returns whether a file is of this form.
        read: Reads all files of this form that a folder has; given True, with the colours that
            they may have. Raises DataError if they are damaged, and IncompleteError if some are
            missing.
    """

    name: str
    claims: Callable[[DataFile], bool]
    read: Callable[[Sequence[DataFile], bool], ImageData]
