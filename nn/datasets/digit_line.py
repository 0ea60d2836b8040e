"""Several digits on one picture, told apart and put in reading order.

A network reads one digit. People write numbers, whose digits stand side by side on one line.
"""

import numpy as np
from numpy.typing import NDArray

from nn.datasets.framing import LEAST_INK

_OVERLAP = 0.4  # of the narrower of two pieces; then they stand above each other in one digit
_SMALL = 0.45  # of the tallest digit's height; lower pieces are no digits
_NEAR = 0.25  # of it; a small piece within this distance is part of a digit, as the bar of a 5

Ink = NDArray[np.float32]


def separate_digits(ink: Ink) -> list[Ink]:
    """Return each digit's ink on a picture of its own, from left to right.

    Connected pieces above each other belong to one digit. Small pieces belong to the digit beside
    them; far from any digit, they are dropped. Digits that touch remain one.

    Args:
        ink: from 0 (none) to 1, more than `LEAST_INK` somewhere, (H, W).

    Returns:
        At least one array, each (H, W).
    """
    from scipy import ndimage

    # One pixel wider, so that it does not matter where a stroke is broken by a pixel.
    numbers, _ = ndimage.label(ndimage.maximum_filter(ink > LEAST_INK, size=3))
    # Each piece: its columns, its height, its numbers.
    pieces = [
        (columns.start, columns.stop, rows.stop - rows.start, [number])
        for number, (rows, columns) in enumerate(ndimage.find_objects(numbers), start=1)
    ]
    digits: list[tuple[int, int, int, list[int]]] = []
    for piece in sorted(pieces):
        start, stop, height, own = piece
        first, last, other_height, others = digits[-1] if digits else (start, start, 0, [])
        if min(stop, last) - start > _OVERLAP * min(stop - start, last - first):
            digits[-1] = (first, max(stop, last), max(height, other_height), others + own)
        else:
            digits.append(piece)
    tallest = max(height for _, _, height, _ in digits)
    whole = [digit for digit in digits if digit[2] >= _SMALL * tallest]
    for start, stop, height, own in digits:
        if height < _SMALL * tallest:
            gaps = [max(start - last, first - stop) for first, last, _, _ in whole]
            nearest = int(np.argmin(gaps))
            if gaps[nearest] < _NEAR * tallest:
                whole[nearest][3].extend(own)
    # Faint edges belong to the nearest piece.
    nearest_piece = ndimage.distance_transform_edt(
        numbers == 0, return_distances=False, return_indices=True
    )
    numbers = numbers[tuple(nearest_piece)]
    return [np.where(np.isin(numbers, own), ink, np.float32(0)) for _, _, _, own in whole]
