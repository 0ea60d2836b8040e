"""The same digit by another pen, on another paper, through another camera.

Handwriting from elsewhere differs from MNIST less in its shapes than in its strokes: thick or thin,
sharp or blurred by a coarse grid of pixels, full or faint. A network that has seen only MNIST's
strokes takes these differences for differences of digits.
"""

import numpy as np
from numpy.typing import NDArray

_THINNEST = 0.7  # of the way to the darkest neighbour; thin strokes would vanish
_WIDEST_BLUR = 3  # passes of the filter 1 2 1; its standard deviation grows by 0.7 pixels squared
_FAINTEST, _FULLEST = 0.7, 1.6  # times the greys

_Floats = NDArray[np.float32]


def change_pen(images: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Change the stroke thickness, the sharpness and the contrast of each image, in place.

    Args:
        images: ink from 0 to 255, uint8, (N, H, W).
        rng: the random stream of the changes.
    """
    chance = rng.random((3, len(images), 1, 1), dtype=np.float32)
    greys = images.astype(np.float32)
    _change_thickness(greys, 2 * chance[0] - 1)
    _blur(greys, chance[1])
    greys *= _FAINTEST + (_FULLEST - _FAINTEST) * chance[2]
    greys += 0.5
    np.minimum(greys, 255, out=greys)
    images[...] = greys


def _change_thickness(greys: _Floats, amount: _Floats) -> None:
    """Move each grey towards that of its lightest (amount > 0) or darkest neighbour (< 0)."""
    for chosen, extreme, most in (
        (np.flatnonzero(amount > 0), np.maximum, 1.0),
        (np.flatnonzero(amount < 0), np.minimum, _THINNEST),
    ):
        part = greys[chosen]
        padded = np.pad(part, ((0, 0), (1, 1), (1, 1)), mode="edge")
        changed = extreme(padded[:, :-2, 1:-1], padded[:, 2:, 1:-1])
        extreme(changed, padded[:, 1:-1, :-2], out=changed)
        extreme(changed, padded[:, 1:-1, 2:], out=changed)
        extreme(changed, part, out=changed)
        greys[chosen] = part + most * np.abs(amount[chosen]) * (changed - part)


def _blur(greys: _Floats, amount: _Floats) -> None:
    """Blur by 0 (amount 0) to `_WIDEST_BLUR` (1) passes of the filter 1 2 1 along both axes."""
    for passes in range(_WIDEST_BLUR):
        chosen = np.flatnonzero(amount * _WIDEST_BLUR > passes)
        part = greys[chosen]
        padded = np.pad(part, ((0, 0), (1, 1), (0, 0)))
        blurred = (padded[:, :-2] + 2 * part + padded[:, 2:]) / 4
        padded = np.pad(blurred, ((0, 0), (0, 0), (1, 1)))
        blurred = (padded[:, :, :-2] + 2 * blurred + padded[:, :, 2:]) / 4
        share = np.minimum(1, amount[chosen] * _WIDEST_BLUR - passes)
        greys[chosen] = part + share * (blurred - part)
