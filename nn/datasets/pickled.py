"""`mnist.pkl.gz`, the form of MNIST that early deep-learning courses used.

It holds three pairs of (images, labels): 50,000 to train, 10,000 to validate, 10,000 to test.
The first two are MNIST's 60,000 training images in order, and are joined to these again. Images
are rows of floats from 0 to 1, the pixel divided by 256.

A pickle is a program: unpickling one can call any function by name. So here the only names that
mean anything are those under which NumPy arrays are pickled, and even these stand for small
classes of our own that keep bytes and a shape; NumPy sees the bytes after their type and number
have been checked. Of the instructions a pickle may hold only those that arrays need are known,
only so many are carried out, and all that they make takes no more memory than the bytes they
are given: a list of lists takes sixty times its place in the file.

Reference:
    The Python Standard Library, pickle, "Restricting Globals".
"""

import math
import pickle
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from nn.datasets.data_file import MOST_IMAGES, open_data_file
from nn.datasets.images import ImageData, LabelledImages, join_train_and_test
from nn.errors import DataError
from nn.files.regular_file import printable

# 70,000 images of 784 doubles are 439 MB; a small file can unpack to a thousand times its size.
_LARGEST = 1 << 29
_ROWS_AT_ONCE = 4096
# A file of six arrays has some two hundred.
_MOST_INSTRUCTIONS = 10_000
_LONGEST_REASON = 100


def read_pickled_mnist(path: Path) -> ImageData:
    """Read three pickled pairs of images and labels, gzipped or not, running nothing of theirs.

    Raises:
        DataError: the file cannot be read, holds something else, or asks for other names than
            those of NumPy's arrays.
    """
    with open_data_file(path) as stream:
        content = _unpickle(stream, path)
    pairs = _three_pairs(content, path)
    images = _images([pair[0] for pair in pairs], path)
    labels = [_labels(pair[1], len(rows), path) for pair, rows in zip(pairs, images, strict=True)]
    return join_train_and_test(
        LabelledImages(np.concatenate(images[:2]), np.concatenate(labels[:2])),
        LabelledImages(images[2], labels[2]),
        name=path.name,
        source=printable(f"{path.name} in {path.parent}/"),
    )


class _Array:
    """What the pickle says about one array: its shape, its type and its bytes, all unchecked."""

    def __init__(self, *_: object) -> None:
        self.shape: Any = None
        self.kind: Any = None
        self.content: Any = None

    def __setstate__(self, state: Any) -> None:
        _version, self.shape, self.kind, fortran_order, self.content = state
        if fortran_order:
            raise pickle.UnpicklingError("an array in Fortran's order")


class _Kind:
    """What the pickle says about the type of an array's numbers, "f4" for float32."""

    def __init__(self, code: Any, *_: object) -> None:
        self.code = _text(code)
        self.byte_order = "<"

    def __setstate__(self, state: Any) -> None:
        self.byte_order = _text(state[1])


def _text(word: Any) -> str:
    """Return a word that Python 2 wrote as bytes and Python 3 as text."""
    if not isinstance(word, bytes | str):
        raise pickle.UnpicklingError(f"a {type(word).__name__} where a word belongs")
    return word.decode("ascii") if isinstance(word, bytes) else word


def _from_buffer(content: Any, kind: Any, shape: Any, order: Any = "C") -> _Array:
    """Stand for the function by which the newest pickles build arrays."""
    array = _Array()
    array.__setstate__((1, shape, kind, order != "C", content))
    return array


_MODULES = (
    "numpy",
    "numpy.core.multiarray",
    "numpy._core.multiarray",
    "numpy.core.numeric",
    "numpy._core.numeric",
    "_codecs",
)


class _Limited:
    """A stream that refuses to hand out more than so many bytes."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._left = limit

    def spend(self, count: int) -> None:
        if count > self._left:
            raise pickle.UnpicklingError(f"more than {_LARGEST:,} bytes")
        self._left -= count

    def read(self, count: int) -> bytes:
        self.spend(count)
        return self._stream.read(count)

    def readline(self) -> bytes:
        line = self._stream.readline(1 << 16)
        self.spend(len(line))
        return line


# The unpickler written in Python, not the faster one in C: that one sets memory aside on the
# word of a number in the file, and its instructions cannot be chosen.
class _ArraysOnly(pickle._Unpickler):
    """Knows the names and the instructions of arrays in tuples and lists, and no others."""

    stack: list[Any]
    read: Callable[[int], bytes]
    append: Callable[[object], None]

    def __init__(self, stream: _Limited) -> None:
        # "bytes" keeps the numbers of Python 2's pickles as they are, without a copy as text.
        super().__init__(cast(BinaryIO, stream), encoding="bytes")
        self._stream = stream
        self.dispatch = _Instructions()  # type: ignore[misc]  # this file's own: it counts
        self._allowed = {
            "ndarray": _Array,
            "dtype": _Kind,
            "_reconstruct": _Array,
            "_frombuffer": _from_buffer,
            "encode": self._encode,
        }

    def find_class(self, module: str, name: str) -> Any:
        if module in _MODULES and name in self._allowed:
            return self._allowed[name]
        raise _ForbiddenNameError(f"{module}.{name}")

    def _encode(self, text: str, encoding: str = "latin1") -> bytes:
        """Stand for the function by which Python 3 writes bytes into Python 2's pickles."""
        self._stream.spend(len(text))
        return text.encode("latin1")

    def load_state(self) -> None:
        """Give an array or a type its state; any other object's attributes are its own matter."""
        state = self.stack.pop()
        if not isinstance(self.stack[-1], _Array | _Kind):
            raise pickle.UnpicklingError("a state for what has none")
        self.stack[-1].__setstate__(state)

    def load_buffer(self) -> None:
        """Read bytes that may be changed, without making room for them on their number's word."""
        (size,) = struct.unpack("<Q", self.read(8))
        self.append(self.read(size))


