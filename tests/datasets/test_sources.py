"""Which of several data sets is taken, and what is said about it."""

import gzip
import pickle
from pathlib import Path

import numpy as np
import pytest

from nn.datasets import download, drawn_digits
from nn.datasets.idx import write_idx
from nn.datasets.images import ImageData
from nn.datasets.sources import load_images
from nn.datasets.split import split_images
from nn.errors import DataError, SettingError

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: Path, *_arguments, **_words) -> None:
        raise DataError(f"no network for {folder}")

    monkeypatch.setattr(download, "download_mnist", fail)


@pytest.fixture(autouse=True)
def _few_built_in_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn_digits, "TRAINING_DIGITS", 40)
    monkeypatch.setattr(drawn_digits, "TEST_DIGITS", 20)


def arrays(side: int = 3, classes: int = 4) -> list[np.ndarray]:
    """Six training and four test images of side x side; all pixels are 200 + `side`."""
    made = []
    for count in (6, 4):
        made.append(np.full((count, side, side), 200 + side, dtype=np.uint8))
        made.append((np.arange(count) % classes).astype(np.uint8))
    return made


def put_idx(folder: Path, made: list[np.ndarray], ending: str = ".gz") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(NAMES, made, strict=True):
        write_idx(folder / f"{name}{ending}", array)


def put_csv(folder: Path, made: list[np.ndarray]) -> None:
    for name, images, labels in (
        ("mnist_train.csv", made[0], made[1]),
        ("mnist_test.csv", made[2], made[3]),
    ):
        table = np.column_stack([labels, images.reshape(len(images), -1)])
        np.savetxt(folder / name, table, fmt="%d", delimiter=",")


def put_pickle(folder: Path, made: list[np.ndarray]) -> None:
    train, test = ((x.reshape(len(x), -1) / 256, y.astype(int)) for x, y in (made[:2], made[2:]))
    content = ((train[0][:4], train[1][:4]), (train[0][4:], train[1][4:]), test)
    (folder / "mnist.pkl.gz").write_bytes(gzip.compress(pickle.dumps(content, 2)))


def load(folder: Path, dataset: str = "auto", **words) -> tuple[ImageData, str]:
    said: list[str] = []
    data = load_images(dataset, folder, report=said.append, **words)
    return data, "\n".join(said)


def test_idx_comes_before_csv_before_pickle_before_the_built_in_digits(tmp_path: Path) -> None:
    put_idx(tmp_path, arrays(3))
    put_csv(tmp_path, arrays(4))
    put_pickle(tmp_path, arrays(5))
    found = []
    for gone in (NAMES[0], "mnist_train.csv", "mnist"):
        data, _ = load(tmp_path)
        found.append((data.image_shape, data.name))
        for path in tmp_path.glob(f"{gone}*"):
            path.unlink()
    for path in tmp_path.iterdir():
        path.unlink()
    assert found == [
        ((3, 3), f"images in {tmp_path.name}/"),
        ((4, 4), "mnist_train.csv"),
        ((5, 5), "mnist.pkl.gz"),
    ]
    assert load(tmp_path)[0].name == "built-in digits"


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_files_are_found_gzipped_or_not(tmp_path: Path, ending: str) -> None:
    put_idx(tmp_path, arrays(classes=3), ending)
    data, said = load(tmp_path, "mnist")
    assert (len(data.training.images), len(data.test.images), data.classes) == (6, 4, 3)
    assert data.source == f"four IDX files in {tmp_path}/"
    assert data.training.labels.dtype == np.int64
    assert said == ""


def test_names_with_a_dot_are_understood(tmp_path: Path) -> None:
    put_idx(tmp_path, arrays(), "")
    for name in NAMES:
        (tmp_path / name).rename(tmp_path / name.replace("-idx", ".idx"))
    assert load(tmp_path)[0].image_shape == (3, 3)


def test_the_data_folder_comes_before_the_folder_of_the_program(tmp_path: Path) -> None:
    data_dir, beside = tmp_path / "data", tmp_path / "program"
    put_idx(beside, arrays(4))
    data, said = load(data_dir, beside=beside)
    assert data.image_shape == (4, 4)
    assert said == f"There is no folder {data_dir}/. Looking for MNIST."
    put_idx(data_dir, arrays(3))
    assert load(data_dir, beside=beside)[0].image_shape == (3, 3)
    assert load(beside, beside=beside)[0].image_shape == (4, 4)


def test_any_files_in_the_data_folder_come_before_those_of_the_program(tmp_path: Path) -> None:
    put_idx(tmp_path / "program" / "data", arrays(4))
    put_csv(tmp_path, arrays(3))
    assert load(tmp_path, beside=tmp_path / "program")[0].name == "mnist_train.csv"


