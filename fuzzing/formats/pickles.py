"""`mnist.pkl.gz`: pickled arrays, in the protocols of Python 2 and 3."""

import pickle
from pathlib import Path

import numpy as np

from fuzzing.formats import Format, Reading
from fuzzing.formats.idx import read_as_program
from fuzzing.formats.packing import WAYS, packed


def _prepare(folder: Path) -> list[bytes]:
    pixels = np.linspace(0, 1, 9 * 4, dtype=np.float32).reshape(9, 4)
    labels = np.arange(9) % 3
    parts = (slice(0, 4), slice(4, 6), slice(6, 9))
    content = tuple((pixels[part], labels[part]) for part in parts)
    pickles = [pickle.dumps(content, protocol) for protocol in range(6)]
    doubles = tuple((images.astype(">f8"), classes.astype("u1")) for images, classes in content)
    pickles += [pickle.dumps(doubles, 2), pickle.dumps((1, b"x", "y", [None, True]), 4)]
    return [b"\0" + one for one in pickles] + [bytes([way]) + pickles[2] for way in range(1, WAYS)]


def _read(content: bytes, folder: Path) -> Reading:
    (folder / "mnist.pkl.gz").write_bytes(packed(content))
    return lambda: read_as_program(folder)


FORMAT = Format(
    "pickle",
    _prepare,
    _read,
    tokens=(
        *(b"cos\nsystem\n", b"cbuiltins\neval\n", b"c_codecs\nencode\n", b"cnumpy\nndarray\n"),
        *(
            b"cnumpy\ndtype\n",
            b"cnumpy.core.multiarray\n_reconstruct\n",
            b"\x93",
            b"R",
            b"b",
            b"\x81",
        ),
        *(b"T\xff\xff\xff\x7f", b"\x96\xff\xff\xff\xff\x00\x00\x00\x00", b"\x8b\xff\xff\xff\x7f"),
        *(b"(", b"t", b"\x85", b"\x86", b"\x87", b"]", b"e", b"2", b"."),
    ),
)
