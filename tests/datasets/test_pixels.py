"""Arrays of any shape and type as images, in grey or in colour."""

import numpy as np
import pytest
from PIL import Image

from nn.datasets.pixels import as_images, colours_last, grey
from nn.errors import DataError

GREY = np.arange(2 * 5 * 5, dtype=np.uint8).reshape(2, 5, 5) * 5


@pytest.mark.parametrize(
    "array",
    [
        GREY,
        GREY.astype(np.int64),
        GREY.astype(np.float64),
        GREY / 255,
        (GREY / 255).astype(np.float32),
        GREY.reshape(2, 25),
        GREY[..., None],
        GREY[:, None],
        np.repeat(GREY[..., None], 3, axis=3),
        np.repeat(GREY[:, None], 3, axis=1),
        np.concatenate([np.repeat(GREY[..., None], 3, axis=3), GREY[..., None] * 0], axis=3),
    ],
    ids=lambda array: f"{array.dtype} {array.shape}",
)
def test_every_form_is_the_same_images(array: np.ndarray) -> None:
    images = as_images(array, "a")
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, GREY)


def test_truth_values_are_0_and_1() -> None:
    assert as_images(np.array([[[True, False]]]), "a").tolist() == [[[1, 0]]]


def test_colours_are_as_bright_as_pillow_makes_them() -> None:
    colours = np.random.default_rng(0).integers(0, 256, (4, 5, 6, 3)).astype(np.uint8)
    expected = [np.asarray(Image.fromarray(one).convert("L")) for one in colours]
    np.testing.assert_array_equal(grey(colours.transpose(0, 3, 1, 2)), expected)


@pytest.mark.parametrize("opacity", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_colours_that_are_kept_come_first(opacity: bool, first: bool) -> None:
    written = np.random.default_rng(0).integers(0, 256, (2, 5, 6, 4)).astype(np.uint8)
    array = written if opacity else written[..., :3]
    images = as_images(array.transpose(0, 3, 1, 2) if first else array, "a", colour=True)
    assert images.shape == (2, 3, 5, 6)
    np.testing.assert_array_equal(colours_last(images), written[..., :3])


@pytest.mark.parametrize("array", [GREY, GREY[..., None], GREY[:, None], GREY.reshape(2, 25)])
def test_greys_have_no_channels(array: np.ndarray) -> None:
    images = as_images(array, "a", colour=True)
    np.testing.assert_array_equal(images, GREY)
    assert colours_last(images) is images


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((2, 5, 6, 7)), "an array of 2 x 5 x 6 x 7 numbers"),
        (np.zeros((2, 8)), "an array of 2 x 8 numbers"),
        (np.zeros((0, 3, 3)), "0 images"),
        (np.full((1, 2, 2), 256), "pixels from 256 to 256; expected 0 to 255"),
        (np.full((1, 2, 2), -0.5), "pixels from -0.5 to -0.5"),
        (np.full((1, 2, 2), np.nan), "pixels from nan to nan"),
        (np.full((1, 2, 2), np.inf), "pixels from inf to inf"),
    ],
)
def test_what_are_no_images_is_refused(array: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=f"a: {words}"):
        as_images(array, "a")
