"""A run that starts from another one begins with its network, and scales pixels as it does."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nn.errors import RunFolderError, SettingError
from nn.resuming.resume import resume_run
from nn.runs.experiment import run_experiment
from nn.runs.first_layer import read_first_layer
from nn.runs.picture_reading import predict_picture
from nn.runs.saved_run import load_run, predict_test_set
from nn.runs.starting_network import network_settings, starting_run
from nn.training.stopping import StopTraining
from tests.resuming.leaving import CHUNKS, EndAt, csv_files, given


@pytest.fixture
def base(settings):
    """A run with a network and a normalization that are not the defaults."""
    done = run_experiment(settings(name="base", epochs=3, hidden_units=9, normalization="normal"))
    return load_run(done.folder)


@pytest.fixture
def started(settings, base):
    """Return a function that returns the settings of a run that starts from `base`."""

    def of(**changes):
        ours = {"hidden_units": 9, "normalization": "normal", "start_from": "base"}
        return settings(**{"name": "more", "epochs": 1, **ours, **changes})

    return of


def arrays_of(folder):
    return {path.name: path.read_bytes() for path in folder.path.glob("*s_?.csv")}


def test_with_steps_of_no_length_the_network_stays_what_it_was(base, started):
    done = run_experiment(started(learning_rate=1e-30))
    assert arrays_of(done.folder) == arrays_of(base.folder)
    assert (done.folder.path / "normalization.csv").read_bytes() == (
        base.folder.path / "normalization.csv"
    ).read_bytes()


def test_training_again_continues_from_what_was_learned(base, started):
    lost = np.loadtxt(base.folder.path / "loss_history.csv", delimiter=",", skiprows=1)
    more = run_experiment(started(learning_rate=1e-4))
    assert more.result.training_loss < lost[0, 1]
    assert arrays_of(more.folder) != arrays_of(base.folder)


def test_the_saved_settings_repeat_it(started):
    first = run_experiment(started())
    again = run_experiment(first.folder.read_settings().model_copy(
        update={"name": "again", "save_dir": str(first.folder.path.parent)}
    ))  # fmt: skip
    assert arrays_of(again.folder) == arrays_of(first.folder)


def test_its_first_weights_are_not_drawn_as_if_they_were_random(started):
    layer = read_first_layer(run_experiment(started()).folder)
    assert list(layer.moments) == ["at the end, epoch 1"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hidden_units": 8}, "has hidden_units 9, but here it is 8"),
        ({"normalization": "simple"}, "has normalization normal, but here it is simple"),
        ({"hidden_layers": 0}, "has hidden_layers 1, but here it is 0"),
        ({"layers": [{"dense": 9}, "relu"]}, "has layers unset, but here it is"),
    ],
)
def test_another_network_is_refused_with_the_difference(base, started, changes, words):
    with pytest.raises(SettingError, match=f"start_from: .*base {words}"):
        starting_run(started(**changes), base.folder.path.parent)


def test_images_of_another_size_are_refused(started, small_data, tmp_path):
    other = small_data(tmp_path / "other", shape=(9, 8))
    with pytest.raises(SettingError, match=r"images of 8 x 8 pixels .* but these .* 9 x 8 pixels"):
        run_experiment(started(data_dir=str(other)))


def test_a_run_that_is_not_there_is_named_with_the_nearest(base, started):
    with pytest.raises(RunFolderError, match="Did you mean base"):
        starting_run(started(start_from="bse"), base.folder.path.parent)


def test_settings_of_the_network_are_copied(base):
    taken = network_settings("base", base.folder.path.parent)
    assert taken == {
        "hidden_layers": 1, "hidden_units": 9, "activation": "relu", "normalization": "normal",
    }  # fmt: skip


def test_without_a_run_to_start_from_nothing_is_loaded(settings):
    assert starting_run(settings(), Path()) is None


@pytest.mark.usefixtures("small_chunks")
def test_a_run_that_started_from_another_resumes_without_it(settings):
    changes = {"start_from": "base", "normalization": "normal"}
    base = run_experiment(settings(name="base", epochs=1, normalization="normal")).folder
    whole = run_experiment(settings(name="whole", **changes)).folder
    stop = EndAt(CHUNKS + 3, StopTraining(save=True))
    left = run_experiment(settings(name="left", **changes), observers=[stop]).folder
    shutil.rmtree(base.path)  # the checkpoint holds everything
    resume_run(left, {})
    assert csv_files(left.path) == csv_files(whole.path)


FILLING = "ink_height,ink_width,stretched,by_mass\n8,8,1,0\n"


def framing_of(run):
    return (run.folder.path / "framing.csv").read_text()


def test_how_ink_lies_is_measured_on_many_images_only(base, started, small_data, tmp_path):
    never_measured = FILLING.replace("8,8", "5,6")
    (base.folder.path / "framing.csv").write_text(never_measured)
    for images, is_kept in ((90, True), (150, False)):
        folder = small_data(tmp_path / str(images), training=images)
        run = run_experiment(started(data_dir=str(folder), split="official", validation_size=10))
        assert (framing_of(run) == never_measured) == is_kept


def test_pictures_of_digits_are_placed_as_the_network_expects_them_or_this_is_said(
    base, started, tmp_path
):
    (base.folder.path / "framing.csv").write_text(FILLING)
    rng, said = np.random.default_rng(0), []
    for number in range(30):
        paper = np.full((60, 60), 255, np.uint8)
        top, left = rng.integers(5, 20, 2)
        paper[top : top + 30, left : left + 10] = 20
        path = tmp_path / "own" / str(number % 4) / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(paper).save(path)
    own = {"data_dir": str(tmp_path / "own"), "prepare": "digit", "image_size": 8}
    run = run_experiment(started(**own), report=said.append)
    assert not any("--prepare digit" in str(fact) for fact in said)
    run_experiment(started(**{**own, "prepare": "scale"}, name="scaled"), report=said.append)
    assert "base learned from others. For photographs of digits, use --prepare digit" in str(said)
    assert (run.predictions.images > 200).all(), "a bar fills the frame"
    longer = resume_run(run.folder, given(epochs=2))
    assert framing_of(run) == framing_of(longer) == FILLING
    saved, said = load_run(longer.folder), []
    predict_test_set(saved, report=said.append)
    assert not said, "the images are those of the training"
    assert (predict_picture(saved, path).images > 200).all()
    alone = run_experiment(started(**own, start_from="", name="alone"))
    assert (alone.predictions.images == 0).mean() > 0.5
