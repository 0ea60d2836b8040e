"""Arrays of NumPy: Keras's four in one archive, or one by itself."""

import io
from pathlib import Path

import numpy as np

from fuzzing.formats import Format, Reading
from fuzzing.formats.idx import read_as_program


def _prepare(folder: Path) -> list[bytes]:
    images = np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4)
    labels = np.arange(6) % 3
    np.save(folder / "y_train.npy", labels)
    kinds = [images, images / 255, images.astype(">f4"), np.repeat(images[..., None], 3, axis=3)]
    archives = [_saved(x_train=kind, y_train=labels, x_test=kind, y_test=labels) for kind in kinds]
    packed = io.BytesIO()
    np.savez_compressed(packed, x_train=images, y_train=labels[:, None])
    alone = io.BytesIO()
    np.save(alone, np.asfortranarray(images))
    return [*archives, packed.getvalue(), alone.getvalue(), _saved(x=np.array(["a"]))]


def _saved(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def _read(content: bytes, folder: Path) -> Reading:
    is_archive = content[:2] == b"PK"
    for name in ("a.npz", "x_train.npy"):
        (folder / name).unlink(missing_ok=True)
    (folder / ("a.npz" if is_archive else "x_train.npy")).write_bytes(content)
    return lambda: (read_as_program(folder), read_as_program(folder, colour=True))


FORMAT = Format(
    "npz",
    _prepare,
    _read,
    tokens=(
        *(b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x07", b"\x93NUMPY", b".npy"),
        *(b"'descr': '|u1'", b"'|O'", b"'<f8'", b"'fortran_order': True", b"(2, 3, 4)", b"(6L, "),
        *(b"999999999999", b"\x08\x00", b"\xff" * 4, b"\0\0\0\0"),
    ),
)
