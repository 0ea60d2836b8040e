"""A checkpoint's progress, read without NumPy, so that the first look at a run stays fast.

`checkpoint.npz` is an archive as `numpy.savez` writes it, with `numbers.json` in front. It may come
from a stranger, and both `zipfile` and `numpy.load` believe what an archive claims: how many
members it has, how long they become when unpacked, how large their arrays are. Here the members are
read front to back. Each must be an expected one, stored uncompressed, and no longer than expected.
The archive's directory, at its end, is not needed.
"""

import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from nn.files.regular_file import open_regular

NUMBERS = "numbers.json"
MEMBER, DIRECTORY = b"PK\x03\x04", b"PK\x01\x02"  # what a member and the directory begin with

_LONGEST_NUMBERS = 2**20  # bytes; a thousand random streams
_COUNTS = ("epochs", "examples", "data_crc32")

# Before a member: signature, version, flags, compression, time, date, CRC-32, packed size, size,
# length of its name, length of what follows the name.
_HEADER = struct.Struct("<4s5H3L2H")


def read_numbers(path: Path) -> dict[str, Any]:
    """Return the numbers of a checkpoint.

    Raises:
        ValueError: It is not a checkpoint, or a damaged one.
        OSError: It cannot be read.
    """
    with open_regular(path, follow_link=False) as stream:
        return next_numbers(stream)


def next_numbers(stream: BinaryIO) -> dict[str, Any]:
    """Return the numbers of an open checkpoint, which are its first member.

    Raises:
        ValueError: They are missing, too long, damaged, or not JSON.
    """
    _, text = next_member(stream, {NUMBERS: _LONGEST_NUMBERS})
    try:
        numbers = json.loads(text)
    except (ValueError, RecursionError):
        numbers = None
    if not isinstance(numbers, dict) or not _describe_a_run(numbers):
        raise ValueError(f"{NUMBERS} is not the JSON of a checkpoint")
    return numbers


def _describe_a_run(numbers: dict[str, Any]) -> bool:
    """Return whether the numbers that the first look needs are there; others are checked later."""
    counts = [numbers.get(name) for name in _COUNTS]
    return (
        all(type(count) is int and 0 <= count < 2**53 for count in counts)
        and isinstance(numbers.get("stopped"), bool)
        and isinstance(numbers.get("settings"), dict)
    )


def next_member(stream: BinaryIO, longest: Mapping[str, int]) -> tuple[str, bytes]:
    """Return the next member of an archive.

    Args:
        stream: Stands where a member begins.
        longest: The members that may come next, each with its largest size in bytes.

    Returns:
        Its name and its content.

    Raises:
        ValueError: Another member comes next, or it is compressed, too long or damaged.
    """
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise ValueError("it is cut short")
    signature, _, flags, compression, *_, crc32, packed, size, name_length, more = _HEADER.unpack(
        header
    )
    name = stream.read(name_length).decode("ascii", "replace")
    if signature != MEMBER or name not in longest:
        raise ValueError(f"it lacks {next(iter(longest))}, or has something else in its place")
    if flags or compression or more or packed != size or size > longest[name]:
        raise ValueError(f"{name} is compressed, or longer than expected")
    content = stream.read(size)
    if len(content) < size:
        raise ValueError("it is cut short")
    if zlib.crc32(content) != crc32:
        raise ValueError(f"{name} is damaged")
    return name, content
