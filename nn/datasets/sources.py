"""Where the images come from: the first source that has them.

Files in the data folder come first: MNIST's own format, then the others. Then MNIST is downloaded.
Without files and without a network the program draws its own digits, so that the first command
always trains a network.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nn.datasets.idx import read_idx
from nn.datasets.images import ImageData, LabelledImages, join_train_and_test
from nn.errors import DataError, SettingError
from nn.files.file_errors import reading
from nn.files.regular_file import printable

if TYPE_CHECKING:
    from nn.datasets.download import DownloadObserver

Report = Callable[[str], None]
"""Called with one sentence at a time: what was searched for, what is missing, what is used."""

_IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
_CSV_FILES = ("mnist_train.csv", "mnist_test.csv")
_PICKLE = "mnist.pkl.gz"


def load_images(
    dataset: str,
    data_dir: Path,
    *,
    beside: Path | None = None,
    on_progress: "DownloadObserver | None" = None,
    report: Report | None = None,
) -> ImageData:
    """Load a data set.

    "auto" looks in `data_dir`, then in `beside`, then in the folder `data` there. In each it uses
    the four IDX files, gzipped or not; else `mnist_train.csv` and `mnist_test.csv`; else
    `mnist.pkl.gz`. If there are none, it downloads the four files; without a network it uses the
    digits that the program draws. "mnist" never uses these, "built-in" only these. An incomplete
    set of files is reported and skipped. Damaged files are an error, because a user put them there
    to be used.

    Args:
        dataset: "auto", "mnist" or "built-in".
        data_dir: the data folder; it need not exist.
        beside: the folder of train.py, if there is one.
        on_progress: called during a download: file, bytes that have arrived, total bytes.
        report: called with sentences that explain the choice.

    Raises:
        SettingError: another `dataset`.
        DataError: a file is damaged, or "mnist" is not available.
    """
    if dataset not in ("auto", "mnist", "built-in"):
        raise SettingError(f"dataset: got {dataset!r}, expected auto, mnist or built-in.")
    say = report or (lambda _sentence: None)
    if dataset != "built-in":
        data = _from_files(data_dir, beside, say)
        if data is not None:
            return data
        try:
            return _from_network(data_dir, on_progress, say)
        except DataError as error:
            if dataset == "mnist":
                raise
            say(f"{error} Using the built-in digits.")

    from nn.datasets.drawn_digits import built_in_digits

    return built_in_digits(data_dir)


def _from_files(data_dir: Path, beside: Path | None, say: Report) -> ImageData | None:
    """Return the first data set that is in one of the folders."""
    folders = [data_dir]
    if beside is not None:
        others = (beside, beside / "data")
        folders += [other for other in others if other.resolve() != data_dir.resolve()]
    for folder in folders:
        for read in (_from_idx, _from_csv, _from_pickle):
            data = read(folder, say)
            if data is not None:
                return data
    return None


def _from_idx(folder: Path, say: Report) -> ImageData | None:
    found = [_idx_file(folder, name) for name in _IDX_FILES]
    missing = [name for name, path in zip(_IDX_FILES, found, strict=True) if path is None]
    paths = [path for path in found if path is not None]
    if missing:
        if paths:
            names = ", ".join(missing)
            say(f"{folder}/ contains {len(paths)} of the four IDX files; missing: {names}.")
        return None
    return join_train_and_test(
        _read_pair(paths[0], paths[1]),
        _read_pair(paths[2], paths[3]),
        name=printable(f"images in {folder.resolve().name}/"),
        source=printable(f"four IDX files in {folder}/"),
    )


def holds_images(folder: Path) -> bool:
    """Return whether a folder contains data in any of the supported forms."""
    from nn.datasets.drawn_digits import cached_files

    return (
        all(_idx_file(folder, name) for name in _IDX_FILES)
        or all(_is_there(folder / name) for name in _CSV_FILES)
        or _is_there(folder / _PICKLE)
        or any(map(_is_there, cached_files(folder)))
    )


def _idx_file(folder: Path, name: str) -> Path | None:
    """Return the file of this name, with or without .gz, also as "train-images.idx3-ubyte"."""
    dotted = name.replace("-idx", ".idx")
    for candidate in (f"{name}.gz", name, f"{dotted}.gz", dotted):
        if _is_there(folder / candidate):
            return folder / candidate
    return None


def _read_pair(images_path: Path, labels_path: Path) -> LabelledImages:
    images = read_idx(images_path, 3)
    labels = read_idx(labels_path, 1)
    if len(images) != len(labels):
        raise DataError(
            f"{images_path} contains {len(images):,} images, but {labels_path} contains "
            f"{len(labels):,} labels. Do the files belong together?"
        )
    return LabelledImages(images, labels.astype(np.int64))


def _from_csv(folder: Path, say: Report) -> ImageData | None:
    training, test = (folder / name for name in _CSV_FILES)
    present = [path for path in (training, test) if _is_there(path)]
    if len(present) == 1:
        missing = test if present == [training] else training
        say(f"{present[0]} was found, but {missing.name} is missing.")
    if len(present) < 2:
        return None

    from nn.datasets.csv_images import read_csv_images

    return join_train_and_test(
        read_csv_images(training),
        read_csv_images(test),
        name=training.name,
        source=printable(f"{training.name} and {test.name} in {folder}/"),
    )


def _from_pickle(folder: Path, say: Report) -> ImageData | None:
    if not _is_there(folder / _PICKLE):
        return None

    from nn.datasets.pickled import read_pickled_mnist

    return read_pickled_mnist(folder / _PICKLE)


def _from_network(data_dir: Path, on_progress: "DownloadObserver | None", say: Report) -> ImageData:
    from nn.datasets.download import download_mnist

    download_mnist(data_dir, on_progress)
    say(f"MNIST was downloaded into {data_dir}/.")
    data = _from_idx(data_dir, say)
    if data is None:
        raise DataError(f"{data_dir}: the files just downloaded have disappeared.")
    return data


def _is_there(path: Path) -> bool:
    with reading(path, DataError):
        return path.is_file()
