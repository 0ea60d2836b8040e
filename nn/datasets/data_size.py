"""How large a data set is, before it is read: for the review of a run that has not begun.

Only what a glance tells is known: the first bytes of IDX files, and the names of pictures.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from nn.datasets import idx_files
from nn.datasets.data_folder import FORMS, data_files
from nn.datasets.form import DataFile
from nn.datasets.idx import read_idx_labels
from nn.datasets.parts import part_of
from nn.datasets.picture_folders import find_pictures
from nn.errors import DataError


@dataclass(frozen=True)
class DataSize:
    """The size of a data set.

    Attributes:
        image_shape: (H, W) in pixels, or (3, H, W) in colour.
        classes: K.
        training: The number of images in the training part, validation images among them.
    """

    image_shape: tuple[int, ...]
    classes: int
    training: int


def data_size(folder: Path, picture_shape: tuple[int, ...]) -> DataSize | None:
    """Return the size of the data in a folder; None if only reading them would tell.

    Args:
        folder: The data folder; it need not exist.
        picture_shape: Of pictures when they are scaled, (H, W) or (3, H, W).
    """
    try:
        files = [file for file in data_files(folder) if part_of(file.name) in ("", "training")]
        idx = [file for file in files if idx_files.FORM.claims(file)]
        if idx:
            return _size_of_idx(idx)
        if any(form.claims(file) for form in FORMS for file in files):
            return None
        pictures = find_pictures(folder).get("training", {})
    except (DataError, OSError):
        return None
    count = sum(len(paths) for paths in pictures.values())
    return DataSize(picture_shape, len(pictures), count) if count else None


def _size_of_idx(files: list[DataFile]) -> DataSize | None:
    """Return the size of the only pair of images and labels; None if there are more."""
    images = [file for file in files if file.head[3:4] == b"\3" and len(file.head) >= 16]
    labels = [file for file in files if file not in images]
    if len(images) != 1 or len(labels) != 1:
        return None
    count, height, width = struct.unpack(">III", images[0].head[4:16])
    return DataSize((height, width), max(2, int(read_idx_labels(labels[0].path).max()) + 1), count)