def test_the_program_s_folder_may_have_a_data_folder_of_its_own(tmp_path: Path) -> None:
    data_dir, beside = tmp_path / "data", tmp_path / "program"
    put_idx(beside / "data", arrays(4))
    assert load(data_dir, beside=beside)[0].image_shape == (4, 4)
    put_idx(beside, arrays(5))
    assert load(data_dir, beside=beside)[0].image_shape == (5, 5)
    put_idx(data_dir, arrays(3))
    assert load(data_dir, beside=beside)[0].image_shape == (3, 3)


def test_an_incomplete_set_is_said_and_another_form_is_used(tmp_path: Path) -> None:
    put_idx(tmp_path, arrays())
    (tmp_path / f"{NAMES[1]}.gz").unlink()
    with pytest.raises(DataError, match=r"missing: train-labels-idx1-ubyte\."):
        load(tmp_path)
    put_csv(tmp_path, arrays(4))
    data, said = load(tmp_path)
    assert data.name == "mnist_train.csv"
    assert "train-images-idx3-ubyte.gz has no file of its labels beside it" in said


def test_what_is_not_read_is_said(tmp_path: Path) -> None:
    put_idx(tmp_path, arrays())
    put_csv(tmp_path, arrays(4))
    data, said = load(tmp_path)
    assert data.image_shape == (3, 3)
    assert said == "Reading IDX files, and not mnist_test.csv, mnist_train.csv."


def test_without_network_the_reason_is_said_and_the_built_in_digits_are_used(
    tmp_path: Path,
) -> None:
    data, said = load(tmp_path / "new")
    assert (data.name, data.dataset) == ("built-in digits", "built-in")
    assert f"no network for {tmp_path / 'new'} Using the built-in digits." in said


def test_mnist_does_without_the_built_in_digits(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no network"):
        load(tmp_path, "mnist")


def test_built_in_looks_at_no_files(tmp_path: Path) -> None:
    put_idx(tmp_path, arrays())
    data, said = load(tmp_path, "built-in")
    assert (data.name, data.classes, said) == ("built-in digits", 10, "")
    assert data.dataset == "built-in"


def test_what_was_downloaded_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int, int]] = []

    def succeed(folder: Path, on_progress) -> None:
        put_idx(folder, arrays(4))
        on_progress("train-images", 1, 2)

    monkeypatch.setattr(download, "download_mnist", succeed)
    data, said = load(tmp_path, on_progress=lambda *words: told.append(words))
    assert data.image_shape == (4, 4)
    assert told == [("train-images", 1, 2)]
    assert f"downloaded into {tmp_path}/" in said


def test_a_download_that_ended_early_is_finished_and_no_other_half_set_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_idx(tmp_path, arrays())
    known = tuple(
        download.KnownFile(f"{name}.gz", (tmp_path / f"{name}.gz").stat().st_size, "")
        for name in NAMES
    )
    for name in NAMES[1:]:
        (tmp_path / f"{name}.gz").unlink()
    monkeypatch.setattr(
        download, "download_mnist", lambda folder, on_progress: put_idx(folder, arrays(4))
    )
    with pytest.raises(DataError, match="missing: train-labels"):  # not one of MNIST's files
        load(tmp_path)
    monkeypatch.setattr(download, "MNIST_FILES", known)
    assert load(tmp_path)[0].image_shape == (4, 4)


def test_a_damaged_file_is_an_error_even_if_others_are_whole(tmp_path: Path) -> None:
    put_idx(tmp_path, arrays())
    put_csv(tmp_path, arrays())
    (tmp_path / f"{NAMES[2]}.gz").write_bytes(b"damaged")
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte"):
        load(tmp_path)


def test_images_and_labels_that_differ_in_number_are_refused(tmp_path: Path) -> None:
    made = arrays()
    made[1] = made[1][:5]
    put_idx(tmp_path, made)
    with pytest.raises(DataError, match=r"train-images.*6 images.*train-labels.*5 labels"):
        load(tmp_path)


def test_an_unknown_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"'cifar'.*auto, mnist, pictures or built-in"):
        load(tmp_path, "cifar")


@pytest.mark.mnist
def test_mnist_is_recognised_by_its_pixels_and_split_as_promised(mnist_dir: Path) -> None:
    data, said = load(mnist_dir, "mnist")
    assert (data.name, data.classes, data.image_shape, said) == ("MNIST", 10, (28, 28), "")
    assert (len(data.training.images), len(data.test.images)) == (60_000, 10_000)
    split = split_images(data, "seed", rng=np.random.default_rng(0))
    assert [len(part) for part in (split.training, split.validation, split.test)] == [
        58_000,
        6_000,
        6_000,
    ]
    np.testing.assert_array_equal(split.test.labels, data.test.labels[4_000:])
