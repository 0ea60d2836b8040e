"""Tables of images in a folder: one file, or one for each part of a data set.

Kaggle's competitions have a `test.csv` without labels, which is no test set: nobody knows how good
an answer is. `predict.py --submission` reads it.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from nn.datasets.csv_images import read_csv_images
from nn.datasets.csv_layout import Layout, encoding_of, find_layout
from nn.datasets.form import DataFile, Form, IncompleteError
from nn.datasets.images import ImageData, LabelledImages, join_parts
from nn.datasets.parts import by_part, only_set, set_of
from nn.datasets.strangers import refuse_stranger
from nn.errors import DataError
from nn.files.regular_file import printable

_LINE = re.compile(r'["\ufeff]*[\w+.-]*["\s]*([,;\t][^,;\t]*){4,}')
"""At least five columns, the first of which is a number or a name."""


def _claims(file: DataFile) -> bool:
    if file.path.suffix.lower() in (".py", ".md", ".html", ".json", ".yaml", ".js"):
        return False
    if file.name in ("mnist_train.csv", "mnist_test.csv"):
        return True
    return _is_table(file)


def _is_table(file: DataFile) -> bool:
    lines = file.head.decode(encoding_of(file.head), errors="replace").strip().splitlines()
    return bool(lines) and _LINE.match(lines[0]) is not None


def _read(files: Sequence[DataFile]) -> ImageData:
    folder = files[0].path.parent
    layouts, failures = {}, []
    for file in files:
        if not _is_table(file):
            refuse_stranger(file)
        try:
            layouts[file] = find_layout(file.path)
        except DataError as error:
            failures.append(error)
    labelled = [file for file, layout in layouts.items() if layout.label is not None]
    sets: dict[str, list[DataFile]] = {}
    for file in labelled:
        sets.setdefault(set_of(file.name), []).append(file)
    if not sets and failures:
        raise failures[0]
    if not sets:
        names = ", ".join(printable(file.path.name) for file in files)
        raise IncompleteError(
            f"{folder}: no column of labels was found in {names}; expected a label and the pixels "
            "of a square image in each line."
        )
    chosen = by_part(((file.name, file) for file in only_set(sets, folder, "mnist")), folder)
    training = layouts[chosen["training"]]
    parts = {part: _read_part(file.path, training) for part, file in chosen.items()}
    names = " and ".join(file.path.name for file in chosen.values())
    return join_parts(
        parts,
        name=printable(chosen["training"].path.name),
        source=printable(f"{names} in {folder}/"),
    )


FORM = Form("CSV files", _claims, _read)


def _read_part(path: Path, training: Layout) -> LabelledImages:
    return read_csv_images(path, find_layout(path, training))
