"""What a network reads on a picture of a person's own, and whether that makes sense.

A picture may show several digits, or none; it may lie on its side, and shadows may fall across it.
So it is looked at in several ways, until one shows digits.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.datasets.class_names import are_digits
from nn.datasets.framing import Framing
from nn.datasets.picture_folders import Preparation
from nn.runs.digit_check import SIDE, digit_margin
from nn.runs.saved_run import SavedRun

_SURE = 4.0  # margin of a turned picture's digits; most letters, turned, look a little like one


@dataclass(frozen=True)
class PictureReading:
    """A network's answers for the digits of a picture from left to right, or for a single image.

    Attributes:
        images: The network's inputs, (N, H, W) or (N, 3, H, W), 0 to 255.
        probabilities: Of each class, (N, K).
        is_digit: Whether each of them looks like a digit, as the picture lies, (N,); True if the
            classes are no digits.
        quarters: How often the picture was turned to the left by a quarter, because it does not
            show upright digits and shows digits when it is turned; else 0.
    """

    images: NDArray[np.uint8]
    probabilities: NDArray[np.floating]
    is_digit: NDArray[np.bool_]
    quarters: int = 0


def predict_picture(run: SavedRun, path: Path) -> PictureReading:
    """Return what a run's network predicts for a picture of your own.

    Args:
        run: The run.
        path: A picture in any format, dark on light or light on dark.

    Raises:
        DataError: The file is not a picture, or is blank.
    """
    # These import Pillow, which only this needs.
    from nn.datasets.framing import place
    from nn.datasets.picture import prepare_picture, scale_picture

    shape = run.facts.image_height, run.facts.image_width
    quarters = 0
    if run.settings.dataset == "pictures":  # as those that the network was trained on
        preparation = Preparation(
            run.settings.prepare,
            run.facts.image_height,
            colour=run.facts.channels == 3,
            framing=run.framing_taken_over,
        )
        images = preparation.image(path)[np.newaxis]
        is_digit = np.ones(1, dtype=bool)
    elif run.facts.channels == 3:
        images = scale_picture(path, run.facts.image_shape)[np.newaxis]
        is_digit = np.ones(1, dtype=bool)
    elif are_digits(run.class_names, run.facts.classes):
        inks, is_digit, quarters = find_digits(path)
        images = np.stack([place(ink, shape, run.framing) for ink in inks])
    else:
        images = prepare_picture(path, shape, run.framing)[np.newaxis]
        is_digit = np.ones(1, dtype=bool)
    logits = run.network.forward(run.normalization.apply(images))
    probabilities = run.loss.probabilities(logits)
    return PictureReading(images, probabilities, is_digit, quarters)


def find_digits(path: Path) -> tuple[list[NDArray[np.float32]], NDArray[np.bool_], int]:
    """Find the digits on a picture, from left to right.

    The first way to see the picture that shows only digits counts: as it is, without shadows,
    turned. If there is none, the picture as it is counts. It shows no digits if fewer than half of
    its pieces look like one. Turned pictures must look much like digits.

    Returns:
        The ink of each digit, (H', W'); whether it looks like one as the picture lies; and how
        often the picture was turned to the left by a quarter.

    Raises:
        DataError: The file is not a picture, or is blank.
    """
    from nn.datasets.digit_line import separate_digits
    from nn.datasets.picture import ways_to_see_ink

    inks = ways_to_see_ink(path)
    ways = [(ink, 0) for ink in inks] + [(np.rot90(inks[0], turn), turn) for turn in (1, 3, 2)]
    seen = []
    for ink, quarters in ways:
        digits = separate_digits(ink)
        margins = _margins(digits)
        is_digit = margins > 0
        if is_digit.all() and (quarters == 0 or margins.mean() > _SURE):
            return digits, is_digit & (quarters == 0), quarters
        seen.append((digits, is_digit & (is_digit.mean() >= 0.5), 0))
    return seen[0]


def _margins(inks: list[NDArray[np.float32]]) -> NDArray[np.floating]:
    from nn.datasets.framing import place

    shape = SIDE, SIDE
    return digit_margin(np.stack([place(ink, shape, Framing.like_mnist(shape)) for ink in inks]))
