"""Pickles of arrays, read without running what is in them.

A pickle is a program: unpickling can call any function by name. So the unpickler here knows only
the names under which NumPy arrays are pickled, and even these lead to small classes of our own.
They store bytes and a shape, unchecked; NumPy gets the bytes after type, shape and size have been
checked. (NumPy's own dtype accepts fields that lie outside of an array's memory.) Before the
pickle runs, its instructions are checked: only those that arrays need, and a limited number. A
list of lists takes sixty times its bytes in memory, and 13 bytes can ask for a table of 2 GB.

Reference:
    The Python Standard Library, pickle, "Restricting Globals".
"""

import io
import math
import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.datasets.data_file import open_data_file, read_up_to
from nn.errors import DataError
from nn.files.regular_file import printable

# 70,000 images of 784 doubles take 439 MB; a small file can unpack to a thousand times its size.
_MAX_BYTES = 1 << 29
# A file of six arrays has about two hundred.
_MAX_INSTRUCTIONS = 10_000
# CIFAR-100 has its 50,000 labels, twice, and as many file names, each a number or a short text.
_MAX_PLAIN = 500_000
_MAX_REASON = 100  # letters

_MODULES = (
    "numpy",
    "numpy.core.multiarray",
    "numpy._core.multiarray",
    "numpy.core.numeric",
    "numpy._core.numeric",
    "_codecs",
)
_INSTRUCTIONS = frozenset(
    (
        *("PROTO", "FRAME", "STOP", "MARK", "GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD"),
        *("TUPLE", "EMPTY_TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"),
        *("LIST", "EMPTY_LIST", "APPEND", "APPENDS", "EMPTY_DICT", "SETITEM", "SETITEMS"),
        *("NONE", "NEWTRUE", "NEWFALSE", "INT", "LONG", "LONG1", "GET", "BINGET", "LONG_BINGET"),
        *("STRING", "UNICODE", "BINBYTES8", "BYTEARRAY8"),
    )
)
# Those of numbers and texts. None of them can make the keys of a dictionary collide on purpose,
# which would take minutes for as many as these may be.
_PLAIN = frozenset(
    (
        *("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "BININT", "BININT1", "BININT2"),
        *("BINSTRING", "SHORT_BINSTRING", "BINUNICODE", "SHORT_BINUNICODE"),
        *("BINBYTES", "SHORT_BINBYTES"),
    )
)


def read_pickle(path: Path) -> Any:
    """Unpickle a file of arrays, gzipped or not.

    Returns:
        What was pickled, with a `PickledArray` for each array; bytes for Python 2's texts.

    Raises:
        DataError: The file cannot be read, does more than build arrays, lists and dictionaries, or
            asks for names other than those of NumPy's arrays.
    """
    with open_data_file(path) as stream:
        return _unpickle(io.BytesIO(read_up_to(stream, _MAX_BYTES + 1)), path)


class PickledArray:
    """The pickle's description of one array: shape, type and bytes, all unchecked."""

    def __init__(self, *_: object) -> None:
        self.shape: Any = None
        self.dtype: Any = None
        self.content: Any = None

    def __setstate__(self, state: Any) -> None:
        _version, self.shape, self.dtype, fortran_order, self.content = state
        if fortran_order:
            raise pickle.UnpicklingError("an array in Fortran order")


class _DType:
    """The pickle's type of an array's numbers, "f4" for float32."""

    def __init__(self, code: Any, *_: object) -> None:
        self.code = _text(code)
        self.byte_order = "<"

    def __setstate__(self, state: Any) -> None:
        self.byte_order = _text(state[1])


def _text(word: Any) -> str:
    """Return a word that Python 2 wrote as bytes and Python 3 as text."""
    if not isinstance(word, bytes | str):
        raise pickle.UnpicklingError(f"a {type(word).__name__} instead of a word")
    return word.decode("ascii") if isinstance(word, bytes) else word


class _Function:
    """Stands in for a function; a class, so that a pickle cannot change its attributes.

    A pickle can set the attributes of whatever it names, unless that has `__setstate__`.
    """

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("a state of a function")


class _FromBuffer(_Function):
    """Stands in for the function with which the newest pickles build arrays."""

    def __new__(cls, content: Any, dtype: Any, shape: Any, order: Any = "C") -> Any:
        array = PickledArray()
        array.__setstate__((1, shape, dtype, order != "C", content))
        return array


class _Encode(_Function):
    """Stands in for the function with which Python 3 writes bytes into Python 2's pickles."""

    left = _MAX_BYTES  # one text can be encoded again and again

    def __new__(cls, text: str, encoding: str = "latin1") -> Any:
        cls.left -= len(text)
        if cls.left < 0:
            raise pickle.UnpicklingError(f"more than {_MAX_BYTES:,} bytes")
        return text.encode("latin1")


class _ForbiddenNameError(Exception):
    """The pickle asks for a name that no array needs."""


class _ArrayUnpickler(pickle.Unpickler):
    """Knows the names that arrays need, and no others."""

    def __init__(self, content: io.BytesIO) -> None:
        # "bytes" keeps the numbers of Python 2's pickles as they are, without a copy as text.
        super().__init__(content, encoding="bytes")
        self._allowed = {
            "ndarray": PickledArray,
            "dtype": _DType,
            "_reconstruct": PickledArray,
            "_frombuffer": _FromBuffer,
            "encode": type("_Encode", (_Encode,), {}),  # with a count of its own
        }

    def find_class(self, module: str, name: str) -> Any:
        if module in _MODULES and name in self._allowed:
            return self._allowed[name]
        raise _ForbiddenNameError(f"{module}.{name}")


def _unpickle(content: io.BytesIO, path: Path) -> Any:
    try:
        _check_instructions(content)
        content.seek(0)
        return _ArrayUnpickler(content).load()
    except _ForbiddenNameError as error:
        raise DataError(
            f"{path}: this pickle asks for {str(error)[:_MAX_REASON]!r}, which no array needs. It "
            "could run a program of its own and was not loaded."
        ) from None
    except MemoryError:
        raise
    except Exception as error:  # any instruction of a damaged pickle can fail
        raise DataError(
            f"{path}: not a pickle of arrays "
            f"({type(error).__name__}: {printable(str(error)[:_MAX_REASON])})."
        ) from None


def _check_instructions(content: io.BytesIO) -> None:
    """Refuse a pickle that does more than build a few arrays, before it runs."""
    if content.getbuffer().nbytes > _MAX_BYTES:
        raise pickle.UnpicklingError(f"more than {_MAX_BYTES:,} bytes")
    frame_end = last = plain = others = 0
    for instruction, argument, start in pickletools.genops(content):
        name = instruction.name
        plain, others = plain + (name in _PLAIN), others + (name not in _PLAIN)
        if plain > _MAX_PLAIN or others > _MAX_INSTRUCTIONS:
            raise pickle.UnpicklingError(
                f"more than {_MAX_INSTRUCTIONS:,} instructions, or {_MAX_PLAIN:,} plain ones"
            )
        if name not in _PLAIN and name not in _INSTRUCTIONS:
            raise pickle.UnpicklingError(f"the instruction {name}, which no array needs")
        # The unpickler allocates a table of as many entries as the number says.
        if name.endswith("PUT") and not 0 <= int(argument or 0) <= _MAX_PLAIN:
            raise pickle.UnpicklingError(f"the number {argument} of a remembered object")
        # It forgets the rest of a frame if an instruction reaches across the end, and would then
        # read other instructions than those checked here.
        if last < frame_end < (start or 0) or (name == "FRAME" and (start or 0) < frame_end):
            raise pickle.UnpicklingError("an instruction across the end of a frame")
        last = start or 0
        if name == "FRAME":
            frame_end = last + 9 + int(argument or 0)


def as_array(pickled: PickledArray, path: Path) -> NDArray[Any]:
    """Make an array from the pickle's description, if type, shape and number of bytes agree.

    Raises:
        DataError: They do not, or these are no plain numbers.
    """
    dtype, shape, content = pickled.dtype, pickled.shape, pickled.content
    if (
        not isinstance(dtype, _DType)
        or dtype.code not in ("f4", "f8", "u1", "i4", "i8")
        or dtype.byte_order not in ("<", ">", "|", "=")
    ):
        code = dtype.code[:20] if isinstance(dtype, _DType) else "unknown"
        raise DataError(f"{path}: an array of type {code!r}; expected plain numbers.")
    plain = np.dtype(dtype.byte_order + dtype.code)
    if (
        not isinstance(content, bytes | bytearray)
        or not isinstance(shape, tuple)
        or len(shape) > 2
        or not all(isinstance(length, int) and 0 <= length <= len(content) for length in shape)
        or math.prod(shape) * plain.itemsize != len(content)
    ):
        raise DataError(f"{path}: the shape of an array does not match its number of bytes.")
    return np.frombuffer(content, dtype=plain).reshape(shape)
