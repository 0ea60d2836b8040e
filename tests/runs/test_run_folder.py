"""What a run's folder holds, and what becomes of it in the hands of people and full disks."""

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nn.datasets.framing import Framing
from nn.datasets.normalization import Normalization
from nn.errors import RunFolderError, SettingError
from nn.files import atomic_write
from nn.runs.data_facts import DataFacts
from nn.runs.preparation import prepare_network
from nn.runs.run_folder import Result, RunFolder
from nn.settings.declaration import Settings
from nn.training.history import EpochRecord

RESULT = Result(
    epochs=3,
    parameters=50890,
    training_loss=0.5,
    training_accuracy=0.75,
    validation_loss=0.25,
    validation_accuracy=0.875,
    test_loss=0.125,
    test_accuracy=0.9375,
    test_images=6000,
)
HISTORY = [
    EpochRecord(1, 0.001, 0.5, 0.75, 0.25, 0.875, seconds=7.5),
    EpochRecord(2, 0.00098, 1 / 3, 0.8, 0.125, 1.0, seconds=7.5),
]


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "saved_files", "run")


# Making a folder -------------------------------------------------------------------------------


def test_a_folder_is_made_with_all_above_it(tmp_path):
    run = RunFolder.create(tmp_path / "a" / "b", "run")
    assert run.path == tmp_path / "a" / "b" / "run"
    assert run.path.is_dir()
    assert run.name == "run"


