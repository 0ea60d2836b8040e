"""What classes are called."""

import pytest

from nn.datasets.class_names import name_of, what_classes_are, what_images_show


def test_a_class_is_called_by_its_name_or_by_its_label() -> None:
    assert name_of(1, ()) == "1"
    assert name_of(1, ("cat", "dog")) == "dog"
    assert name_of(0, ("a very long name",), 8) == "a very …"


@pytest.mark.parametrize(
    ("names", "show", "classes"),
    [
        ((), "digit", "digit"),
        (("1", "2"), "digit", "digit"),
        (("9", "10"), "image", "class"),
        (("cat", "dog"), "image", "class"),
    ],
)
def test_only_digits_are_spoken_of_as_digits(names, show: str, classes: str) -> None:
    assert (what_images_show(names), what_classes_are(names)) == (show, classes)
