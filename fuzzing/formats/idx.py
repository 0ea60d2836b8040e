"""MNIST's own format: a file of images and one of labels, gzipped or not."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from fuzzing.formats import Format, Reading
from fuzzing.formats.packing import WAYS, packed
from nn.datasets.idx import write_idx
from nn.datasets.picture_folders import Preparation
from nn.datasets.sources import load_images
from nn.datasets.split import split_images

Image.init()  # pictures are looked for as well; some decoders run code when they are loaded

_NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
_TEST_NAMES = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def _prepare(folder: Path) -> list[bytes]:
    images = np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4)
    labels = np.array([0, 1, 2, 0, 1, 2], dtype=np.uint8)
    for names in (_NAMES, _TEST_NAMES):
        for name, array in zip(names, (images, labels), strict=True):
            write_idx(folder / name, array)
    files = [(folder / name).read_bytes() for name in _NAMES]
    return [_joined(way, *files) for way in range(WAYS)] + [_joined(0, files[1], files[0])]


def _joined(way: int, images: bytes, labels: bytes) -> bytes:
    return bytes([len(labels), way]) + labels + bytes([way]) + images


def _read(content: bytes, folder: Path) -> Reading:
    stream = io.BytesIO(content)
    length = (stream.read(1) or b"\0")[0]
    labels, images = stream.read(1 + length), stream.read()
    for name, part in zip(_NAMES, (images, labels), strict=True):
        (folder / name).write_bytes(packed(part))
    return lambda: read_as_program(folder)


def read_as_program(folder: Path, *, colour: bool = False) -> object:
    """Load and divide a data set as training would; return what can be said about it."""
    data = load_images("mnist", folder, pictures=Preparation(colour=colour))
    assert data.training.images.dtype == np.uint8
    assert 0 <= data.training.labels.min() <= data.training.labels.max() < data.classes
    split = split_images(data, rng=np.random.default_rng(0))
    return data.image_shape, data.classes, len(split.training)


FORMAT = Format(
    "idx",
    _prepare,
    _read,
    tokens=(b"\0\0\x08\x03", b"\0\0\x08\x01", b"\xff\xff\xff\xff", b"\x1f\x8b"),
)
