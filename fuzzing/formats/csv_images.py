"""Images in a table, one line an image."""

from pathlib import Path

from fuzzing.formats import Format, Reading
from fuzzing.formats.idx import read_as_program
from fuzzing.formats.packing import WAYS, packed

_ROWS = b"".join(b"%d,0,255,7,%d\n" % (number % 3, number) for number in range(9))
_HEADERS = (b"", b"label,1x1,1x2,2x1,2x2\n", b"label,pixel0,pixel1,pixel2,pixel3\r\n")
_WIDE = b"label,1x1,1x2\n1,2,3\n0,4,5\n"


def _prepare(folder: Path) -> list[bytes]:
    (folder / "mnist_test.csv").write_bytes(_ROWS)
    plain = [b"\0" + header + _ROWS for header in _HEADERS]
    return [*plain, b"\0" + _WIDE, *(bytes([way]) + _ROWS for way in range(1, WAYS))]


def _read(content: bytes, folder: Path) -> Reading:
    (folder / "mnist_train.csv").write_bytes(packed(content))
    return lambda: read_as_program(folder)


FORMAT = Format(
    "csv",
    _prepare,
    _read,
    tokens=(
        b"label,",
        b"1x1,",
        b"2x2",
        b"-1",
        b"2147483648",
        b"1e3",
        b"nan",
        b"\xef\xbb\xbf",
        b'"',
    ),
)
