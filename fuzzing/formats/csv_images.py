"""Images in a table, one line an image, in every layout."""

from pathlib import Path

from fuzzing.formats import Format, Reading
from fuzzing.formats.idx import read_as_program
from fuzzing.formats.packing import WAYS, packed

_ROWS = b"".join(b"%d,0,255,7,%d\n" % (number % 3, 9 * number) for number in range(9))
_HEADERS = (b"", b"label,1x1,1x2,2x1,2x2\n", b"label,pixel0,pixel1,pixel2,pixel3\r\n")
_WIDE = b"label,1x1,1x2\n1,2,3\n0,4,5\n"
_LAST = b"".join(b"0,%d,255,7,%d\n" % (9 * number, number % 3) for number in range(9))
_OTHERS = (
    _LAST,
    _LAST.replace(b",", b";"),
    b"id,a,b,c,d,target\n"
    + b"".join(b"%d," % number + b"0,.5,1,0.25,1.0\n" for number in range(3)),
    b'"","0","1","2","3","label"\n"0","1","2","3","4","5"\n',
    b"a,b,c,d\n1,2,3,4\n",
    b"cat,0,255,7,1\ndog,0,255,7,1\n" * 3,
    (b"\xff\xfe" + _LAST.decode().encode("utf-16-le")),
)


def _prepare(folder: Path) -> list[bytes]:
    (folder / "mnist_test.csv").write_bytes(_ROWS)
    plain = [b"\0" + header + _ROWS for header in _HEADERS]
    others = [b"\0" + one for one in (_WIDE, *_OTHERS)]
    return [*plain, *others, *(bytes([way]) + _ROWS for way in range(1, WAYS))]


def _read(content: bytes, folder: Path) -> Reading:
    (folder / "mnist_train.csv").write_bytes(packed(content))
    return lambda: read_as_program(folder)


FORMAT = Format(
    "csv",
    _prepare,
    _read,
    tokens=(
        *(b"label,", b"1x1,", b"2x2", b"-1", b"2147483648", b"1e3", b"nan", b"\xef\xbb\xbf", b'"'),
        *(b";", b"\t", b"0.5", b"id,", b"target", b"\xff\xfe", b"1e-999", b"inf"),
    ),
)
