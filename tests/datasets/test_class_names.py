"""What classes are called."""

import pytest

from nn.datasets.class_names import are_digits, in_order, name_of


def test_numbers_in_names_count_as_numbers() -> None:
    assert in_order(["b", "a10", "a9", "10", "9"]) == ["9", "10", "a9", "a10", "b"]


def test_a_class_is_called_by_its_name_or_by_its_label() -> None:
    assert name_of(1, ()) == "1"
    assert name_of(1, ("cat", "dog")) == "dog"
    assert name_of(0, ("a very long name",), 8) == "a very …"


@pytest.mark.parametrize(
    ("names", "classes", "expected"),
    [
        ((), 10, True),
        ((), 26, False),
        (("1", "2"), 2, True),
        (("9", "10"), 2, False),
        (("cat", "dog"), 2, False),
    ],
)
def test_only_digits_are_taken_for_digits(names, classes: int, expected: bool) -> None:
    assert are_digits(names, classes) is expected
