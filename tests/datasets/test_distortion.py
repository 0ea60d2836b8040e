"""Images that are turned, stretched, slanted, shifted and bent, and still are the same digits."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from nn.datasets import distortion as module
from nn.datasets.distortion import DISTORTIONS, Distortion, Reach
from nn.datasets.idx import read_idx
from nn.errors import SettingError

STILL = Reach(angle=0, stretch=0, slant=0, shift=0)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def noise(count: int, shape: tuple[int, int] = (28, 28), seed: int = 9) -> np.ndarray:
    return rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def blots(count: int, shape: tuple[int, int] = (28, 28)) -> np.ndarray:
    """Return the same smooth blot again and again, off the centre, and longer than wide."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    blot = 255 * np.exp(-((y - 11) ** 2) / 12 - (x - 16) ** 2 / 6)
    return np.repeat(blot.round().astype(np.uint8)[None], count, axis=0)


def moments(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the centres (N, 2) and the covariances (N, 2, 2) of the ink, rows first."""
    y, x = np.mgrid[: images.shape[1], : images.shape[2]]
    places = np.stack([y.ravel(), x.ravel()], axis=1)
    ink = images.reshape(len(images), -1) / images.sum(axis=(1, 2), dtype=float)[:, None]
    centres = ink @ places
    away = places - centres[:, None]
    return centres, np.einsum("np,npi,npj->nij", ink, away, away)


@pytest.fixture
def distortion(monkeypatch: pytest.MonkeyPatch):
    """Return a function that makes a distortion of any reach."""

    def make(reach: Reach, shape: tuple[int, int] = (28, 28), seed: int = 0) -> Distortion:
        monkeypatch.setitem(DISTORTIONS, "tried", reach)
        return Distortion("tried", shape, rng=rng(seed))

    return make


@pytest.mark.parametrize("shape", [(28, 28), (5, 9), (9, 5), (1, 7), (1, 1)])
def test_a_distortion_of_no_reach_changes_nothing(distortion, shape) -> None:
    images = noise(20, shape)
    np.testing.assert_array_equal(distortion(STILL, shape).apply(images), images)


@pytest.mark.parametrize("kind", ["affine", "elastic", "pens"])
@pytest.mark.parametrize("shape", [(28, 28), (20, 33), (3, 2), (1, 1)])
def test_images_keep_their_shape_and_are_distorted_each_in_its_own_way(kind, shape) -> None:
    images = np.repeat(noise(1, shape), 50, axis=0)
    distorted = Distortion(kind, shape, rng=rng()).apply(images)
    assert distorted.shape == images.shape
    assert distorted.dtype == np.uint8
    if shape != (1, 1):
        assert len(np.unique(distorted.reshape(50, -1), axis=0)) > 40


@pytest.mark.parametrize("kind", ["affine", "elastic"])
def test_every_place_is_looked_up_as_scipy_looks_it_up(kind, monkeypatch) -> None:
    places = []
    look_up = module._look_up

    def spy(padded, rows, columns):
        places.append((padded.copy(), rows.copy(), columns.copy()))
        return look_up(padded, rows, columns)

    monkeypatch.setattr(module, "_look_up", spy)
    images = noise(7, (12, 17))
    distorted = Distortion(kind, (12, 17), rng=rng()).apply(images)
    ((padded, rows, columns),) = places
    for image, around, y, x, ours in zip(images, padded, rows, columns, distorted, strict=True):
        np.testing.assert_array_equal(around, np.pad(image, ((1, 2), (1, 2))))
        expected = map_coordinates(around.astype(float), [y, x], order=1)
        # Both round; a place that falls between two greys may go either way.
        assert np.abs(ours.ravel() - expected).max() <= 0.501


def test_half_a_pixel_of_shift_is_the_mean_of_two_neighbours(distortion, monkeypatch) -> None:
    shifting = distortion(STILL, (1, 4))
    monkeypatch.setattr(
        shifting, "_draw", lambda count: (np.float32([[1, 0, 0]]), np.float32([[1 + 2, 0, 1]]))
    )
    # The column's place is 3 + its distance from the centre (1.5 more to the left, 1 for the
    # frame): 1.5, 2.5, 3.5 and 4.5, where pixel 0 is at 1.
    got = shifting.apply(np.array([[[10, 20, 40, 81]]], dtype=np.uint8))
    assert got.tolist() == [[[15, 30, 61, 41]]]  # 60.5 and 40.5 are rounded up


def test_shifts_reach_as_far_as_they_may_and_no_further(distortion) -> None:
    images = blots(2000)
    start, shape = moments(images[:1])
    centres, shapes = moments(distortion(Reach(0, 0, 0, shift=3 / 28)).apply(images))
    moved = centres - start
    assert np.abs(moved).max() < 3.05
    assert (np.abs(moved).max(axis=0) > 2.9).all()
    assert np.abs(moved.mean(axis=0)).max() < 0.15
    # Interpolation blurs by up to a quarter of a pixel's square, and changes nothing else.
    np.testing.assert_allclose(shapes, np.broadcast_to(shape, shapes.shape), atol=0.3)


def test_turning_keeps_the_size_and_turns_about_the_centre(distortion) -> None:
    images = blots(2000)
    start, shape = moments(images[:1])
    centres, shapes = moments(
        distortion(Reach(angle=30, stretch=0, slant=0, shift=0)).apply(images)
    )
    middle = 13.5
    before = np.linalg.norm(start - middle)
    np.testing.assert_allclose(np.linalg.norm(centres - middle, axis=1), before, atol=0.05)
    np.testing.assert_allclose(
        np.linalg.eigvalsh(shapes), np.broadcast_to(np.linalg.eigvalsh(shape), (2000, 2)), atol=0.3
    )
    angles = np.rad2deg(np.arctan2(*(centres - middle).T) - np.arctan2(*(start - middle).T))
    assert 29 < angles.max() < 30.5
    assert -30.5 < angles.min() < -29


def test_stretching_changes_height_and_width_each_by_itself(distortion) -> None:
    images = blots(2000)
    _, (((before, _), (_, across)), *_) = moments(images)
    _, shapes = moments(distortion(Reach(0, stretch=0.25, slant=0, shift=0)).apply(images))
    taller, wider = np.sqrt(shapes[:, 0, 0] / before), np.sqrt(shapes[:, 1, 1] / across)
    for factor in (taller, wider):  # from 1 / 1.25 to 1 / 0.75, and a little blur
        assert 0.78 < factor.min() < 0.84
        assert 1.28 < factor.max() < 1.38
    assert abs(np.corrcoef(taller, wider)[0, 1]) < 0.1
    assert np.abs(shapes[:, 0, 1]).max() < 0.05


def test_slanting_moves_rows_sideways_and_keeps_the_height(distortion) -> None:
    images = blots(2000)
    _, shape = moments(images[:1])
    _, shapes = moments(distortion(Reach(0, 0, slant=0.4, shift=0)).apply(images))
    np.testing.assert_allclose(shapes[:, 0, 0], shape[0, 0, 0], atol=0.2)
    slants = shapes[:, 0, 1] / shapes[:, 0, 0]
    assert 0.38 < slants.max() < 0.42
    assert -0.42 < slants.min() < -0.38


@pytest.mark.parametrize("shape", [(28, 28), (18, 40)])
def test_bending_has_the_stated_size_and_smoothness(distortion, shape, monkeypatch) -> None:
    side = min(shape)
    bending = distortion(Reach(0, 0, 0, 0, bend=0.05, smoothness=0.15), shape)
    in_rows, in_columns = bending._draw(4000)
    still = distortion(STILL, shape)._draw(1)
    for shares, unmoved in zip((in_rows, in_columns), still, strict=True):
        moved = (shares @ bending._fields - unmoved @ bending._fields[:3]).reshape(-1, *shape)
        np.testing.assert_allclose(moved.std(axis=0), 0.05 * side, rtol=0.1)
        assert np.abs(moved.mean(axis=0)).max() < 0.005 * side
        for distance in (2, 5):
            expected = np.exp(-(distance**2) / (4 * (0.15 * side) ** 2))
            for one, other in (
                (moved[:, distance:], moved[:, :-distance]),
                (moved[:, :, distance:], moved[:, :, :-distance]),
            ):
                correlation = (one * other).mean() / (0.05 * side) ** 2
                assert correlation == pytest.approx(expected, abs=0.03)
    assert abs(np.corrcoef(in_rows[:, 3], in_columns[:, 3])[0, 1]) < 0.06


def test_each_image_has_its_own_share_of_all_that_is_varied(distortion) -> None:
    reach = Reach(angle=20, stretch=0.2, slant=0, shift=0.1, bend=0.05, smoothness=0.15)
    varied = distortion(dataclasses.replace(reach, varied=True))
    coefficients = np.concatenate(varied._draw(4000), axis=1)
    size = len(varied._fields)
    bent = np.linalg.norm(coefficients[:, [*range(3, size), *range(size + 3, 2 * size)]], axis=1)
    shares = bent / np.sqrt(2 * (size - 3))  # about each image's own
    np.testing.assert_allclose(np.percentile(shares, [10, 50, 90]), [0.1, 0.5, 0.9], atol=0.05)
    shifts = np.abs(coefficients[:, 0] - 14.5)
    few, many = shifts[shares < 0.3], shifts[shares > 0.7]
    assert few.max() < 0.4 * 2.8 < many.max()


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("shift", [-40, 40])
def test_what_leaves_the_image_is_gone_and_background_comes_in(
    distortion, monkeypatch, axis, shift
) -> None:
    full = np.full((1, 28, 28), 200, dtype=np.uint8)
    shifting = distortion(STILL)
    shares = [np.array([[14.5, 1, 0]], np.float32), np.array([[14.5, 0, 1]], np.float32)]
    shares[axis][0, 0] += shift
    monkeypatch.setattr(shifting, "_draw", lambda count: tuple(shares))
    assert shifting.apply(full).max() == 0


def test_turn_slant_and_stretch_follow_each_other() -> None:
    class Chosen:
        """Draws what it was told: turn, height, width, slant, shift down and right."""

        def uniform(self, low: int, high: int, size: tuple[int, int]) -> np.ndarray:
            assert (low, high, size) == (-1, 1, (6, 1))
            return np.array([1, 0.5, -0.4, 0.75, 1, -0.5]).reshape(6, 1)

        def standard_normal(self, size: tuple[int, ...], dtype: type) -> np.ndarray:
            return np.zeros(size, dtype)

    reach = Reach(angle=30, stretch=0.2, slant=0.4, shift=0.1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DISTORTIONS, "tried", reach)
        (in_rows,), (in_columns,) = Distortion("tried", (20, 30), rng=Chosen())._draw(1)
    cosine, sine = np.sqrt(3) / 2, 0.5
    turn = np.array([[cosine, -sine], [sine, cosine]])
    slant = np.array([[1, 0], [0.3, 1]])  # 0.75 x 0.4 columns a row
    stretch = np.diag([1.1, 0.92])
    np.testing.assert_allclose([in_rows[1:], in_columns[1:]], turn @ slant @ stretch, rtol=1e-6)
    # The centre, counted from the frame, and a tenth of the shorter side.
    np.testing.assert_allclose([in_rows[0], in_columns[0]], [10.5 + 2, 15.5 - 1], rtol=1e-6)


def test_the_distortions_come_from_the_given_stream() -> None:
    images = noise(300)
    first, again = (Distortion("elastic", (28, 28), rng=rng(1)).apply(images) for _ in range(2))
    other = Distortion("elastic", (28, 28), rng=rng(2)).apply(images)
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.5


def test_the_next_time_is_another_time() -> None:
    images, distort = noise(30), Distortion("elastic", (28, 28), rng=rng())
    assert (distort.apply(images) != distort.apply(images)).mean() > 0.5


def test_rows_are_as_good_as_images_and_may_be_overwritten() -> None:
    images = noise(300)
    kept = images.copy()
    expected = Distortion("elastic", (28, 28), rng=rng()).apply(images)
    np.testing.assert_array_equal(images, kept)
    rows = images.reshape(300, -1)
    got = Distortion("elastic", (28, 28), rng=rng()).apply(rows, out=rows)
    assert got is rows
    np.testing.assert_array_equal(rows, expected.reshape(300, -1))


def test_an_unknown_kind_is_named_with_the_known_ones() -> None:
    with pytest.raises(SettingError, match=r"'bent'.*affine or elastic or pens"):
        Distortion("bent", (28, 28), rng=rng())


@pytest.fixture(scope="module")
def real_digits(mnist_dir: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels of real digits."""
    images = read_idx(mnist_dir / "train-images-idx3-ubyte.gz", 3)
    labels = read_idx(mnist_dir / "train-labels-idx1-ubyte.gz", 1)
    return images[:3000], labels[:3000]


@pytest.mark.mnist
@pytest.mark.parametrize("kind", ["affine", "elastic", "pens"])
def test_a_digit_stays_nearest_to_its_own_class(kind, real_digits) -> None:
    images, labels = real_digits
    distorted = Distortion(kind, (28, 28), rng=rng()).apply(images)
    known, asked = (x.reshape(3000, -1).astype(np.float32) for x in (images, distorted))
    distances = (known**2).sum(axis=1) - 2 * asked @ known.T
    # Not the image it was made from, which would be too easy.
    np.fill_diagonal(distances, np.inf)
    assert 0.6 < (labels[distances.argmin(axis=1)] == labels).mean() < 0.92
    assert distorted.mean() == pytest.approx(images.mean(), rel=0.25 if kind == "pens" else 0.05)
