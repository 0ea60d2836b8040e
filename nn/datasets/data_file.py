"""Data files as streams, gzipped or not, with limits and with one kind of error.

A gzip file of two megabytes can hold two gigabytes, and a hole in a file costs its sender
nothing. Each format knows how much data it can need, and reads no more.
"""

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from nn.errors import DataError
from nn.files.file_errors import reading
from nn.files.regular_file import open_regular

MAX_PIXELS = 1 << 31
"""Pixels in a file: three times the largest set of handwriting (EMNIST, 814,255 images)."""
MAX_IMAGES = 1 << 24
"""Images in a file, however small: a label takes eight times the memory of a one-pixel image."""

_MAGIC = b"\x1f\x8b"
_PIECE = 1 << 16
_HEAD = 1 << 14  # bytes that show what a file is; the first line of a table of small images
_MAX_MEMBERS = 100_000  # of a gzip file; each takes time, even if it is empty
_MAX_EMPTY = 1 << 24  # bytes of a gzip file in a row: padding, long names, empty blocks
_ANY_GZIP = 31  # zlib's number for a gzip header and the largest window


@contextmanager
def open_data_file(path: Path) -> Iterator[BinaryIO]:
    """Open a data file; its content decides, not its name, whether it is decompressed.

    Raises:
        DataError: the file cannot be opened, or an error occurs while it is read.
    """
    try:
        with reading(path, DataError), open_regular(path) as file:
            is_gzip = file.read(len(_MAGIC)) == _MAGIC
            file.seek(0)
            stream = io.BufferedReader(_Decompressed(file), _PIECE) if is_gzip else file
            yield stream
    except EOFError:
        raise DataError(f"{path}: the file ends too early. Copy it again.") from None
    except zlib.error as error:
        raise DataError(f"{path}: the gzip file is damaged ({error}). Copy it again.") from None
    except MemoryError:
        raise DataError(f"{path}: not enough memory to hold it.") from None


def read_head(path: Path) -> bytes:
    """Return the first bytes of a file, decompressed; none if it cannot be read."""
    try:
        with open_data_file(path) as stream:
            return read_up_to(stream, _HEAD)
    except DataError:
        return b""


def read_up_to(stream: BinaryIO, limit: int) -> bytes:
    """Read at most `limit` bytes, without allocating memory for more than there are."""
    content = io.BytesIO()
    while piece := stream.read(min(_PIECE, limit - content.tell())):
        content.write(piece)
    return content.getvalue()


class _Decompressed(io.RawIOBase):
    """The content of a gzip file, all of its members, decompressed on demand.

    Python's gzip module reads padding and names byte by byte, which takes a minute for a hole of
    a gigabyte.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._compressed = b""
        self._empty = 0
        self._members = 1
        self._member = zlib.decompressobj(_ANY_GZIP)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        """Decompress into `buffer`, and return the number of bytes; 0 at the end.

        Raises:
            EOFError: the file ends inside a member.
            zlib.error: the file is damaged, or has too little content for its size.
        """
        while True:
            compressed = self._compressed or self._read_piece()
            if self._member.eof:
                if not compressed:
                    return 0
                self._compressed = compressed.lstrip(b"\0")  # zeros may follow a member
                if self._compressed:
                    self._start_member()
                continue
            data = self._member.decompress(compressed, len(buffer))
            self._compressed = self._member.unconsumed_tail or self._member.unused_data
            if data:
                self._empty = 0
                buffer[: len(data)] = data
                return len(data)
            if not compressed:
                raise EOFError

    def _read_piece(self) -> bytes:
        piece = self._file.read(_PIECE)
        self._empty += len(piece)
        if self._empty > _MAX_EMPTY:
            raise zlib.error(f"more than {_MAX_EMPTY:,} bytes in a row without data")
        return piece

    def _start_member(self) -> None:
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise zlib.error(f"more than {_MAX_MEMBERS:,} members")
        self._member = zlib.decompressobj(_ANY_GZIP)
