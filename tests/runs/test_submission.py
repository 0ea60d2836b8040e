"""Answers for images without labels, as Kaggle takes them."""

import shutil

import numpy as np
import pytest

from nn.errors import DataError
from nn.runs.experiment import run_experiment
from nn.runs.saved_run import SavedRun, load_run
from nn.runs.submission import write_submission
from nn.settings.declaration import Settings
from tests.forms_of_data import TEST, digits, write_kaggle


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> SavedRun:
    place = tmp_path_factory.mktemp("kaggle")
    (place / "data").mkdir()
    write_kaggle(place / "data")
    settings = Settings(
        data_dir=str(place / "data"), save_dir=str(place), name="run", epochs=2, hidden_layers=0,
        learning_rate=0.02,
    )  # fmt: skip
    return load_run(run_experiment(settings).folder)


def test_every_image_has_a_row_with_its_answer(run, monkeypatch):
    monkeypatch.setattr("nn.runs.submission._AT_ONCE", 7)
    path = write_submission(run, run.settings.data_dir)
    header, *rows = path.read_text().splitlines()
    assert header == "ImageId,Label"
    numbers, labels = np.array([row.split(",") for row in rows], int).T
    assert numbers.tolist() == list(range(1, TEST + 1))
    assert labels.tolist() == run.predict(digits(TEST, 1).images).tolist()
    assert len(set(labels.tolist())) > 1


def test_a_folder_without_such_a_table_is_refused(run, tmp_path):
    with pytest.raises(DataError, match=r"without a column of labels.*; there is none"):
        write_submission(run, str(tmp_path))
    for name in "ab":
        shutil.copy(f"{run.settings.data_dir}/test.csv", tmp_path / f"{name}.csv")
    with pytest.raises(DataError, match=r"there is a\.csv, b\.csv"):
        write_submission(run, str(tmp_path))


def test_images_of_another_size_are_refused(run, tmp_path):
    (tmp_path / "test.csv").write_text("a,b,c,d,e,f,g,h,i\n0,1,2,3,4,5,6,7,8\n")
    with pytest.raises(DataError, match="images of 3 x 3 pixels, but run was trained on images of"):
        write_submission(run, str(tmp_path))
