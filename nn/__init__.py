"""Neural networks from scratch on NumPy: every part of the trainer lives in this package.

Data flows in one direction, and each step is a package of its own::

    settings -> datasets -> network (layers, losses) -> training -> runs -> reports, console

In a notebook, `from nn import Dense, Network, ReLU, train` is all it takes: see `nn.library`.

Shape legend, used in every docstring:

==  =======================================================
N   examples in a batch (or in a whole data set)
C   channels of an image
H   height of an image in pixels
W   width of an image in pixels
D   input features of a layer (fan-in)
U   units of a dense layer (its output features)
K   classes
==  =======================================================
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn.library import *  # noqa: F403 (its names, for type checkers and editors)


def __getattr__(name: str) -> Any:
    """Return a name of `nn.library`, imported only now, so that the programs start fast."""
    # Submodules and Python's own names are not found here.
    library = None if name.startswith("_") or name == "library" else import_module("nn.library")
    if library and name in library.__all__:
        return getattr(library, name)
    raise AttributeError(f"module 'nn' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names that a notebook can import."""
    return sorted({*globals(), *import_module("nn.library").__all__})
