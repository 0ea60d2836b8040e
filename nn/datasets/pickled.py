"""`mnist.pkl.gz`, the form of MNIST that early deep-learning courses used.

It holds three pairs of (images, labels): 50,000 to train, 10,000 to validate, 10,000 to test.
The first two are MNIST's 60,000 training images in order, and are joined to these again. Images
are rows of floats from 0 to 1, the pixel divided by 256.

A pickle is a program: unpickling one can call any function by name. So here the only names that
mean anything are those under which NumPy arrays are pickled, and even these stand for small
classes of our own that keep bytes and a shape; NumPy sees the bytes after their type and number
have been checked.

Reference:
    The Python Standard Library, pickle, "Restricting Globals".
"""

import gzip
import math
import pickle
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from nn.datasets.images import ImageData, LabelledImages, join_train_and_test
from nn.errors import DataError

# 70,000 images of 784 doubles are 439 MB; a small file can unpack to a thousand times its size.
_LARGEST = 1 << 29
_ROWS_AT_ONCE = 4096


def read_pickled_mnist(path: Path) -> ImageData:
    """Read three pickled pairs of images and labels, gzipped or not, running nothing of theirs.

    Raises:
        DataError: the file cannot be read, holds something else, or asks for other names than
            those of NumPy's arrays.
    """
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if not zipped:
                content = _unpickle(file, path)
            else:
                with gzip.GzipFile(fileobj=file) as unzipped:
                    content = _unpickle(cast(BinaryIO, unzipped), path)
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: the gzip file is damaged ({error}). Copy it anew.") from None
    except MemoryError:
        raise DataError(f"{path}: there is not enough memory to hold it.") from None
    except EOFError:
        raise DataError(f"{path}: the file ends too early. Copy it anew.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from None

    pairs = _three_pairs(content, path)
    labels = [_labels(pair[1], path) for pair in pairs]
    images = _images([pair[0] for pair in pairs], path)
    for rows, classes in zip(images, labels, strict=True):
        if len(rows) != len(classes):
            raise DataError(f"{path}: it pairs {len(rows)} images with {len(classes)} labels.")
    return join_train_and_test(
        LabelledImages(np.concatenate(images[:2]), np.concatenate(labels[:2])),
        LabelledImages(images[2], labels[2]),
        name=path.name,
        source=f"{path.name} in {path.parent}/",
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
        self.code = code.decode("ascii") if isinstance(code, bytes) else str(code)
        self.byte_order = "<"

    def __setstate__(self, state: Any) -> None:
        order = state[1]
        self.byte_order = order.decode("ascii") if isinstance(order, bytes) else str(order)


def _from_buffer(content: Any, kind: Any, shape: Any, order: Any = "C") -> _Array:
    """Stand for the function by which the newest pickles build arrays."""
    array = _Array()
    array.__setstate__((1, shape, kind, order != "C", content))
    return array


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """Stand for the function by which Python 3 writes bytes into Python 2's pickles."""
    return text.encode("latin1")


_ALLOWED = {
    "ndarray": _Array,
    "dtype": _Kind,
    "_reconstruct": _Array,
    "_frombuffer": _from_buffer,
    "encode": _encode,
}
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

    def read(self, count: int) -> bytes:
        if count > self._left:
            raise pickle.UnpicklingError(f"more than {_LARGEST:,} bytes")
        self._left -= count
        return self._stream.read(count)

    def readline(self) -> bytes:
        line = self._stream.readline(1 << 16)
        self._left -= len(line)
        return line


# The unpickler written in Python, not the faster one in C: that one sets memory aside on the
# word of a number in the file. The file has a hundred instructions, so speed is no matter.
class _ArraysOnly(pickle._Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module in _MODULES and name in _ALLOWED:
            return _ALLOWED[name]
        raise _ForbiddenNameError(f"{module}.{name}")


class _ForbiddenNameError(Exception):
    """The pickle asked for a name that no array needs."""


def _unpickle(stream: BinaryIO, path: Path) -> Any:
    try:
        # "bytes" keeps the numbers of Python 2's pickles as they are, without a copy as text.
        limited = cast(BinaryIO, _Limited(stream, _LARGEST))
        content = _ArraysOnly(limited, encoding="bytes").load()
        limited.read(1)  # to the end of the gzip file, where its checksum is compared
        return content
    except _ForbiddenNameError as error:
        raise DataError(
            f"{path}: this pickle asks for {error}, which no array needs; it could run a program "
            "of its own and was not loaded."
        ) from None
    except (EOFError, OSError, MemoryError, zlib.error):
        raise
    except Exception as error:  # a damaged pickle can fail in any of its instructions
        raise DataError(
            f"{path}: this is no pickle of arrays ({type(error).__name__}: {error})."
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
        code = kind.code if isinstance(kind, _Kind) else "unknown"
        raise DataError(f"{path}: an array of type {code!r:.20}; expected plain numbers.")
    dtype = np.dtype(kind.byte_order + kind.code)
    if (
        not isinstance(content, bytes | bytearray)
        or not isinstance(shape, tuple)
        or not all(isinstance(length, int) and length >= 0 for length in shape)
        or math.prod(shape) * dtype.itemsize != len(content)
    ):
        raise DataError(f"{path}: an array's shape and its bytes do not fit together.")
    return np.frombuffer(content, dtype=dtype).reshape(shape)


def _labels(stated: _Array, path: Path) -> NDArray[np.int64]:
    labels = _array(stated, path)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(f"{path}: labels must be one row of whole numbers.")
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
    scale = 256 if max(float(array.max()) for array in arrays) <= 255 / 256 else 255
    return [_whole(array, scale).reshape(-1, side, side) for array in arrays]


def _whole(rows: NDArray[Any], scale: int) -> NDArray[np.uint8]:
    pixels = np.empty(rows.shape, dtype=np.uint8)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        piece = slice(start, start + _ROWS_AT_ONCE)
        np.rint(rows[piece] * scale, out=pixels[piece], casting="unsafe")
    return pixels
