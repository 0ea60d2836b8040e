"""Tables of images in a folder: one file, or one for each part of a data set.

Kaggle's competitions have a `test.csv` without labels, which is no test set: nobody knows how good
an answer is. `predict.py --submission` reads it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.datasets.class_names import in_order
from nn.datasets.csv_images import read_csv_images
from nn.datasets.csv_layout import BLANKS, Layout, encoding_of, find_layout
from nn.datasets.emnist import is_emnist, mapped_names, upright
from nn.datasets.form import DataFile, Form, IncompleteError
from nn.datasets.images import ImageData, LabelledImages, join_parts, stretch
from nn.datasets.parts import by_part, only_set, set_of, with_unread
from nn.datasets.strangers import refuse_stranger
from nn.errors import DataError
from nn.files.regular_file import listed, printable

_LINE = re.compile(r'[\w+./"\ufeff -]*([,;\t][^,;\t]*){4,}')
"""At least five columns, the first of which is a number or a name."""

_MOST_SINGLE = 10  # classes that may have a single image each
_MOST_REMARKS = 3  # about tables that cannot be read


def _claims(file: DataFile) -> bool:
    if file.path.suffix.lower() in (".py", ".md", ".html", ".json", ".yaml", ".js"):
        return False
    if file.name in ("mnist_train.csv", "mnist_test.csv"):
        return True
    return _is_table(file)


def _is_table(file: DataFile) -> bool:
    lines = file.head.decode(encoding_of(file.head), errors="replace").strip().splitlines()
    return bool(lines) and bool(_LINE.match(lines[0]) or BLANKS.match(lines[0]))


def _read(files: Sequence[DataFile], colour: bool) -> ImageData:
    folder = files[0].path.parent
    layouts, failures = _layouts(files)
    labelled = [file for file, layout in layouts.items() if layout.label is not None]
    sets: dict[str, list[DataFile]] = {}
    for file in labelled:
        sets.setdefault(set_of(file.name), []).append(file)
    if not sets and failures:
        raise IncompleteError(str(failures[0]))
    if not sets:
        names = listed([file.path.name for file in files])
        raise IncompleteError(
            f"{folder}: no column of labels was found in {names}; expected a label and the pixels "
            "of a square image in each line."
        )
    chosen = by_part(((file.name, file) for file in only_set(sets, folder, "mnist")), folder)
    training = layouts[chosen["training"]]
    words: dict[str, int] = {}
    parts = {part: _read_part(file, training, words) for part, file in chosen.items()}
    parts, class_names = _named(parts, words, folder)
    set_name = set_of(chosen["training"].name)
    if is_emnist(set_name) and not class_names:
        class_names = mapped_names(folder, set_name)
    names = " and ".join(file.path.name for file in chosen.values())
    data = join_parts(
        parts,
        name=printable(chosen["training"].path.name),
        source=printable(f"{names} in {folder}/"),
        class_names=class_names,
    )
    remarks = [f"Not read: {failure}" for failure in failures[:_MOST_REMARKS]]
    if unlabelled := [file.path.name for file in layouts if file not in labelled]:
        remarks.append(
            f"{listed(unlabelled)}: no labels, so not a test set. For predict.py --submission."
        )
    others = [file.path.name for file in labelled if file not in chosen.values()]
    return with_unread(replace(data, remarks=(*data.remarks, *remarks)), others)


FORM = Form("CSV files", _claims, _read)


def read_unlabelled(files: Sequence[DataFile], folder: Path) -> tuple[NDArray[np.uint8], str]:
    """Read the images of the table that has no labels, and say where they are from.

    Args:
        files: Those of a folder.
        folder: The folder, for errors.

    Returns:
        Images (N, H, W), pixels from 0 to 255, and the file.

    Raises:
        DataError: There is no such table, or there are several.
    """
    layouts, _ = _layouts([file for file in files if _claims(file)])
    without = [file for file, layout in layouts.items() if layout.label is None]
    if len(without) != 1:
        names = listed([file.path.name for file in without]) or "none"
        raise DataError(
            f"{folder}: expected one CSV file of images without a column of labels, such as "
            f"Kaggle's test.csv; there is {names}."
        )
    part = _read_part(without[0], None, {})
    return stretch({"test": part})[0]["test"].images, printable(str(without[0].path))


def _layouts(files: Sequence[DataFile]) -> tuple[dict[DataFile, Layout], list[DataError]]:
    """Return the layouts of tables, and what is wrong with those that have none."""
    layouts, failures = {}, []
    for file in files:
        if not _is_table(file):
            refuse_stranger(file)
        try:
            layouts[file] = find_layout(file.path)
        except DataError as error:
            failures.append(error)
    return layouts, failures


def _named(
    parts: dict[str, LabelledImages], words: dict[str, int], folder: Path
) -> tuple[dict[str, LabelledImages], list[str]]:
    """Return images labelled by the order of their words, and the words; none for numbers.

    Raises:
        DataError: A word has no training image, or most images have a word of their own.
    """
    if not words:
        return parts, []
    names = in_order(words)
    number = np.argsort([words[name] for name in names])  # of each word, in the order of names
    named = {part: LabelledImages(one.images, number[one.labels]) for part, one in parts.items()}
    if len(names) > max(_MOST_SINGLE, len(named["training"]) // 2):
        raise DataError(
            f"{folder}: {len(named['training']):,} training images have {len(names):,} different "
            f"labels, such as {listed(names[:2])}; expected the names of a few classes."
        )
    untrained = np.setdiff1d(range(len(names)), named["training"].labels)
    if len(untrained):
        raise DataError(
            f"{folder}: there are images of {listed([names[untrained[0]]])}, but no training "
            "images."
        )
    return named, names


def _read_part(file: DataFile, training: Layout | None, words: dict[str, int]) -> LabelledImages:
    part = read_csv_images(file.path, find_layout(file.path, training), words)
    return LabelledImages(upright(part.images), part.labels) if is_emnist(file.name) else part