def test_a_name_in_use_gets_a_number_and_nothing_is_overwritten(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("mine")
    (tmp_path / "run-2").write_text("a file")
    assert [RunFolder.create(tmp_path, "run").name for _ in range(2)] == ["run-3", "run-4"]
    assert (tmp_path / "run" / "mine.txt").read_text() == "mine"
    assert (tmp_path / "run-2").read_text() == "a file"


def test_a_save_folder_that_is_a_file_is_named_in_the_error(tmp_path):
    (tmp_path / "saved_files").write_text("a file")
    for save_dir in (tmp_path / "saved_files", tmp_path / "saved_files" / "deeper"):
        with pytest.raises(RunFolderError, match=r"saved_files.*--save-dir"):
            RunFolder.create(save_dir, "run")


def test_a_save_folder_that_leads_nowhere_is_named_in_the_error(tmp_path):
    (tmp_path / "saved_files").symlink_to(tmp_path / "gone")
    with pytest.raises(RunFolderError, match="saved_files"):
        RunFolder.create(tmp_path / "saved_files", "run")


def test_a_save_folder_that_may_not_be_written_is_named_in_the_error(tmp_path, monkeypatch):
    def refuse(*_arguments, **_words):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(RunFolderError, match=r"cannot be written \(Permission denied\)"):
        RunFolder.create(tmp_path, "run")


def test_a_name_too_long_for_the_disk_is_an_error_and_no_endless_search(tmp_path):
    with pytest.raises(RunFolderError, match="File name too long"):
        RunFolder.create(tmp_path, "x" * 300)


def test_a_discarded_folder_is_gone_and_its_neighbours_stay(folder):
    neighbour = RunFolder.create(folder.path.parent, "run")
    folder.write_result(RESULT)
    folder.discard()
    assert list(folder.path.parent.iterdir()) == [neighbour.path]


# Writing and reading ---------------------------------------------------------------------------


def test_histories_have_a_row_an_epoch(folder):
    folder.write_histories(HISTORY)
    files = {path.name: path.read_text() for path in folder.path.iterdir()}
    assert files == {
        "loss_history.csv": "epoch,training,validation\n1,0.5,0.25\n2,0.333333333,0.125\n",
        "accuracy_history.csv": "epoch,training,validation\n1,0.75,0.875\n2,0.8,1\n",
        "learning_rate_history.csv": "epoch,learning_rate\n1,0.001\n2,0.00098\n",
    }


def test_histories_of_no_epoch_are_their_headers(folder):
    folder.write_histories([])
    assert (folder.path / "loss_history.csv").read_text() == "epoch,training,validation\n"


def test_a_network_is_a_file_for_each_array_with_a_row_an_input(folder):
    network = prepare_network(Settings(hidden_layers=2, hidden_units=3), (2, 2), 5)
    folder.write_network(network)
    shapes = {
        path.name: np.loadtxt(path, delimiter=",", ndmin=2).shape for path in folder.path.iterdir()
    }
    assert shapes == {
        "weights_1.csv": (4, 3),
        "biases_1.csv": (1, 3),
        "weights_2.csv": (3, 3),
        "biases_2.csv": (1, 3),
        "weights_3.csv": (3, 5),
        "biases_3.csv": (1, 5),
    }


def test_a_network_comes_back_to_the_last_bit(folder):
    written = prepare_network(Settings(seed=1), (4, 3), 3)
    written.parameters.values[:] = np.random.default_rng(0).standard_normal(
        written.parameter_count, np.float32
    )
    folder.write_network(written)
    read = prepare_network(Settings(seed=2), (4, 3), 3)
    folder.read_network(read)
    assert read.parameters.values.tobytes() == written.parameters.values.tobytes()
    inputs = np.random.default_rng(1).random((5, 12), np.float32)
    assert (read.forward(inputs) == written.forward(inputs)).all()


def test_settings_come_back_but_for_where_the_run_lies(folder):
    settings = Settings(
        hidden_layers=2, l1=True, learning_rate=1e-4, seed=2**40, validation_size=0.25,
        data_dir="a folder/with: signs # and 'quotes'", save_dir="x", name="y",
    )  # fmt: skip
    folder.write_settings(settings, ["a note"])
    assert (folder.path / "settings.yaml").read_text().startswith("# a note\n")
    assert folder.read_settings() == settings.model_copy(
        update={"save_dir": "saved_files", "name": ""}
    )


def test_a_note_of_two_lines_adds_no_setting(folder):
    folder.write_settings(Settings(), ["data: a\nepochs: 99"])
    assert folder.read_settings() == Settings()


def test_missing_or_damaged_settings_are_named_in_the_error(folder):
    with pytest.raises(SettingError, match=r"settings\.yaml"):
        folder.read_settings()
    (folder.path / "settings.yaml").write_text("hidden_layers: 9\n")
    with pytest.raises(SettingError, match=r"settings\.yaml, line 1: hidden_layers is '9'"):
        folder.read_settings()


def test_normalization_comes_back_to_the_last_bit(folder):
    mean, deviation = float(np.float32(33.318423)), float(np.float32(78.567))
    folder.write_normalization(Normalization(mean, deviation))
    read = folder.read_normalization()
    assert np.float32(read.subtract) == np.float32(mean)
    assert np.float32(read.divide) == np.float32(deviation)
    header, row = (folder.path / "normalization.csv").read_text().splitlines()
    assert header == "subtract,divide"
    assert row == "33.3184242,78.5670013"


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ("0,0", "divide"),
        ("0,-255", "divide"),
        ("0,1e-60", "divide"),  # 0 in float32
        ("0,1e300", "divide"),  # infinite in float32
        ("-1,255", "subtract"),
        ("1e300,255", "subtract"),
        ("nan,255", "subtract"),
        ("0,inf", "divide"),
    ],
)
def test_a_normalization_that_cannot_be_is_refused(folder, row, name):
    (folder.path / "normalization.csv").write_text(f"subtract,divide\n{row}\n")
    with pytest.raises(RunFolderError, match=rf"normalization\.csv: {name} is"):
        folder.read_normalization()


@pytest.mark.parametrize("name", ["image_height", "image_width", "classes"])
@pytest.mark.parametrize("size", [0, -1, 100_001, 10**400])
def test_data_facts_of_an_impossible_size_are_refused(folder, name, size):
    folder.write_data_facts(replace(DataFacts(28, 28, 10, 0), **{name: size}))
    with pytest.raises(RunFolderError, match=rf"data\.csv: {name} is"):
        folder.read_data_facts()


