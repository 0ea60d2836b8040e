"""Where the images come from: the first source that has them.

Files in the data folder come first, in any form that the program reads. Then MNIST is downloaded.
Without files and without the internet the program draws its own digits, so that the first command
always trains a network.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nn.datasets.data_folder import holds_data, read_folder
from nn.datasets.images import ImageData
from nn.datasets.picture_folders import EXPECTED, Preparation, read_pictures
from nn.errors import DataError, SettingError

if TYPE_CHECKING:
    from nn.datasets.download import DownloadObserver

Report = Callable[[str], None]
"""Called with one sentence at a time: what was searched for, what is missing, what is used."""


def load_images(
    dataset: str,
    data_dir: Path,
    *,
    pictures: Preparation | None = None,
    beside: Path | None = None,
    on_progress: "DownloadObserver | None" = None,
    report: Report | None = None,
) -> ImageData:
    """Load a data set.

    "auto" looks in `data_dir` for files of any form, and for a folder of pictures for each class;
    then for files under MNIST's own names in `beside`, and in the folder `data` there. If there are
    none, it downloads MNIST's four files; without the internet it uses the digits that the program
    draws. "mnist" never uses these, "built-in" only these, and "pictures" only pictures. Files in
    `data_dir` that are damaged, incomplete or only look like data are an error, because a user put
    them there to be used.

    Args:
        dataset: "auto", "mnist", "pictures" or "built-in".
        data_dir: the data folder; it need not exist.
        pictures: how pictures become images, and whether colours are kept; scaled to 28 x 28
            greys if None.
        beside: the folder of train.py, if there is one.
        on_progress: called during a download: file, bytes that have arrived, total bytes.
        report: called with sentences that explain the choice.

    Raises:
        SettingError: another `dataset`.
        DataError: a file is damaged, incomplete or something else, or "mnist" is not available.
    """
    if dataset not in ("auto", "mnist", "pictures", "built-in"):
        raise SettingError(f"dataset: got {dataset!r}, expected auto, mnist, pictures or built-in.")
    say = report or (lambda _sentence: None)
    if dataset != "built-in":
        preparation = pictures or Preparation()
        read = partial(read_pictures, preparation=preparation, on_progress=on_progress)
        if dataset == "pictures":
            data = read(data_dir)
            if data is None:
                raise DataError(f"{data_dir}: there are no pictures to train on; {EXPECTED}")
        else:
            named = partial(read_folder, say=say, pictures=read, colour=preparation.colour)
            data = _from_files(data_dir, beside, named, on_progress, say)
        if data is not None:
            for remark in data.remarks:
                say(remark)
            return data
        try:
            return _from_network(data_dir, on_progress, say)
        except DataError as error:
            if dataset == "mnist":
                raise
            say(f"{error} Using the built-in digits.")

    from nn.datasets.drawn_digits import built_in_digits

    return built_in_digits(data_dir)


def holds_images(folder: Path) -> bool:
    """Return whether a folder contains data, so that nothing will be written into it."""
    return holds_data(folder) and not _is_unfinished(folder)


def _from_files(
    data_dir: Path,
    beside: Path | None,
    read_named: Callable[[Path], ImageData | None],
    on_progress: "DownloadObserver | None",
    say: Report,
) -> ImageData | None:
    """Return the first data set that is in one of the folders."""
    if _is_unfinished(data_dir):
        try:
            return _from_network(data_dir, on_progress, say)
        except DataError as error:
            say(str(error))
    data = read_named(data_dir)
    if not data_dir.exists():  # its name may be misspelled
        say(f"There is no folder {data_dir}/. Looking for MNIST.")
    for other in (beside, beside / "data") if beside else ():
        if data is None and other.resolve() != data_dir.resolve():
            data = read_folder(other, say)
    return data


def _is_unfinished(folder: Path) -> bool:
    """Return whether a download ended in this folder before the last of the four files."""
    from nn.datasets.download import MNIST_FILES

    names = [file.name for file in MNIST_FILES]
    paths = [folder / name for name in (*names, *(name[:-3] for name in names))]
    try:
        sizes = [path.stat().st_size if path.is_file() else 0 for path in paths]
    except OSError:
        return False
    known = [size == file.size for size, file in zip(sizes, MNIST_FILES, strict=False)]
    return any(known) and sum(size > 0 for size in sizes) < len(names)


def _from_network(data_dir: Path, on_progress: "DownloadObserver | None", say: Report) -> ImageData:
    from nn.datasets.download import download_mnist

    download_mnist(data_dir, on_progress)
    say(f"MNIST was downloaded into {data_dir}/.")
    data = read_folder(data_dir, say)
    if data is None:
        raise DataError(f"{data_dir}: the files just downloaded have disappeared.")
    return data
