"""A run read back must answer as it did in training, or say why it cannot."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nn.errors import DataError, ProgramError, RunFolderError, SettingError
from nn.runs.experiment import FinishedRun, run_experiment
from nn.runs.run_folder import RunFolder
from nn.runs.saved_run import load_run, predict_test_set
from nn.settings.declaration import Settings

READ_BACK = (
    "settings.yaml",
    "data.csv",
    "normalization.csv",
    "framing.csv",
    "weights_1.csv",
    "biases_1.csv",
    "weights_2.csv",
    "biases_2.csv",
)


@pytest.fixture(scope="module")
def data(small_data, tmp_path_factory) -> Path:
    return small_data(tmp_path_factory.mktemp("data"), shape=(8, 6))


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory) -> FinishedRun:
    settings = Settings(
        data_dir=str(data), save_dir=str(tmp_path_factory.mktemp("saved_files")), name="shared",
        hidden_units=8, learning_rate=0.005, epochs=1, normalization="normal", seed=5,
    )  # fmt: skip
    return run_experiment(settings)


@pytest.fixture
def folder(finished, tmp_path) -> RunFolder:
    """Return a copy of the run, to be damaged."""
    return RunFolder(shutil.copytree(finished.folder.path, tmp_path / "copy"))


def test_the_test_accuracy_is_the_one_that_training_printed(finished):
    predictions = predict_test_set(load_run(finished.folder))
    assert predictions.accuracy == pytest.approx(finished.result.test_accuracy, abs=1e-15)
    assert len(predictions.true) == finished.result.test_images
    assert 0 < len(predictions.mistakes) < 20


def test_predictions_are_those_of_the_confusion_matrix(finished):
    predictions = predict_test_set(load_run(finished.folder))
    matrix = np.loadtxt(finished.folder.path / "confusion_matrix.csv", delimiter=",")
    assert [np.sum(predictions.true == k) for k in range(4)] == matrix.sum(axis=1).tolist()
    assert [np.sum(predictions.predicted == k) for k in range(4)] == matrix.sum(axis=0).tolist()


def test_two_readings_are_the_same_to_the_last_bit(finished, folder):
    one, other = (predict_test_set(load_run(run)) for run in (finished.folder, folder))
    assert one.probabilities.tobytes() == other.probabilities.tobytes()
    assert np.allclose(one.probabilities.sum(axis=1), 1, atol=1e-6)


def test_shifted_readings_are_those_of_the_training(settings):
    run, once = (run_experiment(settings(test_shift=shift)) for shift in (1, 0))
    predictions = predict_test_set(load_run(run.folder))
    np.testing.assert_array_equal(predictions.probabilities, run.predictions.probabilities)
    assert predictions.accuracy == pytest.approx(run.result.test_accuracy)
    assert (predictions.probabilities != once.predictions.probabilities).any()
    assert run.result.validation_loss != once.result.validation_loss


def test_the_images_shown_are_the_pixels_before_normalization(finished, data):
    predictions = predict_test_set(load_run(finished.folder))
    assert predictions.images.dtype == np.uint8
    assert predictions.images.shape == (60, 8, 6)
    assert predictions.images.max() > 200
    assert predictions.title == f"images in {data.name}/, shared"


def test_what_the_run_was_trained_with_is_not_fitted_again(folder):
    """The normalization is read, so that a run does not depend on its training images."""
    before = predict_test_set(load_run(folder)).probabilities
    path = folder.path / "normalization.csv"
    path.write_text("subtract,divide\n0,255\n")
    assert load_run(folder).normalization.divide == 255
    assert not np.allclose(predict_test_set(load_run(folder)).probabilities, before, atol=0.01)


def test_the_runs_own_split_is_used(small_data, data, tmp_path):
    """The same data, another split: six tenths of the test file against all of it."""
    settings = Settings(
        data_dir=str(data), save_dir=str(tmp_path), hidden_units=8, epochs=1,
        split="official", validation_size=50,
    )  # fmt: skip
    finished = run_experiment(settings)
    assert len(predict_test_set(load_run(finished.folder)).true) == 100
    assert finished.result.test_images == 100


def test_another_data_folder_with_the_same_images_is_no_matter(finished, data, tmp_path):
    said: list[str] = []
    elsewhere = shutil.copytree(data, tmp_path / "elsewhere")
    predictions = predict_test_set(
        load_run(finished.folder), data_dir=str(elsewhere), report=said.append
    )
    assert predictions.accuracy == pytest.approx(finished.result.test_accuracy)
    assert said == []


def test_other_images_of_the_same_size_are_said_to_be_others(finished, small_data, tmp_path):
    said: list[str] = []
    others = small_data(tmp_path / "others", shape=(8, 6), training=401)
    predict_test_set(load_run(finished.folder), data_dir=str(others), report=said.append)
    assert len(said) == 1
    assert "not the images that shared was trained and tested with" in said[0]


@pytest.mark.parametrize(("shape", "classes"), [((6, 8), 4), ((8, 8), 4), ((8, 6), 5), ((8, 6), 3)])
def test_images_of_another_kind_are_refused(finished, small_data, tmp_path, shape, classes):
    words = f"{shape[0]} x {shape[1]} pixels in {classes} classes"
    others = small_data(tmp_path / "others", shape=shape, classes=classes)
    with pytest.raises(DataError, match=words) as caught:
        predict_test_set(load_run(finished.folder), data_dir=str(others))
    assert "trained on images of 8 x 6 pixels in 4 classes" in str(caught.value)
    assert "--data-dir" in str(caught.value)


@pytest.mark.parametrize("name", [name for name in READ_BACK if name != "framing.csv"])
def test_a_missing_file_is_named_in_the_error(folder, name):
    (folder.path / name).unlink()
    with pytest.raises(ProgramError, match=re.escape(f"{name}: ")):
        load_run(folder)


def shortened(content: bytes) -> bytes:
    return content[: len(content) // 2]


def with_text(content: bytes) -> bytes:
    head, _, tail = content.rpartition(b",")
    return head + b",x" + tail


def with_nan(content: bytes) -> bytes:
    head, _, _ = content.rpartition(b",")
    return head + b",nan\n"


def transposed(content: bytes) -> bytes:
    rows = [line.split(b",") for line in content.splitlines()]
    return b"".join(b",".join(column) + b"\n" for column in zip(*rows, strict=True))


@pytest.mark.parametrize("name", READ_BACK[1:])
@pytest.mark.parametrize("damage", [shortened, with_text, with_nan, transposed])
def test_a_damaged_file_is_named_in_the_error(folder, name, damage: Callable[[bytes], bytes]):
    path = folder.path / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(RunFolderError, match=re.escape(name)):
        load_run(folder)


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("hidden_units: 8", "hidden_units: 9"),
        ("hidden_layers: 1", "hidden_layers: 0"),
        ("hidden_layers: 1", "hidden_layers: 2"),
    ],
)
def test_settings_of_another_network_do_not_fit_the_files(folder, line, changed):
    path = folder.path / "settings.yaml"
    text = path.read_text()
    assert line in text
    path.write_text(text.replace(line, changed))
    with pytest.raises(RunFolderError, match=r"(weights|biases)_\d\.csv: "):
        load_run(folder)


def test_facts_of_a_giant_are_refused_before_they_take_the_memory(folder):
    (folder.path / "data.csv").write_text(
        "image_height,image_width,classes,crc32\n100000,100000,10,0\n"
    )
    with pytest.raises(ProgramError, match="GiB"):
        load_run(folder)


def test_files_from_other_runs_beside_it_do_not_matter(folder, finished):
    (folder.path / "weights_3.csv").write_text("garbage")
    (folder.path / "notes.txt").write_text("mine")
    one, other = (predict_test_set(load_run(run)) for run in (finished.folder, folder))
    assert (one.probabilities == other.probabilities).all()


def test_a_run_that_is_resumed_while_it_is_read_is_rejected(folder, monkeypatch):
    """The files of two results would make a network that nobody has trained."""
    read_network = RunFolder.read_network

    def write_meanwhile(self, network):
        read_network(self, network)
        (self.path / "result.csv").replace(self.path / "elsewhere")
        shutil.copy(self.path / "elsewhere", self.path / "result.csv")

    monkeypatch.setattr(RunFolder, "read_network", write_meanwhile)
    with pytest.raises(RunFolderError, match="resumed while it was read"):
        load_run(folder)


# What a stranger's run may and may not do -------------------------------------------------------


def with_setting(folder: RunFolder, name: str, value: str) -> None:
    path = folder.path / "settings.yaml"
    path.write_text(re.sub(rf"^{name}: .*$", f"{name}: {value}", path.read_text(), flags=re.M))


def test_its_data_folder_elsewhere_is_looked_into_and_never_made(folder, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with_setting(folder, "data_dir", f"{tmp_path}/elsewhere")
    run = load_run(folder)
    with pytest.raises(SettingError, match=r"settings.yaml: data_dir is .*pass it explicitly"):
        predict_test_set(run)
    assert not (tmp_path / "elsewhere").exists()


def test_a_data_folder_that_the_person_names_wins_over_the_runs(folder, data):
    with_setting(folder, "data_dir", "/nowhere/at/all")
    assert len(predict_test_set(load_run(folder), data_dir=str(data)).true) > 0


def test_a_network_that_its_settings_make_too_large_is_refused_with_the_file_named(folder):
    with_setting(folder, "hidden_units", "1000000")
    with_setting(folder, "hidden_layers", "2")
    with pytest.raises(SettingError, match=r"copy/settings\.yaml: layers, layer 3 .*weights"):
        load_run(folder)


def test_weights_that_are_read_anyway_are_not_drawn_first(folder, monkeypatch):
    drawn = []
    monkeypatch.setattr("nn.runs.preparation.random_stream", lambda *words: drawn.append(words))
    load_run(folder)  # drawing from None would fail
    assert drawn


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", [*READ_BACK, "seconds.txt"])
def test_a_pipe_in_a_files_place_is_not_waited_for(folder, name):
    (folder.path / name).unlink()
    os.mkfifo(folder.path / name)
    if name == "seconds.txt":
        assert folder.read_seconds() is None
        return
    with pytest.raises(ProgramError, match=f"{name}: .*a pipe or a device, not a file"):
        load_run(folder)


def test_a_network_that_is_in_memory_answers_as_the_saved_one(finished):
    run = load_run(finished.folder, finished.network)
    assert run.network is finished.network
    before = predict_test_set(load_run(finished.folder)).probabilities
    assert predict_test_set(run).probabilities.tobytes() == before.tobytes()
