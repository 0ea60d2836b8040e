"""How far a checkpoint is, read without NumPy: the part of the file that the first look needs.

A checkpoint is an archive as NumPy's `savez` writes it, with one member more, in JSON. It may come
from a stranger, so an archive is opened only if its directory is small, and a member is read only
if it is stored as it is, for compressed ones may become a thousand times as long.
"""

import json
import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nn.files.regular_file import open_regular

NUMBERS = "numbers.json"

_LARGEST_DIRECTORY = 2**21  # bytes; some twenty thousand members
_LONGEST_NUMBERS = 2**20  # bytes; a thousand random streams
_LONGEST_DIGITS = 40  # of a whole number; those of a random stream have up to 39

# What the first look needs of the numbers; what it does not need is looked at when it is used.
_KINDS = {"epochs": int, "examples": int, "stopped": bool, "settings": dict, "data_crc32": int}

_WHAT_ZIPFILE_RAISES = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, struct.error),
    *(EOFError, NotImplementedError, OverflowError, RuntimeError),
)

# The end of an archive: signature, disks, members, the directory's size and place, a comment's.
_END = struct.Struct("<4s4H2LH")
_LOCATOR_OF_64_BITS = 20  # bytes before the end that would overrule what the end says


def read_numbers(path: Path) -> dict[str, Any]:
    """Return the numbers of a checkpoint.

    Raises:
        ValueError: it is no checkpoint, or a damaged one.
        OSError: it cannot be read.
    """
    with open_archive(path) as archive:
        return numbers_of(archive)


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose directory is of a size that a checkpoint's may have.

    Raises:
        ValueError: it is no such archive; or a member that is read in the block is damaged.
        OSError: it cannot be read.
    """
    with open_regular(path) as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - _END.size - _LOCATOR_OF_64_BITS))
        end = stream.read()
        if len(end) < _END.size + _LOCATOR_OF_64_BITS or end.startswith(b"PK\x06\x07"):
            raise ValueError("it is cut short, or no checkpoint at all")
        signature, *_, directory, _, comment = _END.unpack(end[_LOCATOR_OF_64_BITS:])
        if signature != b"PK\x05\x06" or comment or directory > min(size, _LARGEST_DIRECTORY):
            raise ValueError("it is cut short, or no checkpoint at all")
        try:
            with zipfile.ZipFile(stream) as archive:
                yield archive
        except _WHAT_ZIPFILE_RAISES as error:
            raise ValueError("it is damaged") from error  # whose words may quote all of the file


def numbers_of(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Return the numbers of an open checkpoint.

    Raises:
        ValueError: they are missing, too long, or no JSON.
    """
    text = read_member(archive, NUMBERS, longest=_LONGEST_NUMBERS)
    try:
        numbers = json.loads(text, parse_int=_short_int, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{NUMBERS} is no JSON of a checkpoint") from error
    if not isinstance(numbers, dict) or not all(
        isinstance(numbers.get(name), kind) for name, kind in _KINDS.items()
    ):
        raise ValueError(f"{NUMBERS} is no JSON of a checkpoint")
    return numbers


def read_member(archive: zipfile.ZipFile, name: str, *, longest: int) -> bytes:
    """Return a member's bytes, as many as the archive's directory says.

    Raises:
        ValueError: it is missing, compressed, encrypted, or longer than that.
        zipfile.BadZipFile: it is damaged.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise ValueError(f"{name} is missing") from None
    stored = info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1
    if not stored or info.compress_size != info.file_size or info.file_size > longest:
        raise ValueError(f"{name} is compressed, or too long")
    return archive.read(info)


def _short_int(digits: str) -> int:
    if len(digits) > _LONGEST_DIGITS:
        raise ValueError
    return int(digits)


def _refuse(word: str) -> float:
    raise ValueError(word)
