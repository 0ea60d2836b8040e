"""A data folder: which of its files are data, and in which form.

Whoever names a folder wants its files to be used. So a folder is read, or there is an error that
says what its files seem to be. It is never passed over.
"""

import os
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from nn.datasets import cifar, csv_files, idx_files, npz_files, pickled
from nn.datasets.csv_layout import find_layout
from nn.datasets.data_file import read_head
from nn.datasets.form import DataFile, Form, IncompleteError
from nn.datasets.images import ImageData
from nn.datasets.picture_folders import find_pictures, folders_in
from nn.datasets.strangers import refuse_stranger, seems_to_be
from nn.errors import DataError
from nn.files.file_errors import reading
from nn.files.regular_file import listed

FORMS: tuple[Form, ...] = (
    idx_files.FORM,
    csv_files.FORM,
    npz_files.FORM,
    cifar.FORM,
    pickled.FORM,
)
"""All forms of data files. A file belongs to the first one that claims it, and a folder with files
of several forms is read in the first one."""

ReadPictures = Callable[[Path], ImageData | None]
"""Reads a folder of pictures for each class; None if it is none."""

_OWN_FILES = "built-in-"  # digits that the program has drawn and keeps
_MNIST_FILES = ("mnist_train.csv", "mnist_test.csv", "mnist.pkl")
_MOST_FILES = 1000  # of a folder that are looked into
_MOST_FOLDERS = 1000  # below the data folder in which data are looked for, to say where they are


def read_folder(
    folder: Path,
    say: Callable[[str], None],
    pictures: ReadPictures | None = None,
    *,
    colour: bool = False,
) -> ImageData | None:
    """Read the data set in a folder; return None if there is nothing that looks like data.

    Args:
        folder: The folder; it need not exist.
        say: Called with a sentence about files that are not read.
        pictures: Reads a folder of pictures for each class. Without it, only files under MNIST's
            own names are looked for, as in a folder that nobody named.
        colour: Whether to keep the colours of files that have them.

    Raises:
        DataError: Files are damaged, incomplete, of several data sets, or something else.
    """
    files = data_files(folder, only_mnist=pictures is None)
    by_form: dict[Form, list[DataFile]] = {form: [] for form in FORMS}
    for file in files:
        if form_of_file := _form_of(file):
            by_form[form_of_file].append(file)
    incomplete: IncompleteError | None = None
    for form, claimed in by_form.items():
        try:
            data = form.read(claimed, colour) if claimed else None
        except IncompleteError as error:
            incomplete = incomplete or error
            continue
        if data is not None:
            if incomplete:
                say(str(incomplete))
            others = [one for other in FORMS if other is not form for one in by_form[other]]
            left = [file.path.name for file in others]
            if pictures and _has_pictures(folder):
                left.append("the pictures in its folders (for them: --dataset pictures)")
            if left:
                say(f"Reading {form.name}, and not {listed(left)}.")
            return data
    data = pictures(folder) if pictures else None
    if incomplete:
        if data is None:
            raise incomplete
        say(str(incomplete))
    if pictures and data is None:
        _refuse_strangers(folder, files)
    return data


def holds_data(folder: Path) -> bool:
    """Return whether a folder has files that are data or look like it, or drawn digits."""
    try:
        has_own = folder.is_dir() and any(folder.glob(f"{_OWN_FILES}*"))
        if has_own or any(_form_of(one) or seems_to_be(one) for one in data_files(folder)):
            return True
        return _has_pictures(folder)
    except (DataError, OSError):
        return False


def data_files(folder: Path, *, only_mnist: bool = False) -> list[DataFile]:
    """Return the files of a folder, sorted by name, with their first bytes.

    Raises:
        DataError: The folder cannot be read, or is a file.
    """
    with reading(folder, DataError):
        if not folder.exists():
            return []
        if folder.is_file():
            refuse_stranger(DataFile(folder, read_head(folder)))
            raise DataError(f"{folder}: is a file; expected the folder that it is in.")
        names = sorted(
            entry.name
            for entry in os.scandir(folder)
            if not entry.name.startswith((".", _OWN_FILES)) and entry.is_file()
        )
    named = [folder / name for name in names if not only_mnist or _is_mnist(name)]
    return [DataFile(path, read_head(path)) for path in named[:_MOST_FILES]]


def _is_mnist(name: str) -> bool:
    bare = name.lower().removesuffix(".gz")
    return idx_files.is_official(bare) or bare in _MNIST_FILES


def _form_of(file: DataFile) -> Form | None:
    """Return the first form that claims a file; None if none does."""
    return next((form for form in FORMS if form.claims(file)), None)


def _refuse_strangers(folder: Path, files: Sequence[DataFile]) -> None:
    """Raise if there is something in the folder that a user may think is data.

    Raises:
        DataError: There is; the error says what it seems to be.
    """
    for file in files:
        if words := seems_to_be(file):
            others = f" (one of {len(files):,} files)" if len(files) > 1 else ""
            raise DataError(
                f"{file.path}{others}: seems to be {words}. Nothing else in this folder can be "
                f"read. {_what_is_read()}"
            )
    below = _data_below(folder)
    if below is not None:
        raise DataError(
            f"{folder}: holds no images itself, but {below} does. Pass --data-dir {below}, or "
            "the name of an empty folder for MNIST."
        )


def _what_is_read() -> str:
    names = ", ".join(form.name for form in FORMS)
    return (
        f"Supported are {names}, and a folder of pictures for each class (docs/data.md). For "
        "MNIST, pass the name of an empty folder with --data-dir."
    )


def _data_below(folder: Path) -> Path | None:
    """Return the nearest folder below this one that holds data, of several classes if possible."""
    single, waiting = None, deque([folder])
    for _ in range(_MOST_FOLDERS):
        if not waiting:
            break
        try:
            for one in folders_in(waiting.popleft()):
                if any(_is_surely_data(file) for file in data_files(one)) or _has_pictures(one, 2):
                    return one
                if single is None and _has_pictures(one):
                    single = one
                waiting.append(one)
        except (DataError, OSError):
            continue
    return single


def _has_pictures(folder: Path, classes: int = 1) -> bool:
    try:
        return len(find_pictures(folder).get("training", ())) >= classes
    except DataError:  # which says what is wrong with them; there may be others, further down
        return classes == 1


def _is_surely_data(file: DataFile) -> bool:
    form = _form_of(file)
    if form is not csv_files.FORM:
        return form is not None
    try:
        return find_layout(file.path).label is not None
    except DataError:
        return False
