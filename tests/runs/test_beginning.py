"""What a run is called, and what its folder says before training."""

import re
from contextlib import ExitStack

import numpy as np
import pytest

from nn.errors import RunFolderError
from nn.runs.beginning import begin_run, describe_run, notes_on
from nn.runs.preparation import prepare_data
from nn.runs.run_folder import RunFolder
from nn.settings.config_files import read_config, read_notes
from nn.settings.declaration import Settings


def test_a_run_without_a_name_is_called_by_its_time_and_what_is_trained():
    stamp = r"\d{8}-\d{6}-"
    assert re.fullmatch(stamp + "2x30-sigmoid-adam", describe_run(
        Settings(hidden_layers=2, hidden_units=30, activation="sigmoid", optimizer="adam")
    ))  # fmt: skip
    assert re.fullmatch(stamp + "softmax-sgd", describe_run(
        Settings(hidden_layers=0, optimizer="sgd")
    ))  # fmt: skip


def test_the_notes_name_the_data_the_versions_and_how_to_repeat_the_run(settings):
    data, versions, repeat = notes_on(prepare_data(settings()))
    assert data.startswith("data: ")
    assert f"NumPy {np.__version__}" in versions
    assert repeat == "repeat: python train.py --config with this file's path"


def test_settings_notes_and_data_facts_are_there_before_training(settings, tmp_path):
    wanted = settings(epochs=7)
    folder = RunFolder.create(tmp_path, "run")
    with ExitStack() as locks:
        begin_run(folder, wanted, prepare_data(wanted), ["a note"], locks)
    assert {path.name for path in folder.path.iterdir()} >= {"settings.yaml", "data.csv"}
    assert not (folder.path / "classes.csv").exists()
    assert read_config(folder.path / "settings.yaml")["epochs"].value == "7"
    assert read_notes(folder.path / "settings.yaml") == ["a note"]


def test_a_folder_that_cannot_be_written_is_removed(settings, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise RunFolderError("the disk is full")

    monkeypatch.setattr(RunFolder, "write_normalization", full)
    folder = RunFolder.create(tmp_path, "run")
    with ExitStack() as locks, pytest.raises(RunFolderError, match="the disk is full"):
        begin_run(folder, settings(), prepare_data(settings()), [], locks)
    assert not folder.path.exists()