class _Instructions(dict[int, Any]):
    """How each instruction is carried out, as long as there are not too many."""

    _TAKEN = (
        *("PROTO", "FRAME", "STOP", "MARK", "GLOBAL", "STACK_GLOBAL", "REDUCE"),
        *("TUPLE", "EMPTY_TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"),
        *("LIST", "EMPTY_LIST", "APPEND", "APPENDS"),
        *("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "GET", "BINGET", "LONG_BINGET"),
        *("NONE", "NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING"),
        *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE"),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
    )

    def __init__(self) -> None:
        codes = [getattr(pickle, name)[0] for name in self._TAKEN]
        super().__init__({code: pickle._Unpickler.dispatch[code] for code in codes})
        self[pickle.BUILD[0]] = _ArraysOnly.load_state
        self[pickle.BYTEARRAY8[0]] = _ArraysOnly.load_buffer
        self._left = _MOST_INSTRUCTIONS

    def __getitem__(self, code: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise pickle.UnpicklingError(f"more than {_MOST_INSTRUCTIONS:,} instructions")
        return super().__getitem__(code)

    def __missing__(self, code: int) -> Any:
        raise pickle.UnpicklingError(f"the instruction {code:#04x}, which no array needs")


class _ForbiddenNameError(Exception):
    """The pickle asked for a name that no array needs."""


def _unpickle(stream: BinaryIO, path: Path) -> Any:
    try:
        limited = _Limited(stream, _LARGEST)
        content = _ArraysOnly(limited).load()
        limited.read(1)  # to the end of the gzip file, where its checksum is compared
        return content
    except _ForbiddenNameError as error:
        raise DataError(
            f"{path}: this pickle asks for {str(error)[:_LONGEST_REASON]!r}, which no array "
            "needs; it could run a program of its own and was not loaded."
        ) from None
    except (EOFError, OSError, MemoryError, zlib.error):
        raise
    except Exception as error:  # a damaged pickle can fail in any of its instructions
        raise DataError(
            f"{path}: this is no pickle of arrays "
            f"({type(error).__name__}: {printable(str(error)[:_LONGEST_REASON])})."
        ) from None


def _three_pairs(content: Any, path: Path) -> list[tuple[_Array, _Array]]:
    if (
        isinstance(content, tuple | list)
        and len(content) == 3
        and all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in content)
        and all(isinstance(array, _Array) for pair in content for array in pair)
    ):
        return [(images, labels) for images, labels in content]
    raise DataError(
        f"{path}: expected three pairs of arrays (training, validation and test images, each "
        "with its labels); it holds something else."
    )


def _array(stated: _Array, path: Path) -> NDArray[Any]:
    """Make an array of what the pickle states, if type, shape and number of bytes agree."""
    kind, shape, content = stated.kind, stated.shape, stated.content
    if (
        not isinstance(kind, _Kind)
        or kind.code not in ("f4", "f8", "u1", "i4", "i8")
        or kind.byte_order not in ("<", ">", "|", "=")
    ):
        code = kind.code[:20] if isinstance(kind, _Kind) else "unknown"
        raise DataError(f"{path}: an array of type {code!r}; expected plain numbers.")
    dtype = np.dtype(kind.byte_order + kind.code)
    if (
        not isinstance(content, bytes | bytearray)
        or not isinstance(shape, tuple)
        or len(shape) > 2
        or not all(isinstance(length, int) and 0 <= length <= len(content) for length in shape)
        or math.prod(shape) * dtype.itemsize != len(content)
    ):
        raise DataError(f"{path}: an array's shape and its bytes do not fit together.")
    return np.frombuffer(content, dtype=dtype).reshape(shape)


def _labels(stated: _Array, images: int, path: Path) -> NDArray[np.int64]:
    labels = _array(stated, path)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(f"{path}: labels must be one row of whole numbers.")
    if len(labels) != images:
        raise DataError(f"{path}: it pairs {images:,} images with {len(labels):,} labels.")
    return labels.astype(np.int64)


def _images(stated: list[_Array], path: Path) -> list[NDArray[np.uint8]]:
    """Return the pixels, whole numbers again, of the three arrays of floats from 0 to 1.

    The largest value tells by what they were divided: 255/256 if by 256, and 1 if by 255.
    """
    arrays = [_array(array, path) for array in stated]
    side = math.isqrt(arrays[0].shape[1]) if arrays[0].ndim == 2 else 0
    for array in arrays:
        if array.ndim != 2 or array.shape[1] != side * side or not array.size:
            raise DataError(f"{path}: expected rows of a square number of pixels.")
        # Written so that a NaN fails, too.
        if array.dtype.kind != "f" or not (array.min() >= 0 and array.max() <= 1):
            raise DataError(f"{path}: expected pixels as floats from 0 to 1.")
        if len(array) > MOST_IMAGES:
            raise DataError(f"{path}: more than {MOST_IMAGES:,} images are not read.")
    scale = 256 if max(float(array.max()) for array in arrays) <= 255 / 256 else 255
    return [_whole(array, scale).reshape(-1, side, side) for array in arrays]


def _whole(rows: NDArray[Any], scale: int) -> NDArray[np.uint8]:
    pixels = np.empty(rows.shape, dtype=np.uint8)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        piece = slice(start, start + _ROWS_AT_ONCE)
        np.rint(rows[piece] * scale, out=pixels[piece], casting="unsafe")
    return pixels
