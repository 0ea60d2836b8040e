"""`mnist.pkl.gz`, the form of MNIST that early deep-learning courses used.

It holds three pairs of (images, labels): 50,000 for training, 10,000 for validation, 10,000 for
testing. The first two pairs are MNIST's 60,000 training images in order, and are joined again.
Images are rows of floats from 0 to 1: the pixel divided by 256.

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
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.datasets.data_file import MAX_IMAGES, open_data_file, read_up_to
from nn.datasets.form import DataFile, Form
from nn.datasets.images import ImageData, LabelledImages, join_parts
from nn.errors import DataError
from nn.files.regular_file import printable

# 70,000 images of 784 doubles take 439 MB; a small file can unpack to a thousand times its size.
_MAX_BYTES = 1 << 29
_ROWS_AT_ONCE = 4096
# A file of six arrays has about two hundred.
_MAX_INSTRUCTIONS = 10_000
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
        *("LIST", "EMPTY_LIST", "APPEND", "APPENDS"),
        *("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "GET", "BINGET", "LONG_BINGET"),
        *("NONE", "NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING"),
        *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE"),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    )
)


def read_pickled_mnist(path: Path) -> ImageData:
    """Read three pickled pairs of images and labels, gzipped or not, without running their code.

    Raises:
        DataError: the file cannot be read, holds something else, or asks for names other than
            those of NumPy's arrays.
    """
    with open_data_file(path) as stream:
        pairs = _three_pairs(_unpickle(read_up_to(stream, _MAX_BYTES + 1), path), path)
    images = _images([pair[0] for pair in pairs], path)
    labels = [_labels(pair[1], len(rows), path) for pair, rows in zip(pairs, images, strict=True)]
    return join_parts(
        {
            "training": LabelledImages(np.concatenate(images[:2]), np.concatenate(labels[:2])),
            "test": LabelledImages(images[2], labels[2]),
        },
        name=path.name,
        source=printable(f"{path.name} in {path.parent}/"),
    )


def _read_files(files: Sequence[DataFile]) -> ImageData:
    return read_pickled_mnist(files[0].path)


def _claims(file: DataFile) -> bool:
    return file.name == "mnist.pkl" or bool(re.match(rb"\x80[\1-\5]", file.head))


FORM = Form("mnist.pkl.gz", _claims, _read_files)


class _Array:
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


def _from_buffer(content: Any, dtype: Any, shape: Any, order: Any = "C") -> _Array:
    """Stand in for the function with which the newest pickles build arrays."""
    array = _Array()
    array.__setstate__((1, shape, dtype, order != "C", content))
    return array


class _ForbiddenNameError(Exception):
    """The pickle asks for a name that no array needs."""


class _ArrayUnpickler(pickle.Unpickler):
    """Knows the names that arrays need, and no others."""

    _left = _MAX_BYTES

    def find_class(self, module: str, name: str) -> Any:
        allowed = {
            "ndarray": _Array,
            "dtype": _DType,
            "_reconstruct": _Array,
            "_frombuffer": _from_buffer,
            "encode": self._encode,
        }
        if module in _MODULES and name in allowed:
            return allowed[name]
        raise _ForbiddenNameError(f"{module}.{name}")

    def _encode(self, text: str, encoding: str = "latin1") -> bytes:
        """Stand in for the function with which Python 3 writes bytes into Python 2's pickles."""
        self._left -= len(text)  # one text can be encoded again and again
        if self._left < 0:
            raise pickle.UnpicklingError(f"more than {_MAX_BYTES:,} bytes")
        return text.encode("latin1")


def _unpickle(content: io.BytesIO, path: Path) -> Any:
    try:
        _check_instructions(content)
        content.seek(0)
        # "bytes" keeps the numbers of Python 2's pickles as they are, without a copy as text.
        return _ArrayUnpickler(content, encoding="bytes").load()
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
    frame_end = last = 0
    for count, (instruction, argument, start) in enumerate(pickletools.genops(content)):
        name = instruction.name
        if count >= _MAX_INSTRUCTIONS:
            raise pickle.UnpicklingError(f"more than {_MAX_INSTRUCTIONS:,} instructions")
        if name not in _INSTRUCTIONS:
            raise pickle.UnpicklingError(f"the instruction {name}, which no array needs")
        # The unpickler allocates a table of as many entries as the number says.
        if name.endswith("PUT") and not 0 <= int(argument or 0) <= _MAX_INSTRUCTIONS:
            raise pickle.UnpicklingError(f"the number {argument} of a remembered object")
        # It forgets the rest of a frame if an instruction reaches across the end, and would then
        # read other instructions than those checked here.
        if last < frame_end < (start or 0) or (name == "FRAME" and (start or 0) < frame_end):
            raise pickle.UnpicklingError("an instruction across the end of a frame")
        last = start or 0
        if name == "FRAME":
            frame_end = last + 9 + int(argument or 0)


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


def _array(pickled: _Array, path: Path) -> NDArray[Any]:
    """Make an array from the pickle's description, if type, shape and number of bytes agree."""
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


def _labels(pickled: _Array, images: int, path: Path) -> NDArray[np.int64]:
    labels = _array(pickled, path)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(f"{path}: labels must be a one-dimensional array of whole numbers.")
    if len(labels) != images:
        raise DataError(f"{path}: {images:,} images with {len(labels):,} labels.")
    return labels.astype(np.int64)


def _images(pickled: list[_Array], path: Path) -> list[NDArray[np.uint8]]:
    """Return the pixels of three arrays of floats from 0 to 1 as whole numbers again.

    The largest value shows the divisor: 255/256 if it was 256, and 1 if it was 255.
    """
    arrays = [_array(array, path) for array in pickled]
    side = math.isqrt(arrays[0].shape[1]) if arrays[0].ndim == 2 else 0
    for array in arrays:
        if array.ndim != 2 or array.shape[1] != side * side or not array.size:
            raise DataError(f"{path}: expected rows of a square number of pixels.")
        # Written so that a NaN fails, too.
        if array.dtype.kind != "f" or not (array.min() >= 0 and array.max() <= 1):
            raise DataError(f"{path}: expected pixels as floats from 0 to 1.")
        if len(array) > MAX_IMAGES:
            raise DataError(f"{path}: more than {MAX_IMAGES:,} images, the limit.")
    scale = 256 if max(float(array.max()) for array in arrays) <= 255 / 256 else 255
    return [_whole(array, scale).reshape(-1, side, side) for array in arrays]


def _whole(rows: NDArray[Any], scale: int) -> NDArray[np.uint8]:
    pixels = np.empty(rows.shape, dtype=np.uint8)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        chunk = slice(start, start + _ROWS_AT_ONCE)
        np.rint(rows[chunk] * scale, out=pixels[chunk], casting="unsafe")
    return pixels
