"""Several networks that answer together.

Networks that differ only in their seeds are wrong about different images. The mean of their
probabilities is therefore right more often than most of them alone.
"""

from collections.abc import Sequence

import numpy as np

from nn.errors import DataError
from nn.runs.predictions import Predictions


def has_same_images(one: Predictions, other: Predictions) -> bool:
    """Return whether two networks answered the same images, in the same order."""
    return np.array_equal(one.images, other.images) and np.array_equal(one.true, other.true)


def committee(members: Sequence[Predictions]) -> Predictions:
    """Return what several networks predict together: the mean of their probabilities.

    Args:
        members: What each predicts for the same images, at least one.

    Raises:
        DataError: The images are not the same.
    """
    first = members[0]
    for other in members[1:]:
        if not has_same_images(first, other):
            raise DataError(
                f"{other.title} was tested on other images than {first.title}. A committee needs "
                "runs with the same test images, as those of the same data and split have."
            )
    probabilities = np.mean([member.probabilities for member in members], axis=0)
    title = f"committee of {len(members)}, {first.title.partition(',')[0]}"
    return Predictions(first.images, first.true, probabilities, title, first.class_names)


def gain(members: Sequence[Predictions], together: Predictions) -> str:
    """Return in a sentence how good a committee is, beside its members."""
    alone = [member.accuracy for member in members]
    return (
        f"A committee of these {len(members)} runs has a test accuracy of {together.accuracy:.2%}; "
        f"alone they have {np.mean(alone):.2%} on average and {max(alone):.2%} at best."
    )
