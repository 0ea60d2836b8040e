"""EMNIST's list of characters, beside images that have these labels."""

from pathlib import Path

import numpy as np

from fuzzing.formats import Format, Reading
from fuzzing.formats.idx import read_as_program
from nn.datasets.idx import write_idx

_LINES = b"".join(b"%d %d %d\n" % (label, 64 + label, 96 + label) for label in (1, 2, 3))


def _prepare(folder: Path) -> list[bytes]:
    images = np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4)
    write_idx(folder / "emnist-letters-train-images-idx3-ubyte", images)
    labels = np.array([1, 2, 3, 1, 2, 3], dtype=np.uint8)
    write_idx(folder / "emnist-letters-train-labels-idx1-ubyte", labels)
    return [
        _LINES,
        _LINES.replace(b"\n", b"\r\n"),
        b"0 48\n1 8364\n2 128512\n",
        b"\xef\xbb\xbf1 65",
    ]


def _read(content: bytes, folder: Path) -> Reading:
    (folder / "emnist-letters-mapping.txt").write_bytes(content)
    return lambda: read_as_program(folder)


FORMAT = Format(
    "mapping",
    _prepare,
    _read,
    tokens=(
        b" ",
        b"\n",
        b"4096 65\n",
        b"9999 65\n",
        b"1 10\n",
        b"1 27\n",
        b"2 1114112\n",
        b"1 55296",
    ),
)
