"""A file to hand in at Kaggle: the network's answers for images that nobody has labelled."""

from pathlib import Path

import numpy as np

from nn.datasets.csv_files import read_unlabelled
from nn.datasets.data_folder import data_files
from nn.datasets.images import describe_size
from nn.errors import DataError
from nn.files.atomic_write import write_atomically
from nn.files.file_errors import writing
from nn.runs.csv_files import csv_text
from nn.runs.file_names import SUBMISSION
from nn.runs.saved_run import SavedRun
from nn.runs.write_scope import check_data_dir

_AT_ONCE = 1000  # images


def write_submission(run: SavedRun, data_dir: str | None = None) -> Path:
    """Write `submission.csv` into a run's folder: `ImageId,Label`, one row per image, from 1.

    Args:
        run: The run.
        data_dir: The folder with a table of images without labels; that of the training if None.

    Returns:
        The file's path.

    Raises:
        DataError: There is no such table, it is damaged, or its images have another size.
        RunFolderError: The run's folder cannot be written.
        SettingError: The run's settings name a folder elsewhere that holds no images.
    """
    if data_dir is None:
        check_data_dir(run.folder.path, run.settings)
    folder = Path(data_dir or run.settings.data_dir)
    images, source = read_unlabelled(data_files(folder), folder)
    if images.shape[1:] != run.facts.image_shape:
        found, expected = map(describe_size, (images.shape[1:], run.facts.image_shape))
        raise DataError(
            f"{source}: images of {found}, but {run.folder.name} was trained on images of "
            f"{expected}."
        )
    starts = range(0, len(images), _AT_ONCE)
    answers = np.concatenate([run.predict(images[start : start + _AT_ONCE]) for start in starts])
    names = run.class_names or range(run.facts.classes)
    rows = [(number, names[label]) for number, label in enumerate(answers.tolist(), start=1)]
    path = run.folder.path / SUBMISSION
    with writing(path):
        write_atomically(path, csv_text([("ImageId", "Label"), *rows]))
    return path
