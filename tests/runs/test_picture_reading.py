"""A picture of one's own is read in the form of the run's images, if it shows what they show."""

import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.non_digits import KINDS, refusal
from benchmarks.scenes import paper_in_shadow, sheet_on_desk
from nn.datasets.drawn_digits import draw_digits
from nn.datasets.framing import Framing, place
from nn.datasets.picture_folders import Preparation
from nn.errors import DataError
from nn.runs.experiment import FinishedRun, run_experiment
from nn.runs.picture_reading import find_digits, predict_picture
from nn.runs.run_folder import RunFolder
from nn.runs.saved_run import load_run
from nn.settings.declaration import Settings
from tests.forms_of_data import write_pictures


@pytest.fixture(scope="module")
def finished(small_data, tmp_path_factory) -> FinishedRun:
    data = small_data(tmp_path_factory.mktemp("data"), shape=(8, 6))
    settings = Settings(
        data_dir=str(data), save_dir=str(tmp_path_factory.mktemp("saved_files")), name="shared",
        hidden_units=8, learning_rate=0.005, epochs=1, normalization="normal", seed=5,
    )  # fmt: skip
    return run_experiment(settings)


@pytest.fixture
def folder(finished, tmp_path) -> RunFolder:
    """Return a copy of the run, to be changed."""
    return RunFolder(shutil.copytree(finished.folder.path, tmp_path / "copy"))


def test_a_picture_of_ones_own_is_read_in_the_runs_size(finished, tmp_path):
    picture = np.full((60, 40), 255, np.uint8)
    picture[10:50, 15:25] = 20
    Image.fromarray(picture).save(tmp_path / "one.png")
    run = load_run(finished.folder)
    reading = predict_picture(run, tmp_path / "one.png")
    seen, probabilities = reading.images, reading.probabilities
    assert seen.shape == (1, 8, 6)
    assert seen.dtype == np.uint8
    assert seen.max() > 200  # light on dark, as the images of the training
    assert probabilities.shape == (1, 4)
    assert probabilities.sum() == pytest.approx(1)
    logits = run.network.forward(run.normalization.apply(seen))
    assert probabilities.argmax() == logits.argmax()


def test_a_number_is_read_digit_by_digit_unless_the_classes_are_no_digits(folder, tmp_path):
    picture = np.full((60, 80), 255, np.uint8)
    picture[10:50, 15:25] = picture[12:52, 50:60] = 20
    Image.fromarray(picture).save(tmp_path / "two.png")
    run = load_run(folder)
    reading = predict_picture(run, tmp_path / "two.png")
    assert reading.images.shape == (2, 8, 6)
    assert reading.probabilities.shape == (2, 4)
    named = replace(run, class_names=("cat", "dog", "owl", "bat"))
    assert predict_picture(named, tmp_path / "two.png").images.shape == (1, 8, 6)


def test_a_picture_is_placed_like_the_training_images(folder, tmp_path):
    """Its bar of 40 x 10 is 8 x 2 where ink fills the frame, and 6 x 1 where none was measured."""
    picture = np.full((60, 40), 255, np.uint8)
    picture[10:50, 15:25] = 20
    Image.fromarray(picture).save(tmp_path / "one.png")
    (folder.path / "framing.csv").write_text("ink_height,ink_width,stretched,by_mass\n8,6,0,0\n")
    filling = predict_picture(load_run(folder), tmp_path / "one.png").images
    assert (filling > 200).sum() == 16
    (folder.path / "framing.csv").unlink()
    fitted = predict_picture(load_run(folder), tmp_path / "one.png").images
    assert (fitted > 200).sum() == 6


def test_a_file_that_is_no_picture_is_named_in_the_error(finished, tmp_path):
    (tmp_path / "note.png").write_text("no picture")
    with pytest.raises(DataError, match=r"note\.png"):
        predict_picture(load_run(finished.folder), tmp_path / "note.png")


@pytest.mark.parametrize("prepare", ["scale", "digit"])
def test_a_picture_is_prepared_like_the_pictures_of_the_training(tmp_path, prepare):
    write_pictures(tmp_path / "data", ("",))
    settings = Settings(
        data_dir=str(tmp_path / "data"), save_dir=str(tmp_path), prepare=prepare, image_size=20,
        epochs=1, hidden_layers=0,
    )  # fmt: skip
    run = load_run(run_experiment(settings).folder)
    assert (run.settings.dataset, run.class_names[3]) == ("pictures", "3")
    path = min((tmp_path / "data" / "3").iterdir())
    (image,) = predict_picture(run, path).images
    np.testing.assert_array_equal(image, Preparation(prepare, 20).image(path))


# Photographs -------------------------------------------------------------------------------------

