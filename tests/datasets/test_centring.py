"""The centre of mass goes where MNIST has it."""

from pathlib import Path

import numpy as np
import pytest

from nn.datasets.centring import centre_by_mass
from nn.datasets.idx import read_idx


def test_a_single_pixel_goes_to_the_middle_from_every_corner() -> None:
    images = np.zeros((4, 6, 8), dtype=np.uint8)
    for image, (row, column) in zip(images, [(0, 0), (0, 7), (5, 0), (5, 7)], strict=True):
        image[row, column] = 200
    moved = centre_by_mass(images)
    expected = np.zeros((6, 8), dtype=np.uint8)
    expected[3, 4] = 200
    for image in moved:
        np.testing.assert_array_equal(image, expected)


def test_a_shape_is_moved_by_its_weight_and_not_by_its_box() -> None:
    # Mass 100 at column 0 and 300 at column 4: the centre is column 3, three left of 6 of 12.
    image = np.zeros((1, 2, 12), dtype=np.uint8)
    image[0, 1, 0], image[0, 1, 4] = 50, 150
    moved = centre_by_mass(image)[0]
    assert np.flatnonzero(moved[1]).tolist() == [3, 7]


@pytest.mark.mnist
def test_mnist_stays_where_it_is(mnist_dir: Path) -> None:
    images = read_idx(mnist_dir / "t10k-images-idx3-ubyte.gz", 3)
    unmoved = (centre_by_mass(images) == images).all(axis=(1, 2))
    assert unmoved.mean() > 0.999
