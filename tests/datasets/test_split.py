"""No image is in two parts, and the sizes are those promised."""

from dataclasses import replace

import numpy as np
import pytest

from nn.datasets.images import ImageData, LabelledImages
from nn.datasets.split import Split, split_images
from nn.errors import DataError, SettingError


def numbered(training: int, test: int) -> ImageData:
    """Images whose two pixels and label are their own number: training first, then test."""
    count = training + test
    images = np.stack([np.arange(count) // 256, np.arange(count) % 256], axis=1)
    images = images.astype(np.uint8).reshape(count, 1, 2)
    labels = np.arange(count, dtype=np.int64)
    first = LabelledImages(images[:training], labels[:training])
    last = LabelledImages(images[training:], labels[training:]) if test else None
    return ImageData(first, last, "", "", count)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def numbers(part: LabelledImages) -> list[int]:
    """Return each image's number, having made sure that its label stayed with it."""
    pixels = part.images.astype(np.int64).reshape(-1, 2)
    np.testing.assert_array_equal(pixels[:, 0] * 256 + pixels[:, 1], part.labels)
    return part.labels.tolist()


def sizes(split: Split) -> tuple[int, int, int]:
    return len(split.training), len(split.validation), len(split.test)


def test_the_seed_split_has_the_sizes_of_the_seed_document() -> None:
    split = split_images(numbered(60_000, 5), "seed", rng=rng())
    assert sizes(split) == (54_377, 5_625, 3)
    training, test = (
        LabelledImages(np.zeros((count, 1, 1), np.uint8), np.zeros(count, np.int64))
        for count in (60_000, 10_000)
    )
    mnist = ImageData(training, test, "", "", 2)
    assert sizes(split_images(mnist, "seed", rng=rng())) == (58_000, 6_000, 6_000)


@pytest.mark.parametrize(
    ("way", "validation_size", "expected"),
    [
        # 0.4 x 9 = 3.6 test images join: 4. 6/64 x (600 + 4) = 56.6 validate: 57.
        ("seed", 1, (547, 57, 5)),
        ("official", 0.0425, (574, 26, 9)),  # 0.0425 x 600 = 25.5, which rounds to even
        ("official", 0.0445, (573, 27, 9)),  # 26.7
        ("official", 0.0440, (574, 26, 9)),  # 26.4
    ],
)
def test_parts_of_an_image_are_rounded(way: str, validation_size: float, expected: tuple) -> None:
    data = numbered(600, 9)
    assert sizes(split_images(data, way, validation_size=validation_size, rng=rng())) == expected


def test_less_than_half_an_image_is_rounded_down() -> None:
    # 0.4 x 6 = 2.4: 2. 6/64 x (598 + 2) = 56.25: 56.
    assert sizes(split_images(numbered(598, 6), "seed", rng=rng())) == (544, 56, 4)


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("way", ["seed", "official"])
def test_every_image_is_in_exactly_one_part(way: str, shuffle: bool) -> None:
    data = numbered(600, 100)
    split = split_images(data, way, validation_size=60, shuffle=shuffle, rng=rng())
    together = numbers(split.training) + numbers(split.validation) + numbers(split.test)
    assert sorted(together) == list(range(700))


def test_the_seed_split_pools_the_first_test_images_and_tests_on_the_last() -> None:
    split = split_images(numbered(600, 100), "seed", rng=rng())
    assert sizes(split) == (580, 60, 60)
    assert numbers(split.test) == list(range(640, 700))
    assert any(number >= 600 for number in numbers(split.training))
    assert any(number < 600 for number in numbers(split.validation))


def test_pictures_for_testing_stay_what_they_are() -> None:
    data = replace(numbered(600, 100), dataset="pictures")
    split = split_images(data, "seed", rng=rng())
    assert sizes(split) == (544, 56, 100)
    assert numbers(split.test) == list(range(600, 700))


def test_the_official_split_leaves_the_test_file_alone() -> None:
    split = split_images(numbered(600, 100), "official", validation_size=100, rng=rng())
    assert sizes(split) == (500, 100, 100)
    assert numbers(split.test) == list(range(600, 700))
    assert numbers(split.validation) != list(range(500, 600))


def test_in_file_order_the_last_training_images_validate() -> None:
    split = split_images(
        numbered(600, 100), "official", validation_size=100, shuffle=False, rng=rng()
    )
    assert numbers(split.training) == list(range(500))
    assert numbers(split.validation) == list(range(500, 600))


def test_in_file_order_nothing_is_copied() -> None:
    data = numbered(600, 100)
    split = split_images(data, "official", validation_size=100, shuffle=False, rng=rng())
    assert np.shares_memory(split.training.images, data.training.images)
    assert np.shares_memory(split.test.images, data.test.images)


def test_a_fraction_is_a_part_of_the_training_file() -> None:
    split = split_images(
        numbered(600, 100), "official", validation_size=0.2, shuffle=False, rng=rng()
    )
    assert numbers(split.training) == list(range(480))


def test_the_lot_is_drawn_from_the_given_stream() -> None:
    data = numbered(600, 100)
    first, again, other = (split_images(data, rng=rng(seed)) for seed in (3, 3, 4))
    assert numbers(first.validation) == numbers(again.validation)
    assert numbers(first.validation) != numbers(other.validation)


@pytest.mark.parametrize("size", [0, -5, 600, 10_000, 0.0001, 0.9999, float("nan"), float("inf")])
def test_a_validation_size_that_leaves_nothing_is_refused(size: float) -> None:
    with pytest.raises(SettingError, match=r"validation_size.*there are 600 training images"):
        split_images(numbered(600, 100), "official", validation_size=size, rng=rng())


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(SettingError, match=r"'half'.*seed or official"):
        split_images(numbered(6, 6), "half", rng=rng())


def test_a_single_image_cannot_be_divided() -> None:
    with pytest.raises(DataError, match="too few to split"):
        split_images(numbered(1, 1), "seed", rng=rng())
    assert sizes(split_images(numbered(2, 1), "seed", rng=rng())) == (1, 1, 1)


@pytest.mark.parametrize(
    ("way", "expected"), [("seed", (435, 45, 120)), ("official", (384, 96, 120))]
)
def test_without_test_images_some_of_the_training_images_are_the_test_set(
    way: str, expected: tuple
) -> None:
    data = numbered(600, 0)
    split = split_images(data, way, validation_size=0.2, rng=rng())
    assert sizes(split) == expected
    together = numbers(split.training) + numbers(split.validation) + numbers(split.test)
    assert sorted(together) == list(range(600))
    assert numbers(split.test) != list(range(480, 600))
    in_order = split_images(data, way, validation_size=0.2, shuffle=False, rng=rng())
    assert numbers(in_order.test) == list(range(480, 600))
    assert sizes(split_images(data, "seed", test_size=5, rng=rng()))[2] == 5


def test_a_test_size_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(SettingError, match=r"test_size: got 600, but there are 600 training"):
        split_images(numbered(600, 0), test_size=600, rng=rng())


@pytest.mark.parametrize("way", ["seed", "official"])
@pytest.mark.parametrize("test", [100, 0])
def test_validation_images_of_the_files_stay_what_they_are(way: str, test: int) -> None:
    prepared = numbered(7, 0).training
    data = replace(numbered(600, test), validation=prepared)
    split = split_images(data, way, rng=rng())
    assert split.validation is prepared
    assert sizes(split) == ((600, 7, 100) if test else (480, 7, 120))
