"""Windows: where they stop, and what each cell of them sees."""

import numpy as np
import pytest

from nn.layers.windows import Windows, as_pair, batch_first, batch_last, in_words


@pytest.mark.parametrize(
    ("image", "window", "options", "stops"),
    [
        ((28, 28), (3, 3), {}, (26, 26)),
        ((28, 28), (3, 3), {"dilation": (2, 2)}, (24, 24)),  # spans 5 pixels
        ((28, 28), (2, 2), {"stride": (2, 2)}, (14, 14)),
        ((5, 7), (2, 3), {"stride": (2, 3)}, (2, 2)),  # one row and one column are left over
        ((4, 9), (4, 3), {"stride": (1, 2), "dilation": (1, 4)}, (1, 1)),  # exactly one fits
    ],
)
def test_as_many_windows_as_fit(image, window, options, stops) -> None:
    assert Windows(image, window, **options).stops == stops


def test_each_cell_sees_its_pixel_at_every_stop() -> None:
    windows = Windows((9, 8), (2, 3), stride=(2, 1), dilation=(3, 2))
    images = np.arange(2 * 9 * 8 * 3).reshape(2, 9, 8, 3)
    assert list(windows.cells()) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    for row, column in windows.cells():
        seen = windows.seen(images, row, column)
        assert seen.shape == (2, *windows.stops, 3)
        assert np.shares_memory(seen, images)
        for down in range(windows.stops[0]):
            for right in range(windows.stops[1]):
                pixel = images[:, down * 2 + row * 3, right + column * 2]
                assert (seen[:, down, right] == pixel).all()
        some = windows.seen(images, row, column, slice(1, 3))
        assert (some == seen[:, 1:3]).all()


@pytest.mark.parametrize("window", [(6, 1), (1, 6), (6, 6)])
def test_a_window_larger_than_the_image_is_refused(window) -> None:
    with pytest.raises(ValueError, match=r"6.* is larger than the images, which are 5 x 5"):
        Windows((5, 5), window)
    with pytest.raises(ValueError, match=r"3 x 3 \(with dilation 7 x 5\) is larger"):
        Windows((5, 5), (3, 3), dilation=(3, 2))


def test_axes_change_places_without_a_copy() -> None:
    images = np.zeros((2, 3, 4, 5))
    assert batch_last(images).shape == (3, 4, 5, 2)
    assert batch_first(batch_last(images)).shape == images.shape
    assert np.shares_memory(batch_last(images), images)


def test_pairs_in_and_out_of_words() -> None:
    assert as_pair(3) == (3, 3)
    assert as_pair([3, 5]) == (3, 5)
    assert in_words((3, 3)) == "3"
    assert in_words((3, 5)) == "3 x 5"
