"""A folder of pictures for each class."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nn.datasets.picture import prepare_picture
from nn.datasets.picture_folders import (
    PICTURES,
    Preparation,
    find_pictures,
    pictures_to_read,
    read_pictures,
)
from nn.datasets.sources import load_images
from nn.errors import DataError, SettingError
from tests.forms_of_data import TEST, TRAINING, digits, write_colours, write_pictures


def draw(path: Path, grey: int = 100, size: tuple[int, int] = (40, 30), mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, grey).convert(mode).save(path)


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    """Cats, dogs and owls, of every size and format, the owls brightest."""
    draw(tmp_path / "dogs" / "b.jpg", 100)
    draw(tmp_path / "dogs" / "a.PNG", 110, (300, 200), "RGB")
    draw(tmp_path / "cats" / "1.gif", 50, (10, 12), "P")
    draw(tmp_path / "owls" / "1.webp", 200)
    (tmp_path / "owls" / "notes.txt").write_text("no picture")
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_folders_are_classes_and_pictures_are_scaled(animals: Path) -> None:
    data = read_pictures(animals, Preparation(size=8))
    assert data is not None
    assert data.class_names == ("cats", "dogs", "owls")
    assert data.training.labels.tolist() == [0, 1, 1, 2]
    assert data.training.images.shape == (4, 8, 8)
    means = data.training.images.mean(axis=(1, 2))
    np.testing.assert_allclose(means, [50, 110, 100, 200], atol=2)
    assert (data.test, data.validation, data.dataset) == (None, None, "pictures")
    assert data.source == f"4 pictures in {animals}/, scaled to 8 x 8 pixels"
    assert data.remarks == (
        "Not read: empty/. Pictures are read from a folder for each class, as in cats/1.jpg.",
    )


def test_dark_pictures_stay_as_predict_reads_them(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        draw(tmp_path / name / "1.png", 90)
    data = read_pictures(tmp_path, Preparation())
    assert data is not None
    single = Preparation().image(tmp_path / "cats" / "1.png")
    np.testing.assert_array_equal(data.training.images[0], single)
    assert not data.remarks


def test_colours_become_three_channels(tmp_path: Path) -> None:
    paths = write_colours(tmp_path, 1)
    data = read_pictures(tmp_path, Preparation(size=8, colour=True))
    assert data is not None
    assert data.image_shape == (3, 8, 8)
    assert data.source.endswith("scaled to 8 x 8 pixels in colour")
    for path, image in zip(paths, data.training.images, strict=True):
        with Image.open(path) as picture:
            expected = np.asarray(picture).transpose(2, 0, 1)
        np.testing.assert_array_equal(image, expected)


def test_what_is_transparent_is_white_around_something_dark(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (8, 8))
    picture.paste((200, 0, 0, 255), (0, 0, 4, 8))
    picture.save(tmp_path / "a.png")
    image = Preparation(size=8, colour=True).image(tmp_path / "a.png")
    assert image[:, 0, 0].tolist() == [200, 0, 0]
    assert image[:, 0, 7].tolist() == [255, 255, 255]


def test_digits_that_are_cut_out_have_no_colours(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    with pytest.raises(SettingError, match="color: prepare is digit"):
        read_pictures(tmp_path, Preparation("digit", colour=True))


def test_numbers_in_names_are_sorted_as_numbers(tmp_path: Path) -> None:
    for name in ("10", "9", "class 2", "class 11"):
        draw(tmp_path / name / "1.png", 200)
    data = read_pictures(tmp_path, Preparation())
    assert data is not None
    assert data.class_names == ("9", "10", "class 2", "class 11")


@pytest.mark.parametrize("names", [("train", "test", "val"), ("Training", "testing", "valid")])
def test_parts_have_folders_of_their_own(tmp_path: Path, names: tuple[str, ...]) -> None:
    written = write_pictures(tmp_path, names)
    data = read_pictures(tmp_path, Preparation())
    assert data is not None
    np.testing.assert_array_equal(data.training.images, written.images)
    assert data.validation is not None
    assert data.test is not None
    assert [len(part) for part in (data.training, data.test, data.validation)] == [
        TRAINING, TEST, TEST,
    ]  # fmt: skip


def test_photographs_of_digits_are_prepared_like_single_pictures(tmp_path: Path) -> None:
    part = digits(20)
    paths = []
    for number, (image, label) in enumerate(zip(part.images, part.labels, strict=True)):
        paper = np.full((100, 150), 230, np.uint8)
        paper[10:94, 50:134] -= np.kron(image, np.ones((3, 3), np.uint8)) // 2
        paths.append(tmp_path / str(label) / f"{number:02}.png")
        paths[-1].parent.mkdir(exist_ok=True)
        Image.fromarray(paper).save(paths[-1])
    data = read_pictures(tmp_path, Preparation("digit", 20))
    assert data is not None
    expected = [prepare_picture(path, (20, 20)) for path in sorted(paths)]
    np.testing.assert_array_equal(data.training.images, expected)
    assert data.source.endswith("found and centred to 20 x 20 pixels")


def test_progress_counts_all_pictures(animals: Path) -> None:
    told: list[tuple[str, int, int]] = []
    read_pictures(animals, Preparation(), lambda *words: told.append(words))
    assert told == [(PICTURES, number, 4) for number in (1, 2, 3, 4)]


def test_the_same_picture_is_the_same_image(tmp_path: Path) -> None:
    image = digits(1).images[0]
    Image.fromarray(image).save(tmp_path / "a.png")
    np.testing.assert_array_equal(Preparation().image(tmp_path / "a.png"), image)


def test_all_pictures_that_cannot_be_read_are_named(animals: Path) -> None:
    (animals / "cats" / "broken.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"broken\.png: not a picture .*\. Replace or remove it"):
        read_pictures(animals, Preparation())
    for number in range(7):
        (animals / "owls" / f"{number}.png").touch()
    with pytest.raises(DataError, match=r"either: owls/0\.png, .*, owls/4\.png and 2 more\."):
        read_pictures(animals, Preparation())


def test_a_test_class_without_training_pictures_is_named(tmp_path: Path) -> None:
    for name in ("train/a", "train/b", "test/c"):
        draw(tmp_path / name / "1.png")
    with pytest.raises(DataError, match="there are test pictures of c, but no training pictures"):
        read_pictures(tmp_path, Preparation())


def test_more_pixels_than_any_data_set_has_are_refused(tmp_path: Path, monkeypatch) -> None:
    for name in "ab":
        draw(tmp_path / name / "1.png")
    monkeypatch.setattr("nn.datasets.picture_folders.MAX_PIXELS", 1000)
    with pytest.raises(DataError, match="2 pictures; the limits are"):
        read_pictures(tmp_path, Preparation())


def test_other_folders_are_no_classes(tmp_path: Path) -> None:
    draw(tmp_path / "run" / "loss_history.png")
    (tmp_path / "run" / "settings.yaml").touch()
    for name in (".hidden", "__MACOSX"):
        draw(tmp_path / name / "1.png")
    assert find_pictures(tmp_path) == {}
    assert read_pictures(tmp_path, Preparation()) is None
    assert find_pictures(tmp_path / "missing") == {}


def test_test_pictures_alone_are_no_data_set(tmp_path: Path) -> None:
    for name in ("a", "b"):
        draw(tmp_path / "test" / name / "1.png")
    assert find_pictures(tmp_path) == {}
    assert list(find_pictures(tmp_path / "test")) == ["training"]


def test_what_is_in_no_class_is_said(tmp_path: Path) -> None:
    for name in ("train/cats", "train/dogs", "train/dogs/old", "test", "extra/owls"):
        draw(tmp_path / name / "1.png")
    (tmp_path / "train" / "owls").mkdir()
    draw(tmp_path / "2.png")
    data = read_pictures(tmp_path, Preparation())
    assert data is not None
    assert data.class_names == ("cats", "dogs")
    assert data.remarks[-1].startswith(
        "Not read: extra/, test/, train/owls/, train/dogs/old/, 2.png. "
    )


def test_pictures_to_read_are_in_a_folder_and_in_those_in_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no picture in this folder or its subfolders"):
        pictures_to_read(tmp_path)
    for name in ("7/b", "7/a", "1/c"):
        draw(tmp_path / f"{name}.png")
    below = [tmp_path / "1" / "c.png", tmp_path / "7" / "a.png", tmp_path / "7" / "b.png"]
    assert pictures_to_read(tmp_path) == below
    draw(tmp_path / "here.png")
    assert pictures_to_read(tmp_path) == [tmp_path / "here.png", *below]
    assert pictures_to_read(tmp_path / "here.png") == [tmp_path / "here.png"]


def test_one_class_is_too_few(tmp_path: Path) -> None:
    draw(tmp_path / "only" / "1.png")
    for dataset in ("auto", "pictures"):
        with pytest.raises(DataError, match="the only folder of training pictures is only; expec"):
            load_images(dataset, tmp_path)


def test_parts_whose_pictures_are_in_no_folder_for_their_class_are_refused(tmp_path: Path) -> None:
    for name in ("train", "test1"):
        draw(tmp_path / name / "cat.1.png")
    with pytest.raises(DataError, match="the pictures in test1, train are in no folder for their"):
        read_pictures(tmp_path, Preparation())
    draw(tmp_path / "bus" / "1.png")  # one vehicle of several
    assert list(find_pictures(tmp_path)["training"]) == ["bus", "test1", "train"]


def test_an_error_says_what_is_expected_where_only_pictures_are_wanted(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there are no pictures to train on; expected at least two"):
        load_images("pictures", tmp_path)
