"""Training and test images become one data set only if they belong together."""

from dataclasses import replace

import numpy as np
import pytest

from nn.datasets import images
from nn.datasets.images import ImageData, LabelledImages, join_parts
from nn.errors import DataError


def part(labels: list[int], shape: tuple[int, int] = (2, 3)) -> LabelledImages:
    images = np.arange(len(labels) * shape[0] * shape[1]) % 256
    return LabelledImages(
        images.astype(np.uint8).reshape(-1, *shape), np.array(labels, dtype=np.int64)
    )


def join(training: LabelledImages, test: LabelledImages) -> ImageData:
    return join_parts({"training": training, "test": test}, name="shapes", source="two files")


def test_sides_and_classes_come_from_the_arrays() -> None:
    data = join(part([0, 1, 4], (2, 3)), part([2], (2, 3)))
    assert data.image_shape == (2, 3)
    assert data.features == 6
    assert data.classes == 5
    assert data.name == "shapes"


def test_there_are_at_least_two_classes() -> None:
    assert join(part([0, 0]), part([0])).classes == 2


def test_other_sizes_in_training_and_test_are_refused() -> None:
    with pytest.raises(DataError, match=r"two files: training images are 2 x 3.*test images 3 x 2"):
        join(part([0, 1], (2, 3)), part([0], (3, 2)))


def test_a_test_label_no_training_image_can_teach_is_refused() -> None:
    with pytest.raises(DataError, match=r"a test label is 3.*from 0 to 2"):
        join(part([0, 1, 2]), part([3]))


def test_a_negative_label_is_refused() -> None:
    with pytest.raises(DataError, match="label is -1"):
        join(part([0, -1]), part([0]))


def test_a_stray_label_far_from_all_others_is_refused() -> None:
    with pytest.raises(DataError, match="training label 200 is far from all others"):
        join(part([*range(10), 200]), part([3]))
    with pytest.raises(DataError, match="training label 2147483648 is far from all others"):
        join(part([*range(10), 2**31]), part([3]))


@pytest.mark.parametrize("labels", [[7, 9], [1, 9], [0, 9], list(range(300))])
def test_labels_with_small_gaps_are_classes(labels: list[int]) -> None:
    assert join(part(labels), part(labels)).classes == max(labels) + 1


def test_labels_that_climb_to_a_million_classes_are_refused() -> None:
    """No gap is wide beside the number of labels, and the confusion matrix would be terabytes."""
    climbing = [number * 900 for number in range(1000)]
    with pytest.raises(DataError, match="is 899100; the largest allowed label is 4,095"):
        join(part(climbing), part([0]))
    assert join(part(list(range(4096))), part([0])).classes == 4096


@pytest.mark.parametrize("empty", ["training", "test"])
def test_no_images_at_all_is_refused(empty: str) -> None:
    training, test = (part([]), part([0])) if empty == "training" else (part([0]), part([]))
    with pytest.raises(DataError, match=f"no {empty} image"):
        join(training, test)


def test_the_fingerprint_changes_with_any_pixel_and_any_label() -> None:
    data = join(part([0, 1, 2]), part([1, 0]))
    same = join(part([0, 1, 2]), part([1, 0]))
    assert data.fingerprint == same.fingerprint
    for name in ("training", "test"):
        for field in ("images", "labels"):
            changed = getattr(getattr(data, name), field).copy()
            changed.flat[-1] ^= 1
            other = replace(getattr(data, name), **{field: changed})
            assert replace(data, **{name: other}).fingerprint != data.fingerprint
    assert replace(data, validation=data.test).fingerprint != data.fingerprint


def test_the_fingerprint_tells_a_turned_image_from_another_shape() -> None:
    wide = join(part([0, 1], (2, 3)), part([0], (2, 3)))
    tall = join(part([0, 1], (3, 2)), part([0], (3, 2)))
    assert wide.fingerprint != tall.fingerprint


def test_a_gap_is_wide_beyond_ten_and_beyond_the_number_of_labels() -> None:
    assert join(part([0, 10]), part([0])).classes == 11
    with pytest.raises(DataError, match="is far from all others"):
        join(part([0, 11]), part([0]))
    assert join(part([*range(20), 35]), part([0])).classes == 36


def test_labels_that_start_at_1_are_lowered_and_keep_their_numbers_as_names() -> None:
    letters = join(part(list(range(1, 27))), part([1, 26]))
    assert letters.classes == 26
    assert letters.test is not None
    assert letters.test.labels.tolist() == [0, 25]
    assert letters.class_names == tuple(str(number) for number in range(1, 27))
    assert join(part(list(range(1, 11))), part([0])).classes == 11
    assert join(part([1, 3, *range(4, 12)]), part([1])).classes == 12


def test_digits_without_a_0_keep_their_labels() -> None:
    data = join(part(list(range(1, 10))), part([9]))
    assert (data.classes, data.class_names) == (10, ())
    assert data.training.labels.tolist() == list(range(1, 10))
    named = join_parts({"training": part([1, 2])}, name="", source="", class_names=["", "a", "b"])
    assert (named.training.labels.tolist(), named.class_names) == ([0, 1], ("a", "b"))


def test_classes_without_a_name_are_called_by_their_number() -> None:
    data = join_parts(
        {"training": part([0, 1, 2])}, name="", source="", class_names=["cat", "a\x1bb"]
    )
    assert data.class_names == ("cat", "a\\x1bb", "2")
    assert join(part([0, 1]), part([0])).class_names == ()


def test_pixels_of_few_shades_are_stretched_and_that_is_said() -> None:
    training = LabelledImages(np.array([[[0, 16]], [[8, 1]]], np.uint8), np.array([0, 1]))
    data = join(training, part([1], (1, 2)))
    assert data.training.images.tolist() == [[[0, 255]], [[128, 16]]]
    assert data.remarks == (
        "Pixels go from 0 to 16 in these files; they are stretched to 0 to 255.",
    )
    assert join(part([0, 1] * 20, (2, 3)), part([0])).remarks == ()


def test_a_single_class_is_worth_a_word() -> None:
    (remark,) = join(part([3] * 40), part([3])).remarks
    assert "All 40 training images have the same label, 3" in remark


def test_fashion_mnist_is_known_by_its_images_and_has_names(monkeypatch) -> None:
    data = join(part(list(range(10))), part([0]))
    monkeypatch.setattr(images, "FASHION_FINGERPRINT", data.fingerprint)
    known = join(part(list(range(10))), part([0]))
    assert known.name == "Fashion-MNIST"
    assert known.class_names[5] == "Sandal"
    assert len(known.class_names) == 10
