"""What people may write for the options of a layer."""

import pytest

from nn.architecture.options import COUNT, PADDING, REQUIRED_SIZE, SHARE, SIZE


@pytest.mark.parametrize(
    ("option", "written", "value"),
    [
        (COUNT, 64, 64),
        (COUNT, " 64 ", 64),
        (COUNT, 5000, 5000),
        (SIZE, "3", 3),
        (SIZE, 4096, 4096),
        (SIZE, ["3", 5], [3, 5]),
        (SIZE, (3, 5), [3, 5]),
        (PADDING, 0, 0),
        (PADDING, ["0", "1"], [0, 1]),
        (PADDING, " Same ", "same"),
        (SHARE, "0.25", 0.25),
        (SHARE, 0, 0.0),
        (SHARE, "2.5e-1", 0.25),
    ],
)
def test_numbers_are_read_from_numbers_and_text(option, written, value) -> None:
    read = option.read(written)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("option", "written"),
    [
        *[(COUNT, written) for written in (0, -1, 2.0, True, None, "", "2.0", "٣", "9" * 21, [3])],
        *[(SIZE, written) for written in (0, 4097, "same", [3], [3, 5, 7], [3, 0], [3, 4097])],
        *[(PADDING, written) for written in (-1, 4097, "valid", [0, -1])],
        *[(SHARE, written) for written in (1, "1.0", -0.1, "nan", True, None, [0.5])],
    ],
)
def test_anything_else_is_rejected(option, written) -> None:
    with pytest.raises((ValueError, TypeError)):
        option.read(written)


def test_what_a_layer_cannot_do_without_is_required() -> None:
    required = [option.required for option in (COUNT, REQUIRED_SIZE, SHARE, SIZE, PADDING)]
    assert required == [True, True, True, False, False]
