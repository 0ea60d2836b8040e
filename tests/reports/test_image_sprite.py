"""Which images get room on the page, and that each is found again where it was laid."""

import io

import numpy as np
import pytest
from PIL import Image

from nn.reports.image_sprite import choose_images, make_sprite
from nn.runs.predictions import Predictions

# true 0 0 0 1 1 1 2 2, predicted 0 0 1 1 1 0 2 2
TRUE = np.array([0, 0, 0, 1, 1, 1, 2, 2])
PREDICTED = np.array([0, 0, 1, 1, 1, 0, 2, 2])
CONFIDENCE = np.array([0.9, 0.8, 0.6, 0.95, 0.5, 0.7, 0.99, 0.65])


@pytest.fixture
def predictions() -> Predictions:
    probabilities = np.zeros((8, 3), np.float32)
    probabilities[np.arange(8), PREDICTED] = CONFIDENCE
    images = np.zeros((8, 2, 5), np.uint8)
    return Predictions(images, TRUE, probabilities, "data, run")


def test_all_images_are_chosen_where_there_is_room_surest_first(predictions):
    assert choose_images(predictions, 80).tolist() == [6, 3, 0, 1, 5, 7, 2, 4]


def test_mistakes_come_first_then_every_class_alike(predictions):
    # Mistakes are 5 and 2; then one right answer a class (6, 3, 0), then the second ones.
    assert choose_images(predictions, 29).tolist() == [5, 2]
    assert choose_images(predictions, 50).tolist() == [6, 3, 0, 5, 2]
    assert set(choose_images(predictions, 70)) == {5, 2, 6, 3, 0, 1, 7}


def test_of_more_mistakes_than_there_is_room_for_the_surest_are_chosen(predictions):
    assert choose_images(predictions, 10).tolist() == [5]


def test_one_image_is_chosen_however_large_it_is(predictions):
    assert len(choose_images(predictions, 1)) == 1


@pytest.mark.parametrize(
    ("count", "height", "width"), [(1, 3, 4), (7, 5, 2), (12, 4, 4), (5, 2, 9)]
)
def test_every_image_lies_in_its_place_of_the_sprite(count, height, width):
    images = np.random.default_rng(1).integers(0, 256, (count, height, width)).astype(np.uint8)
    png, columns = make_sprite(images)
    sprite = np.asarray(Image.open(io.BytesIO(png)))
    assert sprite.ndim == 2
    assert sprite.shape[1] == columns * width
    for place, image in enumerate(images):
        top, left = place // columns * height, place % columns * width
        np.testing.assert_array_equal(sprite[top : top + height, left : left + width], image)


@pytest.mark.parametrize(("height", "width", "columns"), [(2, 8, 2), (8, 2, 8), (4, 4, 4)])
def test_a_sprite_is_as_nearly_square_as_possible(height, width, columns):
    assert make_sprite(np.zeros((16, height, width), np.uint8))[1] == columns
