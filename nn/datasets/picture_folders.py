"""A folder of pictures for each class: `cats/1.jpg`, `dogs/2.png`.

The names of the folders are the names of the classes. Above them there may be folders for training,
validation and test pictures.
"""

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.datasets.class_names import in_order
from nn.datasets.data_file import MAX_IMAGES, MAX_PIXELS
from nn.datasets.framing import Framing
from nn.datasets.images import ImageData, LabelledImages, describe_size, join_parts
from nn.datasets.parts import by_part, part_of
from nn.datasets.picture_cache import cache_file, read_cache, write_cache
from nn.datasets.picture_file import pictures_in
from nn.errors import DataError, SettingError
from nn.files.file_errors import reading
from nn.files.regular_file import listed, printable

PICTURES = "pictures"
"""What the progress of reading is called."""
EXPECTED = "expected at least two folders, one for each class, as in cats/1.jpg and dogs/1.jpg."
_RUN = "settings.yaml"  # a run's folder holds pictures that are no data
_NO_FOLDERS = (".", "__MACOSX", "__pycache__")  # how folders begin that programs leave behind

Classes = dict[str, list[Path]]


@dataclass(frozen=True)
class Preparation:
    """How pictures of any size become images of one.

    Attributes:
        kind: "scale": the whole picture is scaled. "digit": a dark digit on light paper, or the
            opposite, is found, cut out and centred, as in MNIST.
        size: Height and width of the images in pixels.
        keep: Whether to keep the images of a data set in its folder, for the next time.
        colour: Whether images keep red, green and blue; digits that are cut out have none.
        framing: Where digits that are cut out are placed; as in MNIST if None.
    """

    kind: str = "scale"
    size: int = 28
    keep: bool = False
    colour: bool = False
    framing: Framing | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an image, (H, W) or (3, H, W)."""
        return (*((3,) if self.colour else ()), self.size, self.size)

    def image(self, path: Path) -> np.ndarray:
        """Return a picture as an image, uint8, of that shape.

        Raises:
            DataError: The file is not a picture, is damaged, or holds no digit.
        """
        from nn.datasets.picture import prepare_picture, scale_picture  # imports Pillow

        if self.kind == "digit":
            return prepare_picture(path, (self.size, self.size), self.framing)
        return scale_picture(path, self.shape)


def find_pictures(folder: Path) -> dict[str, Classes]:
    """Return the pictures of each class of each part; nothing if these are no such folders.

    Raises:
        DataError: A folder cannot be read, two folders are the same part, or the folders of the
            parts hold pictures without folders for their classes.
    """
    with reading(folder, DataError):
        below = folders_in(folder)
        divided = [(one.name, _classes(one)) for one in below if part_of(one.name)]
        divided = [(name, classes) for name, classes in divided if classes]
        if any(part_of(name) == "training" for name, _ in divided):
            return by_part(divided, folder)
        classes = _classes(folder)
    if classes and all(part_of(name.rstrip("0123456789")) for name in classes):  # such as test1
        raise DataError(
            f"{folder}: the pictures in {listed([*classes])} are in no folder for their class; "
            "expected train/cats/1.jpg and train/dogs/1.jpg."
        )
    return {"training": classes} if classes else {}


def read_pictures(
    folder: Path,
    preparation: Preparation,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> ImageData | None:
    """Read the pictures of a folder for each class; None if there are no such folders.

    Args:
        folder: The folder above the classes, or above their parts.
        preparation: How each picture becomes an image.
        on_progress: Called with `PICTURES`, the number of pictures read, and that of all.

    Raises:
        DataError: Pictures cannot be read, there is only one class, or there are test pictures of
            a class without training pictures.
        SettingError: Digits are to be cut out in colour.
    """
    parts = find_pictures(folder)
    if not parts:
        return None
    if preparation.colour and preparation.kind == "digit":
        raise SettingError(
            "color: prepare is digit, which turns pictures into ink without colours. Leave out "
            "color, or set prepare to scale."
        )
    count = sum(len(paths) for classes in parts.values() for paths in classes.values())
    if count > MAX_IMAGES or count * math.prod(preparation.shape) > MAX_PIXELS:
        raise DataError(
            f"{folder}: {count:,} pictures; the limits are {MAX_IMAGES:,} pictures and "
            f"{MAX_PIXELS:,} pixels of all images."
        )
    names = in_order(parts["training"])
    if len(names) < 2:
        raise DataError(
            f"{folder}: the only folder of training pictures is {listed(names)}; {EXPECTED}"
        )
    for part, classes in parts.items():
        if unknown := sorted(classes.keys() - set(names)):
            raise DataError(
                f"{folder}: there are {part} pictures of {listed(unknown[:1])}, but no training "
                "pictures."
            )
    how = "digits found and centred" if preparation.kind == "digit" else "scaled"
    data = join_parts(
        _labelled(_images(folder, parts, names, preparation, on_progress), parts, names),
        name=printable(folder.resolve().name),
        source=printable(
            f"{count:,} pictures in {folder}/, {how} to {describe_size(preparation.shape)}"
        ),
        class_names=names,
        dataset="pictures",
    )
    unread = listed(_unread(folder, parts))
    remark = (
        f"Not read: {unread}. Pictures are read from a folder for each class, as in cats/1.jpg."
    )
    return replace(data, remarks=(*data.remarks, remark)) if unread else data


def pictures_to_read(path: Path) -> list[Path]:
    """Return the pictures in a folder, and in the folders in it.

    Args:
        path: A folder; or a picture, which is returned.

    Raises:
        DataError: There is no picture in the folder.
    """
    if not path.is_dir():
        return [path]
    with reading(path, DataError):
        found = [one for place in (path, *folders_in(path)) for one in pictures_in(place)]
    if not found:
        raise DataError(f"{path}: there is no picture in this folder or its subfolders.")
    return found


def _images(
    folder: Path,
    parts: Mapping[str, Classes],
    names: Sequence[str],
    preparation: Preparation,
    on_progress: Callable[[str, int, int], None] | None,
) -> NDArray[np.uint8]:
    """Return the images of all parts, one after the other, each class by class."""
    paths = [path for classes in parts.values() for name in names for path in classes.get(name, [])]
    shape = len(paths), *preparation.shape
    cache = None
    if preparation.keep:
        placed = preparation.framing if preparation.kind == "digit" else None
        words = f"{preparation.kind} {preparation.shape} {placed}"
        cache = cache_file(folder, paths, words)
        kept = read_cache(cache, shape)
        if kept is not None:
            return kept
    images = np.empty(shape, np.uint8)
    failures: dict[str, DataError] = {}
    for number, path in enumerate(paths):
        try:
            images[number] = preparation.image(path)
        except DataError as error:
            failures[str(path.relative_to(folder))] = error
        if on_progress:
            on_progress(PICTURES, number + 1, len(paths))
    if failures:
        first, *others = failures
        also = f"Not usable either: {listed(others)}. Replace or remove them." if others else ""
        raise DataError(f"{failures[first]} {also or 'Replace or remove it.'}")
    if cache:
        write_cache(cache, images)
    return images


def _labelled(
    images: NDArray[np.uint8], parts: Mapping[str, Classes], names: Sequence[str]
) -> dict[str, LabelledImages]:
    """Divide images into their parts, and label them with their classes."""
    labelled, start = {}, 0
    for part, classes in parts.items():
        counts = [len(classes.get(name, [])) for name in names]
        labels = np.repeat(np.arange(len(names), dtype=np.int64), counts)
        labelled[part] = LabelledImages(images[start : start + len(labels)], labels)
        start += len(labels)
    return labelled


def folders_in(folder: Path) -> list[Path]:
    """Return the folders in a folder that may hold data, sorted; none if it is missing, or a run's.

    Raises:
        OSError: The folder cannot be read.
    """
    if not folder.is_dir() or (folder / _RUN).exists():
        return []
    names = [entry.name for entry in os.scandir(folder) if entry.is_dir()]
    below = [folder / name for name in sorted(names) if not name.startswith(_NO_FOLDERS)]
    return [one for one in below if not (one / _RUN).exists()]


def _classes(folder: Path) -> Classes:
    """Return the pictures of each folder in a folder, if it has any."""
    found = {one.name: pictures_in(one) for one in folders_in(folder)}
    return {name: paths for name, paths in found.items() if paths}


def _unread(folder: Path, parts: Mapping[str, Classes]) -> list[str]:
    """Return the folders and the pictures that are in a folder, but in no class."""
    read = {path.parent for classes in parts.values() for paths in classes.values()
            for path in paths[:1]}  # fmt: skip
    above = {folder, *(one.parent for one in read)}
    with reading(folder, DataError):
        below = [one for place in sorted(above | read) for one in folders_in(place)]
        loose = [path for place in sorted(above) for path in pictures_in(place)]
    names = [f"{one.relative_to(folder)}/" for one in below if one not in above | read]
    return names + [str(path.relative_to(folder)) for path in loose]
