"""CIFAR's batches: pickled dictionaries."""

import pickle
from pathlib import Path

import numpy as np

from fuzzing.formats import Format, Reading
from fuzzing.formats.idx import read_as_program

_ROWS = np.arange(6 * 12, dtype=np.uint8).reshape(6, 12)
_LABELS = [0, 1, 2, 0, 1, 2]


def _prepare(folder: Path) -> list[bytes]:
    batch = {"data": _ROWS, "labels": _LABELS, "filenames": ["a.png"] * 6, "batch_label": "one"}
    (folder / "test_batch").write_bytes(pickle.dumps(batch, 2))
    names = {"label_names": ["cat", "dog", "owl"], "num_vis": 12}
    seeds = [pickle.dumps(one, protocol) for one in (batch, names) for protocol in range(2, 6)]
    return [*seeds, pickle.dumps({b"data": _ROWS, b"fine_labels": _LABELS}, 2)]


def _read(content: bytes, folder: Path) -> Reading:
    (folder / "data_batch_1").write_bytes(content)
    return lambda: (read_as_program(folder), read_as_program(folder, colour=True))


FORMAT = Format(
    "cifar",
    _prepare,
    _read,
    tokens=(
        *(b"}", b"s", b"(", b"u", b"b", b"R", b"\x85", b"\x86", b"0", b"2", b"."),
        *(b"U\x04data", b"U\x06labels", b"U\x0b__setstate__", b"U\x0c__defaults__"),
        *(b"cnumpy\nndarray\n", b"c_codecs\nencode\n", b"cbuiltins\neval\n"),
        *(b"cnumpy.core.multiarray\n_frombuffer\n", b"\x8a\xff", b"J\xff\xff\xff\x7f"),
    ),
)
