"""Digits that the program draws itself, for use without data files and without the internet.

A digit is a few strokes (see digit_shapes). Every drawing moves their points a little, bends,
slants, rotates and stretches the whole, and chooses a pen width. Then it is prepared like MNIST's
images: the digit is fitted into 20 x 20 pixels, and its centre of mass is moved to the middle of
28 x 28. A network trained on these drawings reads most real handwriting: the amount of variation
was chosen so that it reads as many of MNIST's training images as possible, and still about 96 % of
other drawings.

Reference:
    LeCun, Bottou, Bengio, Haffner (1998), Gradient-based learning applied to document
    recognition, section III.A, for the size and the centring.
"""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.datasets.centring import centre_by_mass
from nn.datasets.digit_shapes import WAYS, Stroke
from nn.datasets.idx import read_idx, write_idx
from nn.datasets.images import ImageData, LabelledImages, join_parts
from nn.errors import DataError

TRAINING_DIGITS = 20_000
TEST_DIGITS = 4_000
SIDE = 28
FITTED = 20.0

_SEED = 20
_VERSION = 1
_POINTS = 64
_AT_ONCE = 128
# Points are rounded to a grid of this fineness. The last bits of a sine differ between machines;
# after rounding, the pixels do not.
_GRID = 1024.0

_Floats = NDArray[np.float64]


def draw_digits(count: int, rng: np.random.Generator) -> LabelledImages:
    """Draw digits, each of the ten equally often, in a random order.

    Only uniform numbers are drawn from `rng`; they are the same in every NumPy version.

    Args:
        count: how many, from 1.
        rng: the random stream of the drawing.

    Returns:
        Images (count, 28, 28) and labels (count,).
    """
    labels = (np.arange(count, dtype=np.int64) % 10)[np.argsort(rng.random(count))]
    chance = rng.random(count)
    images = np.empty((count, SIDE, SIDE), dtype=np.uint8)
    for digit, ways in enumerate(WAYS):
        chosen = np.flatnonzero(labels == digit)
        weights = np.cumsum([weight for weight, _ in ways])
        way = np.searchsorted(weights / weights[-1], chance[chosen], side="right")
        for number, (_, strokes) in enumerate(ways):
            places = chosen[way == number]
            for start in range(0, len(places), _AT_ONCE):
                piece = places[start : start + _AT_ONCE]
                images[piece] = draw_strokes(strokes, len(piece), rng)
    return LabelledImages(images, labels)


def built_in_digits(data_dir: Path) -> ImageData:
    """Return the built-in digits, from the cache in the data folder or newly drawn.

    They are the same every time and on every machine. The names of the cached files contain the
    version of the drawing; other versions are not used. Damaged files are drawn again. If the
    folder cannot be written, the digits are drawn again next time.
    """
    training, test = (
        _cached_or_drawn(data_dir, part, count, seed)
        for part, count, seed in (
            ("train", TRAINING_DIGITS, _SEED),
            ("test", TEST_DIGITS, _SEED + 1),
        )
    )
    data = join_parts(
        {"training": training, "test": test},
        name="built-in digits",
        source="digits the program draws itself",
    )
    return replace(data, dataset="built-in")


def cached_files(data_dir: Path, part: str = "train") -> tuple[Path, Path]:
    """Return the paths of the cached images and labels of a part ("train" or "test")."""
    stem = f"built-in-{_VERSION}-{part}"
    return data_dir / f"{stem}-images-idx3-ubyte.gz", data_dir / f"{stem}-labels-idx1-ubyte.gz"


def _cached_or_drawn(data_dir: Path, part: str, count: int, seed: int) -> LabelledImages:
    images_path, labels_path = cached_files(data_dir, part)
    try:
        images, labels = read_idx(images_path, 3), read_idx(labels_path, 1)
        if images.shape == (count, SIDE, SIDE) and labels.shape == (count,):
            return LabelledImages(images, labels.astype(np.int64))
    except DataError:
        pass
    drawn = draw_digits(count, np.random.Generator(np.random.PCG64(seed)))
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        write_idx(images_path, drawn.images)
        write_idx(labels_path, drawn.labels.astype(np.uint8))
    except OSError:
        pass
    return drawn


