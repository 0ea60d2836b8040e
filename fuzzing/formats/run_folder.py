"""A run's folder: settings, weights, facts and histories, as predict.py and compare.py read them.

The first byte of an input says which file of a whole run the rest takes the place of.
"""

import shutil
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from fuzzing.formats import Format, Reading
from nn.comparing.compared_run import read_runs
from nn.datasets.idx import write_idx
from nn.errors import DataError, RunFolderError
from nn.runs.class_names_file import write_class_names
from nn.runs.experiment import run_experiment
from nn.runs.run_folder import RunFolder
from nn.runs.saved_run import load_run, predict_test_set
from nn.settings.declaration import Settings

_FILES = (
    *("settings.yaml", "weights_1.csv", "biases_1.csv", "normalization.csv", "data.csv"),
    *("result.csv", "loss_history.csv", "accuracy_history.csv", "learning_rate_history.csv"),
    *("seconds.txt", "confusion_matrix.csv", "classes.csv", "framing.csv"),
)
_SHORT_SETTINGS = b"hidden_layers: 0\nepochs: 1\ndata_dir: data\ndataset: mnist\n"


def _prepare(folder: Path) -> list[bytes]:
    """Train a small run, the one that every input damages in one place."""
    small_run(folder, "whole")
    write_class_names(folder / "whole", ("cat", '"dog", a', "owl"))
    # Short, for PyYAML takes its time.
    (folder / "whole" / "settings.yaml").write_bytes(_SHORT_SETTINGS)
    shutil.copytree(folder / "whole", folder / "run")
    return [
        bytes([number]) + (folder / "whole" / name).read_bytes()
        for number, name in enumerate(_FILES)
    ]


def small_run(folder: Path, name: str, **changes: Any) -> Path:
    """Train a run on noise, and return its folder; the noise lies in `data` beside it."""
    rng = np.random.default_rng(0)
    (folder / "data").mkdir(exist_ok=True)
    for part, count in (("train", 30), ("t10k", 10)):
        images = rng.integers(0, 256, (count, 3, 3), dtype=np.uint8)
        write_idx(folder / "data" / f"{part}-images-idx3-ubyte", images)
        labels = (np.arange(count) % 3).astype(np.uint8)
        write_idx(folder / "data" / f"{part}-labels-idx1-ubyte", labels)
    places = {"data_dir": str(folder / "data"), "save_dir": str(folder), "name": name}
    settings = Settings(**{"hidden_layers": 0, "epochs": 1, **places, **changes})
    return run_experiment(settings).folder.path


def _read(content: bytes, folder: Path) -> Reading:
    for name in _FILES:
        if (folder / "run" / name).read_bytes() != (folder / "whole" / name).read_bytes():
            shutil.copyfile(folder / "whole" / name, folder / "run" / name)
    damaged = _FILES[content[0] % len(_FILES)] if content else _FILES[0]
    (folder / "run" / damaged).write_bytes(content[1:])
    return lambda: _look_at(RunFolder(folder / "run"))


def _look_at(run: RunFolder) -> object:
    saved = load_run(run)
    reports: list[str] = []
    try:
        runs = read_runs([run], report=reports.append)
    except RunFolderError:  # no run is left; why this one is not, was reported
        raise RunFolderError(reports[0]) from None
    with _no_network(run), _no_drawing(run):
        predictions = predict_test_set(saved)
    return predictions.accuracy, len(runs)


def _no_network(run: RunFolder) -> "mock._patch[object]":
    error = DataError(f"{run.path}: no network")
    return mock.patch("nn.datasets.sources._from_network", side_effect=error)


def _no_drawing(run: RunFolder) -> "mock._patch[object]":
    error = DataError(f"{run.path}: the built-in digits take seconds to draw")
    return mock.patch("nn.datasets.drawn_digits.built_in_digits", side_effect=error)


FORMAT = Format(
    "run",
    _prepare,
    _read,
    tokens=(
        *(b"1e999", b"-inf", b"nan", b"1e39", b"0x1p3", b"1_0", b"9" * 40, b"+", b"e-", b","),
        *(b"hidden_units: ", b"layers: ", b"{conv2d: {filters: 2, kernel_size: 2}}", b"dense"),
        *(b"data_dir: ", b"split: official\n", b"validation_size: ", b"..", b"image_height"),
        *(b",channels", b",3"),
    ),
)
