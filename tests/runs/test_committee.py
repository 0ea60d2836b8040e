"""Several networks together: the mean of their probabilities, for the same images."""

import numpy as np
import pytest

from nn.errors import DataError
from nn.runs.committee import committee, gain
from nn.runs.predictions import Predictions

IMAGES = np.arange(3 * 4, dtype=np.uint8).reshape(3, 2, 2)
TRUE = np.array([0, 1, 0])


def predictions(first: list[float], name: str, true=TRUE, images=IMAGES) -> Predictions:
    probabilities = np.column_stack([first, 1 - np.array(first)])
    return Predictions(images, true, probabilities, f"MNIST, {name}", ("zero", "one"))


def test_the_mean_of_the_probabilities_decides() -> None:
    # The first is wrong about the second image, the other about the first; together they are right.
    members = [predictions([0.9, 0.6, 0.9], "a"), predictions([0.4, 0.1, 0.9], "b")]
    together = committee(members)
    np.testing.assert_allclose(together.probabilities[:, 0], [0.65, 0.35, 0.9])
    assert [one.accuracy for one in members] == pytest.approx([2 / 3, 2 / 3])
    assert together.accuracy == 1
    assert (together.title, together.class_names) == ("committee of 2, MNIST", ("zero", "one"))
    assert gain(members, together) == (
        "A committee of these 2 runs has a test accuracy of 100.00%; alone they have 66.67% on "
        "average and 66.67% at best."
    )


@pytest.mark.parametrize(
    "other", [{"true": 1 - TRUE}, {"images": IMAGES + np.uint8(1)}], ids=["labels", "images"]
)
def test_other_images_have_no_committee(other) -> None:
    with pytest.raises(DataError, match="MNIST, b was tested on other images than MNIST, a"):
        committee([predictions([0.9, 0.6, 0.9], "a"), predictions([0.4, 0.1, 0.9], "b", **other)])