def test_a_result_comes_back(folder):
    folder.write_result(RESULT)
    assert folder.read_result() == RESULT
    header, row = (folder.path / "result.csv").read_text().splitlines()
    assert header == (
        "epochs,parameters,training_loss,training_accuracy,"
        "validation_loss,validation_accuracy,test_loss,test_accuracy,test_images"
    )
    assert row == "3,50890,0.5,0.75,0.25,0.875,0.125,0.9375,6000"


def test_a_confusion_matrix_is_whole_numbers(folder):
    folder.write_confusion_matrix(np.array([[980, 1], [123456789, 0]]))
    assert (folder.path / "confusion_matrix.csv").read_text() == "980,1\n123456789,0\n"


@pytest.mark.parametrize("row", ["0,20,0,1", "20,29,0,1", "-3,20,0,1"])
def test_ink_that_does_not_fit_the_frame_is_refused(folder, row):
    assert folder.read_framing((28, 28)) == Framing(20, 20, 0, 1)
    (folder.path / "framing.csv").write_text(f"ink_height,ink_width,stretched,by_mass\n{row}\n")
    with pytest.raises(RunFolderError, match=r"framing\.csv: ink_(height|width) is .* pixels"):
        folder.read_framing((28, 28))


def test_a_framing_of_an_earlier_version_allows_any_thickness(folder):
    path = folder.path / "framing.csv"
    path.write_text("ink_height,ink_width,stretched,by_mass\n20,18,0,1\n")
    assert folder.read_framing((28, 28)) == Framing(20, 18, 0, 1, thickness=0)
    folder.write_framing(Framing(20, 18, 0, 1, thickness=2.5))
    assert folder.read_framing((28, 28)).thickness == 2.5
    path.write_text(path.read_text().replace("2.5", "-1e9"))
    with pytest.raises(RunFolderError, match="thickness is -1e"):
        folder.read_framing((28, 28))


WRITERS: list[tuple[str, Callable[[RunFolder], None]]] = [
    ("settings.yaml", lambda run: run.write_settings(Settings(), [])),
    ("normalization.csv", lambda run: run.write_normalization(Normalization(0, 255))),
    ("framing.csv", lambda run: run.write_framing(Framing(20, 20, 0, 1))),
    ("data.csv", lambda run: run.write_data_facts(DataFacts(28, 28, 10, 0))),
    ("loss_history.csv", lambda run: run.write_histories(HISTORY)),
    ("weights_1.csv", lambda run: run.write_network(prepare_network(Settings(), (2, 2), 2))),
    ("confusion_matrix.csv", lambda run: run.write_confusion_matrix(np.eye(2, dtype=int))),
    ("result.csv", lambda run: run.write_result(RESULT)),
]


@pytest.mark.parametrize(("name", "write"), WRITERS, ids=[name for name, _ in WRITERS])
def test_a_full_disk_is_said_with_the_file_and_leaves_the_old_one(folder, name, write, monkeypatch):
    write(folder)
    before = {path.name: path.read_bytes() for path in folder.path.iterdir()}

    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic_write.os, "fsync", full)
    with pytest.raises(RunFolderError, match=rf"{name}: cannot be written \(No space left"):
        write(folder)
    assert {path.name: path.read_bytes() for path in folder.path.iterdir()} == before


# Seconds ---------------------------------------------------------------------------------------


def test_the_seconds_come_back(folder):
    folder.write_seconds(83.25)
    assert (folder.path / "seconds.txt").read_text() == "83.250\n"
    assert folder.read_seconds() == 83.25


@pytest.mark.parametrize("content", [None, "", "long\n", "nan\n", "-1\n", "inf\n", "ü"])
def test_seconds_that_cannot_be_read_are_none(folder, content):
    if content is not None:
        (folder.path / "seconds.txt").write_text(content, encoding="utf-8")
    assert folder.read_seconds() is None
