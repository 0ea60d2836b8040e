"""YAML is read as the text that was written, and nothing in it builds an object."""

import pytest

from nn.settings.plain_yaml import in_one_line, read_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", "1e-4"),
        ("no", "no"),
        ("1:30", "1:30"),
        ("[{dense: 64}, relu]", [{"dense": "64"}, "relu"]),
        ("{a: {b: [1, 2]}}", {"a": {"b": ["1", "2"]}}),
        ("", None),
    ],
)
def test_plain_values_stay_text(text: str, value: object) -> None:
    assert read_value(text) == value


@pytest.mark.parametrize(
    "text",
    ["!!python/object:os.system x", "!!int 3", "[&a 1, *a]", "{a: 1, a: 2}", "{[a]: 1}", "[", "}"],
)
def test_tags_aliases_and_duplicate_keys_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the caller words it)
        read_value(text)


@pytest.mark.parametrize(
    "value", ["a: b", [{"dense": "64"}, "relu"], "\x85 \u2028", "no", "ä" * 99]
)
def test_one_line_is_read_as_what_was_written(value: object) -> None:
    line = in_one_line(value)
    assert "\n" not in line
    assert read_value(line) == value
