"""The pictures of a run are drawn from its files, and each stands beside the file of its stem."""

import errno
from pathlib import Path

import numpy as np
import pytest

from nn.errors import RunFolderError
from nn.files import atomic_write
from nn.reports import run_pictures
from nn.reports.run_pictures import draw_run
from nn.runs.layers_history import write_layers_history
from nn.runs.run_folder import RunFolder
from nn.training.history import EpochRecord
from nn.training.layer_health import LayerRecord

PNG = b"\x89PNG\r\n\x1a\n"
MATRIX = np.array([[5, 1, 0], [2, 7, 0], [0, 0, 9]])
LAYERS = [LayerRecord(1, 1, 0.0, 0.5, 8.0, 1.0, 0.001)]


@pytest.fixture
def folder(tmp_path) -> Path:
    run = RunFolder.create(tmp_path, "run")
    run.write_histories(
        [
            EpochRecord(1, 0.5, 2.0, 0.25, 1.0, 0.5, seconds=1),
            EpochRecord(2, 0.25, 1.0, 0.75, 0.5, 0.875, seconds=1),
        ]
    )
    write_layers_history(run.path, LAYERS)
    run.write_confusion_matrix(MATRIX)
    return run.path


@pytest.fixture
def drawn(monkeypatch) -> dict[str, dict]:
    """Collect what is given to be drawn, by the picture's name, instead of drawing it."""
    calls: dict[str, dict] = {}

    def history(path, kind, epochs, *, training, validation, title, loss_unit):
        assert loss_unit == "nats per example"
        calls[path.name] = {"kind": kind, "epochs": list(epochs), "title": title}
        calls[path.name] |= {"training": list(training), "validation": list(validation)}

    def learning_rate(path, epochs, rates, title):
        calls[path.name] = {"epochs": list(epochs), "rates": list(rates), "title": title}

    def matrix(path, matrix, title, names):
        calls[path.name] = {"matrix": matrix.tolist(), "title": title}

    def layers(path, records, title):
        calls[path.name] = {"layers": records, "title": title}

    monkeypatch.setattr(run_pictures, "plot_layers_history", layers)
    monkeypatch.setattr(run_pictures, "plot_history", history)
    monkeypatch.setattr(run_pictures, "plot_learning_rate", learning_rate)
    monkeypatch.setattr(run_pictures, "plot_confusion_matrix", matrix)
    return calls


def test_every_curve_gets_its_own_numbers(folder, drawn):
    draw_run(folder, "data, run")
    assert drawn == {
        "loss_history.png": {
            "kind": "loss",
            "epochs": [1, 2],
            "training": [2.0, 1.0],
            "validation": [1.0, 0.5],
            "title": "data, run",
        },
        "accuracy_history.png": {
            "kind": "accuracy",
            "epochs": [1, 2],
            "training": [0.25, 0.75],
            "validation": [0.5, 0.875],
            "title": "data, run",
        },
        "learning_rate_history.png": {
            "epochs": [1, 2],
            "rates": [0.5, 0.25],
            "title": "data, run",
        },
        "layers_history.png": {"layers": LAYERS, "title": "data, run"},
        "confusion_matrix.png": {"matrix": MATRIX.tolist(), "title": "data, run"},
    }


def test_each_picture_stands_beside_the_file_of_its_stem(folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    begun: list[str] = []
    draw_run(folder, "data, run", begun.append)
    pictures = {path.stem: path for path in folder.glob("*.png")}
    assert set(pictures) == {Path(name).stem for name in before}
    assert all(path.read_bytes().startswith(PNG) for path in pictures.values())
    assert {path.name: path.read_bytes() for path in folder.glob("*.csv")} == before
    assert len(list(folder.iterdir())) == 10
    assert sorted(begun) == sorted(path.name for path in pictures.values())


def test_a_run_without_a_whole_epoch_has_only_its_confusion_matrix_drawn(folder, drawn):
    RunFolder(folder).write_histories([])
    write_layers_history(folder, [])
    draw_run(folder, "data, run")
    assert set(drawn) == {"confusion_matrix.png"}


def test_one_epoch_is_one_point(folder, drawn):
    RunFolder(folder).write_histories([EpochRecord(1, 0.5, 2.0, 0.25, 1.0, 0.5, seconds=1)])
    draw_run(folder, "data, run")
    assert drawn["loss_history.png"]["training"] == [2.0]
    assert drawn["learning_rate_history.png"]["rates"] == [0.5]


def test_pictures_are_drawn_anew_over_the_old_ones(folder, drawn):
    draw_run(folder, "data, run")
    first = dict(drawn)
    RunFolder(folder).write_confusion_matrix(MATRIX * 2)
    draw_run(folder, "data, run")
    second = {"matrix": (MATRIX * 2).tolist(), "title": "data, run"}
    assert drawn == first | {"confusion_matrix.png": second}


def test_a_full_disk_is_said_with_the_runs_folder_and_leaves_no_half_picture(folder, monkeypatch):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = set(folder.iterdir())
    monkeypatch.setattr(atomic_write.os, "fsync", full)
    with pytest.raises(RunFolderError, match=r"run: cannot be written \(No space"):
        draw_run(folder, "data, run")
    assert set(folder.iterdir()) == before
