"""The values that a layer's options accept.

YAML and flags contain numbers as text, and people write anything. Each option turns what was
written into the value its layer expects, and describes what it accepts.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

_LARGEST_SIZE = 4096  # of a kernel, a stride, a padding or a dilation


@dataclass(frozen=True)
class Option:
    """One option of a layer.

    Attributes:
        expected: What it accepts, in words.
        read: Turns what was written into the value, or raises ValueError or a kin of it.
        required: Whether it must be given; otherwise the layer's own default applies.
    """

    expected: str
    read: Callable[[object], object]
    required: bool = False


def _whole(written: object, smallest: int = 1) -> int:
    """Read a whole number, given as one or as text; not a boolean, nor 2.0."""
    if isinstance(written, str) and written.strip().isascii() and len(written) <= 20:
        written = int(written)
    if type(written) is not int or written < smallest:
        raise ValueError
    return written


def _height_and_width(written: object, smallest: int = 1) -> int | list[int]:
    """Read one whole number for both directions, or a list of two."""
    if isinstance(written, list | tuple):
        height, width = written
        return [_size(height, smallest), _size(width, smallest)]
    return _size(written, smallest)


def _size(written: object, smallest: int) -> int:
    size = _whole(written, smallest)
    if size > _LARGEST_SIZE:
        raise ValueError
    return size


def _padding(written: object) -> int | list[int] | str:
    """Read `same`, or what `_height_and_width` reads, from 0."""
    if isinstance(written, str) and written.strip().casefold() == "same":
        return "same"
    return _height_and_width(written, smallest=0)


def _share(written: object) -> float:
    """Read a number from 0 and below 1."""
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        raise TypeError
    share = float(written)
    if not 0 <= share < 1:
        raise ValueError
    return share


COUNT = Option("a whole number from 1", _whole, required=True)
SIZE = Option(
    f"a whole number from 1 to {_LARGEST_SIZE}, or two of them, [height, width]", _height_and_width
)
REQUIRED_SIZE = replace(SIZE, required=True)
PADDING = Option(
    f"a whole number from 0 to {_LARGEST_SIZE}, two of them, [height, width], or same", _padding
)
SHARE = Option("a number from 0 and below 1", _share, required=True)
