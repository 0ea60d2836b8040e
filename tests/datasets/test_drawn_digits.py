"""The built-in digits: the same everywhere, prepared as MNIST was, readable."""

import zlib
from pathlib import Path

import numpy as np
import pytest

from nn.datasets import drawn_digits
from nn.datasets.drawn_digits import built_in_digits, cached_files, draw_digits
from nn.datasets.idx import read_idx, write_idx
from nn.datasets.images import LabelledImages
from nn.runs.experiment import run_experiment
from nn.runs.saved_run import load_run
from nn.settings.declaration import Settings


def draw(count: int, seed: int = 0) -> LabelledImages:
    return draw_digits(count, np.random.Generator(np.random.PCG64(seed)))


@pytest.fixture(scope="module")
def digits() -> LabelledImages:
    return draw(2000)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn_digits, "TRAINING_DIGITS", 40)
    monkeypatch.setattr(drawn_digits, "TEST_DIGITS", 20)


def test_every_digit_is_drawn_equally_often_in_no_order(digits: LabelledImages) -> None:
    assert digits.images.shape == (2000, 28, 28)
    assert np.bincount(digits.labels).tolist() == [200] * 10
    assert len(set(digits.labels[:30].tolist())) > 5


def test_the_same_seed_draws_the_same_digits_and_another_others() -> None:
    first, again, other = (draw(100, seed).images for seed in (0, 0, 1))
    np.testing.assert_array_equal(again, first)
    assert (other != first).any()


def test_no_two_drawings_are_the_same(digits: LabelledImages) -> None:
    assert len(np.unique(digits.images.reshape(2000, -1), axis=0)) == 2000


def test_a_digit_fits_twenty_by_twenty_pixels_and_fills_them(digits: LabelledImages) -> None:
    rows, columns = digits.images.max(axis=2) > 0, digits.images.max(axis=1) > 0
    heights = 28 - rows.argmax(axis=1) - rows[:, ::-1].argmax(axis=1)
    widths = 28 - columns.argmax(axis=1) - columns[:, ::-1].argmax(axis=1)
    longest = np.maximum(heights, widths)
    assert longest.max() <= 20
    # The last pixel's ink may be too faint for one part in 255.
    assert longest.min() >= 18


def test_the_centre_of_mass_is_in_the_middle(digits: LabelledImages) -> None:
    ink = digits.images.astype(float)
    mass = ink.sum(axis=(1, 2))
    for axis in (1, 2):
        centre = (ink.sum(axis=3 - axis) @ np.arange(28)) / mass
        assert np.abs(centre - 14).max() <= 0.5


def test_pens_are_thin_and_thick_and_paper_is_empty(digits: LabelledImages) -> None:
    assert (digits.images[:, 0, :] == 0).mean() > 0.99
    # MNIST's mean pixel is 33.
    assert 25 < digits.images.mean() < 40
    ink = digits.images.mean(axis=(1, 2))
    assert ink.std() > 5
    assert digits.images.max(axis=(1, 2)).min() > 100


def test_a_simple_reader_tells_them_apart_but_not_all_of_them(digits: LabelledImages) -> None:
    other = draw(500, seed=1)
    assert 0.6 < share_read_right(digits, other.images, other.labels) < 0.97


@pytest.mark.mnist
def test_a_simple_reader_of_drawn_digits_reads_most_real_ones(digits, mnist_dir: Path) -> None:
    images = read_idx(mnist_dir / "t10k-images-idx3-ubyte.gz", 3)[:1000]
    labels = read_idx(mnist_dir / "t10k-labels-idx1-ubyte.gz", 1)[:1000]
    assert share_read_right(digits, images, labels) > 0.6


def share_read_right(digits: LabelledImages, images: np.ndarray, labels: np.ndarray) -> float:
    """Read each image as the digit whose mean drawing it is nearest to."""
    means = np.stack([digits.images[digits.labels == k].mean(axis=0).ravel() for k in range(10)])
    pixels = images.reshape(len(images), -1).astype(float)
    distances = ((pixels[:, None, :] - means) ** 2).sum(axis=2)
    return float((distances.argmin(axis=1) == labels).mean())


def test_the_drawing_is_the_one_every_machine_makes() -> None:
    """If the drawing was changed on purpose, raise its version: kept files differ from new ones."""
    drawn = draw(200, seed=20)
    assert f"{zlib.crc32(drawn.images.tobytes()):08x}" == "c2663505"


@pytest.mark.usefixtures("few")
def test_they_are_kept_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = built_in_digits(tmp_path / "new")
    assert len(list((tmp_path / "new").iterdir())) == 4
    assert (len(first.training.labels), len(first.test.labels), first.classes) == (40, 20, 10)

    def draw_nothing(*_arguments) -> None:
        raise AssertionError("drawn again")

    monkeypatch.setattr(drawn_digits, "draw_digits", draw_nothing)
    assert built_in_digits(tmp_path / "new").fingerprint == first.fingerprint


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("damage", [b"", b"damaged", None])
def test_damaged_files_are_drawn_anew(tmp_path: Path, damage: bytes | None) -> None:
    first = built_in_digits(tmp_path)
    for path in sorted(tmp_path.iterdir()):
        whole = path.read_bytes()
        path.write_bytes(whole[:-9] if damage is None else damage)
        assert built_in_digits(tmp_path).fingerprint == first.fingerprint
        assert path.read_bytes() == whole


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(("shape", "count"), [((40, 14, 14), 40), ((40, 28, 28), 39)])
def test_cached_files_of_another_shape_are_drawn_again(
    tmp_path: Path, shape: tuple[int, ...], count: int
) -> None:
    images, labels = cached_files(tmp_path)
    write_idx(images, np.ones(shape, np.uint8))
    write_idx(labels, np.ones(count, np.uint8))
    data = built_in_digits(tmp_path)
    assert data.training.images.shape == (40, 28, 28)
    assert np.bincount(data.training.labels).tolist() == [4] * 10
    np.testing.assert_array_equal(read_idx(images, 3), data.training.images)


@pytest.mark.usefixtures("few")
def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert len(built_in_digits(tmp_path / "file").training.labels) == 40


@pytest.mark.usefixtures("few")
def test_training_and_test_digits_are_different_drawings(tmp_path: Path) -> None:
    data = built_in_digits(tmp_path)
    training = {image.tobytes() for image in data.training.images}
    assert not training & {image.tobytes() for image in data.test.images}


@pytest.mark.long
@pytest.mark.mnist
def test_a_network_that_saw_only_drawn_digits_reads_real_ones(
    tmp_path: Path, mnist_dir: Path
) -> None:
    """One seed; `python -m benchmarks.built_in_digits` measures several."""
    places = {"data_dir": str(tmp_path), "save_dir": str(tmp_path)}
    quick = {"epochs": 4, "learning_rate": 0.003}
    run = run_experiment(Settings(dataset="built-in", **quick, **places))
    assert 0.95 < run.result.validation_accuracy < 0.99

    saved = load_run(run.folder)
    images = read_idx(mnist_dir / "t10k-images-idx3-ubyte.gz", 3)
    labels = read_idx(mnist_dir / "t10k-labels-idx1-ubyte.gz", 1)
    logits = saved.network.forward(saved.normalization.apply(images.reshape(10_000, -1)))
    assert (logits.argmax(axis=1) == labels).mean() > 0.87
