"""Pairs of IDX files, one of images and one of their labels, under whatever names they have.

MNIST, Fashion-MNIST and KMNIST use the same four names. EMNIST and QMNIST have names of their own.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from nn.datasets.emnist import is_emnist, mapped_names, upright
from nn.datasets.form import DataFile, Form, IncompleteError
from nn.datasets.idx import read_idx, read_idx_labels
from nn.datasets.images import ImageData, LabelledImages, join_parts
from nn.datasets.parts import by_part, only_set, part_of, set_of, with_unread
from nn.datasets.strangers import refuse_stranger
from nn.errors import DataError
from nn.files.regular_file import listed, printable

OFFICIAL = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
"""The names of MNIST's files; also "train-images.idx3-ubyte", and each with .gz."""

_COUNTS = {1: "one IDX file", 2: "two IDX files", 4: "four IDX files", 6: "six IDX files"}


def is_official(name: str) -> bool:
    """Return whether a file has one of MNIST's names."""
    return name.removesuffix(".gz").replace(".idx", "-idx") in OFFICIAL


def _claims(file: DataFile) -> bool:
    return is_official(file.name) or _is_idx(file)


def _is_idx(file: DataFile) -> bool:
    return re.match(rb"\0\0[\x08\x0c][\1-\3]", file.head) is not None


def _read(files: Sequence[DataFile], colour: bool) -> ImageData:
    folder = files[0].path.parent
    for file in files:
        if not _is_idx(file):
            refuse_stranger(file)
    official = [file for file in files if is_official(file.name)]
    sets: dict[str, list[tuple[DataFile, DataFile]]] = {}
    for images, labels in _pairs(_without_copies(official) or files, folder):
        sets.setdefault(set_of(images.name), []).append((images, labels))
    pairs = only_set(sets, folder, preferred="")
    parts = by_part(((images.name, pair) for pair in pairs for images in pair[:1]), folder)
    turned = any(is_emnist(images.name) for images, _ in pairs)
    read = {part: _read_pair(*pair, turned=turned) for part, pair in parts.items()}
    count = _COUNTS.get(2 * len(pairs), f"{2 * len(pairs)} IDX files")
    data = join_parts(
        read,
        name=printable(set_of(pairs[0][0].name) or f"images in {folder.resolve().name}/"),
        source=printable(f"{count} in {folder}/"),
        class_names=mapped_names(folder, set_of(pairs[0][0].name)) if turned else (),
    )
    others = [file.path.name for file in files if official and not is_official(file.name)]
    return with_unread(data, others)


FORM = Form("IDX files", _claims, _read)


def _without_copies(files: Sequence[DataFile]) -> list[DataFile]:
    """Return one file of each name, the gzipped one first, as a folder may hold both."""
    found: dict[str, DataFile] = {}
    for file in sorted(files, key=lambda file: not file.path.name.endswith(".gz")):
        found.setdefault(file.name.replace(".idx", "-idx"), file)
    return list(found.values())


def _pairs(files: Sequence[DataFile], folder: Path) -> list[tuple[DataFile, DataFile]]:
    """Return the files of images, each with the file of its labels.

    Raises:
        IncompleteError: One has no partner.
    """
    images: dict[tuple[str, str], DataFile] = {}
    labels: dict[tuple[str, str], DataFile] = {}
    for file in _without_copies(files):
        holds_images = "images" in file.name if is_official(file.name) else file.head[3:4] == b"\3"
        (images if holds_images else labels)[set_of(file.name), part_of(file.name)] = file
    missing = images.keys() ^ labels.keys()
    if missing and len(images) == len(labels) == 1:  # whatever they are called
        return list(zip(images.values(), labels.values(), strict=True))
    if missing:
        alone = next(file for key, file in {**labels, **images}.items() if key in missing)
        kind = "labels" if alone in images.values() else "images"
        absent = ", ".join(_missing_names(files))
        raise IncompleteError(
            f"{folder}/: {listed([alone.path.name])} has no file of its {kind} beside it"
            + (f"; missing: {absent}." if absent else ".")
        )
    return [(images[key], labels[key]) for key in images]


def _missing_names(files: Sequence[DataFile]) -> list[str]:
    """Return which of MNIST's four names are missing, if there are some of them."""
    names = {file.name.replace(".idx", "-idx") for file in files}
    return [name for name in OFFICIAL if name not in names] if names & {*OFFICIAL} else []


def _read_pair(images_file: DataFile, labels_file: DataFile, turned: bool) -> LabelledImages:
    images = read_idx(images_file.path, 3)
    labels = read_idx_labels(labels_file.path)
    if len(images) != len(labels):
        raise DataError(
            f"{images_file.path} contains {len(images):,} images, but {labels_file.path} contains "
            f"{len(labels):,} labels. Do the files belong together?"
        )
    return LabelledImages(upright(images) if turned else images, labels)