def draw_strokes(
    strokes: tuple[Stroke, ...], count: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Draw the same strokes `count` times, each time a little differently, (count, 28, 28)."""
    x, y = _curves(strokes, count, rng)
    x, y = _bend(x, y, rng)
    x, y = _slant_and_turn(x, y, rng)
    radius = np.clip(1.25 + 0.4 * _bell(count, rng), 0.55, 2.4)[:, None]
    x, y = _fit(x, y, radius)
    return centre_by_mass(_ink(x, y, radius))


def _bell(count: int, rng: np.random.Generator, *more: int) -> _Floats:
    """Return random numbers of mean 0 and deviation 1, within 3.5: sums of four uniform ones."""
    uniform = rng.random((4, count, *more))
    bell: _Floats = (uniform[0] + uniform[1] + uniform[2] + uniform[3] - 2.0) * 3.0**0.5
    return bell


def _curves(
    strokes: tuple[Stroke, ...], count: int, rng: np.random.Generator
) -> tuple[_Floats, _Floats]:
    """Return points along the jittered strokes, x and y of shape (count, points)."""
    corners = sorted({point for stroke in strokes for point in stroke})
    moved = np.array(corners)[None] + 0.06 * _bell(count, rng, len(corners), 2)
    lengths = [
        sum(float(np.hypot(b[0] - a[0], b[1] - a[1])) for a, b in pairwise(stroke))
        for stroke in strokes
    ]
    pieces = []
    for stroke, length in zip(strokes, lengths, strict=True):
        through = moved[:, [corners.index(point) for point in stroke]]
        samples = max(4, round(_POINTS * length / sum(lengths)))
        basis = _smooth_curve(len(stroke), samples)
        pieces.append(np.einsum("pk,nkc->npc", basis, through))
    points = np.concatenate(pieces, axis=1)
    return points[:, :, 0], points[:, :, 1]


def _smooth_curve(knots: int, samples: int) -> _Floats:
    """Return the matrix (samples, knots) of a Catmull-Rom spline: the weight of each knot.

    Between knots b and c, with a before and d after, at t from 0 to 1::

        (2b + (c - a) t + (2a - 5b + 4c - d) t^2 + (3b - a - 3c + d) t^3) / 2

    Beyond each end the curve continues straight.

    Reference:
        Catmull, Rom (1974), A class of local interpolating splines.
    """
    identity = np.eye(knots)
    extended = np.concatenate(
        [2 * identity[:1] - identity[1:2], identity, 2 * identity[-1:] - identity[-2:-1]]
    )
    along = np.linspace(0, knots - 1, samples)
    span = np.minimum(along.astype(np.int64), knots - 2)
    t = (along - span)[:, None]
    a, b, c, d = (extended[span + ahead] for ahead in range(4))
    curve: _Floats = (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    ) / 2
    return curve


def _bend(x: _Floats, y: _Floats, rng: np.random.Generator) -> tuple[_Floats, _Floats]:
    """Bend the whole drawing as a hand does: curves, a wider top or bottom, a longer side."""
    bow, sag, taper, middle, tilt = (_bell(len(x), rng)[:, None] for _ in range(5))
    x, y = x - 0.5, y - 0.5
    bent_x = x * (1 + 0.35 * taper * y) + 0.25 * bow * y * y
    bent_y = y + 0.25 * middle * (0.25 - y * y) + 0.1 * tilt * x * y + 0.1 * sag * x * x
    return bent_x, bent_y


def _slant_and_turn(x: _Floats, y: _Floats, rng: np.random.Generator) -> tuple[_Floats, _Floats]:
    """Stretch, slant and rotate around the middle; most people slant to the right."""
    count = len(x)
    width = np.clip(0.88 + 0.18 * _bell(count, rng), 0.4, 1.4)[:, None]
    slant = (0.18 + 0.25 * _bell(count, rng))[:, None]
    angle = (0.13 * _bell(count, rng))[:, None]
    x = x * width - slant * y
    return x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)


def _fit(x: _Floats, y: _Floats, radius: _Floats) -> tuple[_Floats, _Floats]:
    """Scale the longer side, including its ink, to 20 pixels, and centre the bounding box."""
    left, right = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    top, bottom = y.min(axis=1, keepdims=True), y.max(axis=1, keepdims=True)
    scale = (FITTED - 2 * (radius + 0.5)) / np.maximum(right - left, bottom - top)
    middle = (SIDE - 1) / 2
    return (x - (left + right) / 2) * scale + middle, (y - (top + bottom) / 2) * scale + middle


def _ink(x: _Floats, y: _Floats, radius: _Floats) -> NDArray[np.uint8]:
    """Colour each pixel by its distance to the nearest point of the pen's path.

    Ink is full up to half a pixel inside the pen's radius, zero from half a pixel outside it, and
    falls linearly in between. This is close to averaging over the area of the pixel.
    """
    pixels = np.arange(SIDE, dtype=np.float32)
    x_on_grid = (np.rint(x * _GRID) / _GRID).astype(np.float32)
    y_on_grid = (np.rint(y * _GRID) / _GRID).astype(np.float32)
    nearest = np.full((len(x), SIDE, SIDE), 1e6, dtype=np.float32)
    squared = np.empty_like(nearest)
    for point in range(x.shape[1]):
        across = (pixels - x_on_grid[:, point, None]) ** 2
        down = (pixels - y_on_grid[:, point, None]) ** 2
        np.add(down[:, :, None], across[:, None, :], out=squared)
        np.minimum(nearest, squared, out=nearest)
    edge = (np.rint(radius * _GRID) / _GRID).astype(np.float32)[:, :, None] + np.float32(0.5)
    covered = np.clip(edge - np.sqrt(nearest), 0, 1)
    ink: NDArray[np.uint8] = np.floor(covered * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    return ink
