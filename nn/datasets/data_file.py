"""Data files as streams, gzipped or not, that give only so much and fail only in one way.

A gzip file of two megabytes can hold two gigabytes, and a hole in a file costs its sender
nothing. Each format knows how much it can need; here it gets no more.
"""

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from nn.errors import DataError
from nn.files.file_errors import reading
from nn.files.regular_file import open_regular

LARGEST_SET = 1 << 31
"""Pixels in a file: three times the largest set of handwriting (EMNIST, 814,255 images)."""
MOST_IMAGES = 1 << 24
"""Images in a file, however small they are: a label takes eight times an image's one pixel."""

_MAGIC = b"\x1f\x8b"
_PIECE = 1 << 16
_LONGEST_PADDING = 1 << 20
_ANY_GZIP = 31  # zlib's number for a gzip header and the largest window


@contextmanager
def open_data_file(path: Path) -> Iterator[BinaryIO]:
    """Open a data file; its content decides, not its name, whether it is unpacked.

    Raises:
        DataError: the file cannot be opened; or, whatever goes wrong in reading it, the reason in
            a sentence that names it.
    """
    try:
        with reading(path, DataError), open_regular(path) as file:
            zipped = file.read(len(_MAGIC)) == _MAGIC
            file.seek(0)
            yield cast(BinaryIO, io.BufferedReader(_Unzipped(file), _PIECE)) if zipped else file
    except EOFError:
        raise DataError(f"{path}: the file ends too early. Copy it anew.") from None
    except zlib.error as error:
        raise DataError(f"{path}: the gzip file is damaged ({error}). Copy it anew.") from None
    except MemoryError:
        raise DataError(f"{path}: there is not enough memory to hold it.") from None


class _Unzipped(io.RawIOBase):
    """What a gzip file holds, all of its members, unpacked as it is asked for.

    Python's own gzip module reads padding and names byte by byte, which takes a minute for a
    hole of a gigabyte.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._packed = b""
        self._member = zlib.decompressobj(_ANY_GZIP)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        """Unpack into `buffer`, and return how many bytes that were; 0 at the end.

        Raises:
            EOFError: the file ends inside a member.
            zlib.error: it is damaged.
        """
        while True:
            if self._member.eof and not self._begin_next_member():
                return 0
            packed = self._packed or self._file.read(_PIECE)
            piece = self._member.decompress(packed, len(buffer))
            self._packed = self._member.unconsumed_tail or self._member.unused_data
            if piece:
                buffer[: len(piece)] = piece
                return len(piece)
            if not packed:
                raise EOFError

    def _begin_next_member(self) -> bool:
        """Pass over the zeros that may follow a member; return whether another one follows."""
        for _ in range(_LONGEST_PADDING // _PIECE):
            if self._packed.strip(b"\0"):
                break
            self._packed = self._file.read(_PIECE)
            if not self._packed:
                return False
        else:
            raise zlib.error(f"more than {_LONGEST_PADDING:,} zeros follow")
        self._packed = self._packed.lstrip(b"\0")
        self._member = zlib.decompressobj(_ANY_GZIP)
        return True
