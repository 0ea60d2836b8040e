"""Small data sets in IDX form, for all tests that train something."""

import gzip
from pathlib import Path

import numpy as np


def write_small_data(
    folder: Path,
    *,
    shape: tuple[int, int] = (8, 8),
    classes: int = 4,
    training: int = 400,
    test: int = 100,
) -> Path:
    """Write a small data set in IDX form, the same for the same words.

    Each class is a bright blot at a place of its own in a noisy image, so a network learns them
    in a blink, and still makes a mistake here and there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([*shape, classes, training, test])
    pixels = shape[0] * shape[1]
    blot = min(8, pixels // classes)
    places = rng.choice(pixels, size=(classes, blot), replace=False)
    for stem, count in (("train", training), ("t10k", test)):
        labels = rng.permutation(np.arange(count) % classes).astype(np.uint8)
        images = rng.integers(0, 130, (count, pixels))
        images[np.arange(count)[:, None], places[labels]] += rng.integers(0, 120, (count, blot))
        write_idx(folder / f"{stem}-images-idx3-ubyte.gz", images.reshape(-1, *shape))
        write_idx(folder / f"{stem}-labels-idx1-ubyte.gz", labels)
    return folder


def write_idx(path: Path, array: np.ndarray) -> None:
    """Write bytes as the description of the format has it, without the program's own writer."""
    header = b"\0\0\x08" + bytes([array.ndim]) + np.array(array.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes(), 1, mtime=0))
