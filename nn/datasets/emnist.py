"""What is peculiar to EMNIST, in whatever form its files are.

Its images lie on their side, mirrored, as they did where they came from. Its letters count from 1,
and a file beside them says which characters each label means.

Reference:
    Cohen, Afshar, Tapson, van Schaik (2017), EMNIST: an extension of MNIST to handwritten letters.
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.datasets.data_file import read_head

_MOST_LINES = 4096


def is_emnist(name: str) -> bool:
    """Return whether files of this name hold EMNIST; their bytes do not tell."""
    return "emnist" in name.lower()


def upright(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return EMNIST's images (N, H, W) as people write and read them."""
    return np.ascontiguousarray(images.transpose(0, 2, 1))


def mapped_names(folder: Path, name: str) -> list[str]:
    """Return the class names of a set, in the order of the labels; none without their file.

    Each line of `emnist-letters-mapping.txt` holds a label and the codes of its characters:
    `1 65 97` for A and a.

    Args:
        folder: Where the file is.
        name: The set, "emnist letters".
    """
    path = folder / f"{name.replace(' ', '-')}-mapping.txt"
    names: dict[int, str] = {}
    for line in read_head(path).splitlines()[:_MOST_LINES]:
        if re.fullmatch(rb"[0-9]{1,4}( [0-9]{1,6})+ *", line):
            label, *codes = map(int, line.split())
            names[label] = "".join(chr(code) for code in codes if 32 < code < 0x10000)
    return [names.get(label, str(label)) for label in range(max(names, default=-1) + 1)]