SHAPE = 28, 28


def read_as(path: Path, digits: np.ndarray) -> tuple[list[int], int]:
    """Return which of `digits` each piece on a picture is most like, and the quarters of a turn."""
    inks, _, quarters = find_digits(path)
    images = [place(ink, SHAPE, Framing.like_mnist(SHAPE)) for ink in inks]
    away = [np.abs(digits.astype(int) - image).sum(axis=(1, 2)) for image in images]
    return [int(distance.argmin()) for distance in away], quarters


def count_read(scene, tmp_path, rng, count: int) -> int:
    """Return how many of so many drawn digits are recognized among each other."""
    drawn = draw_digits(count, rng)
    read = 0
    for number, digit in enumerate(drawn.images):
        path = tmp_path / "scene.png"
        Image.fromarray(scene(digit, rng)).save(path)
        read += read_as(path, drawn.images) == ([number], 0)
    return read


def test_a_sheet_on_a_darker_desk_is_read(tmp_path) -> None:
    assert count_read(sheet_on_desk, tmp_path, np.random.default_rng(1), 5) >= 4


def test_a_hard_shadow_across_the_paper_does_not_matter(tmp_path) -> None:
    assert count_read(paper_in_shadow, tmp_path, np.random.default_rng(2), 5) >= 4


@pytest.mark.long
def test_photographs_of_a_hundred_digits_are_read(tmp_path) -> None:
    for scene, least in ((sheet_on_desk, 90), (paper_in_shadow, 85)):
        read = [
            count_read(scene, tmp_path, np.random.default_rng([3, number]), 10)
            for number in range(10)
        ]
        assert sum(read) >= least


def test_a_picture_on_its_side_is_turned_and_one_that_stands_is_not(tmp_path) -> None:
    drawn = draw_digits(20, np.random.default_rng(4))
    path = tmp_path / "turned.png"
    right = upright = 0
    for number, (digit, label) in enumerate(zip(drawn.images, drawn.labels, strict=True)):
        large = Image.fromarray(255 - np.pad(digit, 4)).resize((144, 144))
        large.save(path)
        upright += read_as(path, drawn.images) == ([number], 0)
        if label in {3, 4, 5, 7}:
            large.transpose(Image.Transpose.ROTATE_90).save(path)
            right += read_as(path, drawn.images) == ([number], 3)
    assert upright >= 19
    assert right >= 5  # of 8


def test_what_is_no_digit_is_refused(tmp_path) -> None:
    refused = {
        kind: sum(refusal(draw(np.random.default_rng([9, n])), tmp_path)[0] for n in range(2))
        for kind, draw in KINDS.items()
    }
    assert sum(refused.values()) >= 8  # of 10
    assert refused["faces"] == refused["empty pages"] == 2


def test_a_letter_is_not_turned_until_it_looks_a_little_like_a_digit(tmp_path) -> None:
    letters = (KINDS["letters"](np.random.default_rng([10, n])) for n in range(8))
    assert sum(refusal(letter, tmp_path)[1] for letter in letters) <= 2


def test_of_several_pieces_those_that_are_no_digits_are_known(tmp_path) -> None:
    """A face between two digits."""
    digits = draw_digits(20, np.random.default_rng(6))
    three, eight = (digits.images[digits.labels == label][0] for label in (3, 8))
    face = KINDS["faces"](np.random.default_rng(1))
    large = [np.kron(255 - digit, np.ones((9, 9), np.uint8)) for digit in (three, eight)]
    row = [large[0], np.pad(face[2:-2, 2:-2], 0), large[1]]
    height = max(picture.shape[0] for picture in row)
    padded = [np.pad(p, ((0, height - p.shape[0]), (20, 20)), constant_values=255) for p in row]
    Image.fromarray(np.concatenate(padded, axis=1)).save(tmp_path / "row.png")
    _, is_digit, quarters = find_digits(tmp_path / "row.png")
    assert (is_digit.tolist(), quarters) == ([True, False, True], 0)


def test_thousands_of_pieces_take_little_longer_than_three(tmp_path) -> None:
    """Both pictures are looked at in every way, since neither shows digits."""
    few = np.full((256, 256), 255, np.uint8)
    few[40:60, 40:60] = few[40:60, 140:160] = few[190:210, 60:160] = 0
    many = np.full((256, 256), 255, np.uint8)
    many[100:150, ::4] = many[::4, ::4] = 0
    seconds = []
    for name, picture in (("few", few), ("many", many)):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
        turns = []
        for _ in range(3):
            started = time.process_time()
            find_digits(tmp_path / f"{name}.png")
            turns.append(time.process_time() - started)
        seconds.append(min(turns))
    assert seconds[1] < 10 * seconds[0]
