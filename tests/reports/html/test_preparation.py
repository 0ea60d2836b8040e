"""A drawing is prepared in the browser as a picture is prepared in Python."""

import numpy as np
import pytest

from nn.datasets.framing import Framing, place
from nn.reports.page_data import framing_data

PREPARE = """({ink, height, width, shape, framing}) => {
    const image = prepareDrawing(Float32Array.from(ink), height, width, shape, framing);
    return image && Array.from(image);
}"""


def prepare(
    run_script, ink: np.ndarray, shape: tuple[int, int], framing: Framing | None = None
) -> np.ndarray | None:
    height, width = ink.shape
    argument = {
        **{"ink": ink.ravel().tolist(), "height": height, "width": width, "shape": shape},
        "framing": framing_data(framing or Framing.like_mnist(shape)),
    }
    image = run_script("preparation.js", PREPARE, argument)
    return None if image is None else np.array(image).reshape(shape)


def stroke(height: int, width: int, points: list[tuple[float, float]], pen: float) -> np.ndarray:
    """Draw a line through points (y, x) with soft edges; ink from 0 to 1."""
    steps = np.linspace(0, len(points) - 1, 40 * len(points))
    ys, xs = (np.interp(steps, range(len(points)), axis) for axis in zip(*points, strict=True))
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(y[..., None] - ys, x[..., None] - xs).min(axis=2)
    return np.clip(pen - distance, 0, 1).astype(np.float32)


HAZE = stroke(100, 100, [(30, 40), (70, 50)], 5)
HAZE[10:90, 20:80] = np.maximum(HAZE[10:90, 20:80], 0.2)  # too faint to be the digit's edge
HALF = np.zeros((60, 60), np.float32)
HALF[10:50, 20:25] = 1  # 40 x 5, which is 20 x 2.5 in 28 x 28: Python rounds to 2

DRAWINGS = {
    "seven": stroke(140, 140, [(30, 35), (32, 100), (120, 60)], 6),
    "one": stroke(140, 140, [(20, 70), (120, 72)], 6),
    "flat, in a corner": stroke(120, 150, [(100, 10), (103, 60)], 4),
    "dot": stroke(100, 100, [(50, 50), (50.5, 50)], 5),
    "smaller than the image": stroke(16, 16, [(3, 4), (12, 9)], 1.6),
    "thick": stroke(140, 140, [(30, 45), (32, 90), (110, 60)], 22),
    "haze": HAZE,
    "two and a half pixels wide": HALF,
    "to the very edge": stroke(90, 60, [(0, 0), (89, 59)], 5),
}


FRAMINGS = [
    ((28, 28), Framing(20, 20, stretched=0, by_mass=1, thickness=3.6)),
    ((9, 20), Framing.like_mnist((9, 20))),
    ((31, 17), Framing(31, 17, stretched=0, by_mass=0)),
    ((16, 16), Framing(16, 12, stretched=1, by_mass=0)),
    ((16, 16), Framing(14, 10, stretched=1, by_mass=1, thickness=1.5)),
]


@pytest.mark.parametrize(
    ("ink", "shape", "framing"),
    [
        pytest.param(ink, *FRAMINGS[framing], id=f"{name}, {framing}", marks=marks)
        for number, (name, ink) in enumerate(DRAWINGS.items())
        for framing in range(len(FRAMINGS))
        for marks in [() if number % len(FRAMINGS) == framing else pytest.mark.long]
    ],
)
def test_a_drawing_becomes_what_python_makes_of_it(ink, shape, framing, run_script):
    expected = place(ink, shape, framing).astype(int)
    image = prepare(run_script, ink, shape, framing)
    # Sums in another order may round one grey up or down.
    assert np.abs(image - expected).max() <= 1


def test_it_is_fitted_into_20_pixels_and_centred_by_mass(run_script):
    image = prepare(run_script, DRAWINGS["seven"], (28, 28))
    rows = np.flatnonzero(image.max(axis=1) > 80)
    assert rows[-1] - rows[0] + 1 in {19, 20, 21}
    y, x = np.average(np.indices(image.shape).reshape(2, -1), axis=1, weights=image.ravel())
    assert abs(y - 14) <= 0.5
    assert abs(x - 14) <= 0.5
    assert image.max() == 255


def test_an_empty_pad_is_no_image(run_script):
    assert prepare(run_script, np.zeros((20, 20), np.float32), (28, 28)) is None
