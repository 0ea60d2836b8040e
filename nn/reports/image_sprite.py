"""Many small images in one large one.

A page with a file for each of six thousand images would be no page any more, and each small PNG
costs more in its headers than in its pixels. So all of them lie side by side in one, from which
the page cuts what it shows.
"""

import io
import math

import numpy as np
from numpy.typing import NDArray

from nn.runs.predictions import Predictions


def choose_images(predictions: Predictions, most_pixels: int) -> NDArray[np.intp]:
    """Choose the images that are worth the room: all of them, if there is enough.

    Mistakes come first, the surest before all. What room is left goes to right answers, to every
    class as many as to any other.

    Args:
        predictions: Of the test set.
        most_pixels: What there is room for; one image is chosen at least.

    Returns:
        Their indices, the surest answers first; at least 1, at most N.
    """
    _, height, width = predictions.images.shape
    room = max(1, most_pixels // (height * width))
    surest_first = np.argsort(-predictions.confidence, kind="stable")
    wrong = (predictions.predicted != predictions.true)[surest_first]
    mistakes, right = surest_first[wrong], surest_first[~wrong]
    rounds = _count_before(predictions.true[right])
    wanted = np.concatenate([mistakes, right[np.argsort(rounds, kind="stable")]])[:room]
    return surest_first[np.isin(surest_first, wanted)]


def _count_before(labels: NDArray[np.integer]) -> NDArray[np.intp]:
    """Return for each label how many of its kind came before it: 0, 0, 1, 0, 2 for a b a c a."""
    order = np.argsort(labels, kind="stable")
    places = np.arange(len(labels))
    _, first, counts = np.unique(labels[order], return_index=True, return_counts=True)
    before = np.empty(len(labels), np.intp)
    before[order] = places - np.repeat(first, counts)
    return before


def make_sprite(images: NDArray[np.uint8]) -> tuple[bytes, int]:
    """Lay images out in rows, in as good as a square.

    Args:
        images: uint8, (N, H, W), N at least 1.

    Returns:
        A PNG in shades of grey, and how many images there are in a row.
    """
    from PIL import Image

    count, height, width = images.shape
    columns = min(count, math.ceil(math.sqrt(count * height / width)))
    rows = math.ceil(count / columns)
    filled = np.zeros((rows * columns, height, width), np.uint8)
    filled[:count] = images
    side_by_side = filled.reshape(rows, columns, height, width).transpose(0, 2, 1, 3)
    stream = io.BytesIO()
    # Beyond this level a file grows 3 % smaller in eight times the time.
    Image.fromarray(side_by_side.reshape(rows * height, columns * width)).save(
        stream, "png", compress_level=6
    )
    return stream.getvalue(), columns
