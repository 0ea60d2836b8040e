"""Reading each image several times, shifted a little.

A digit that is moved by a pixel is the same digit, but the network's numbers change. The mean of
its probabilities over several positions is more often right than those for a single one.
"""

from collections.abc import Iterator

import numpy as np

from nn.datasets.images import LabelledImages
from nn.losses import Loss
from nn.network import Network
from nn.runs.preparation import PreparedData
from nn.training.evaluation import Evaluation, accuracy, evaluate


def evaluate_shifted(
    network: Network, loss: Loss, data: PreparedData, part: LabelledImages, pixels: int
) -> Evaluation:
    """Return how good a network is on images that it reads at every shift of up to some pixels.

    The logits are those that belong to the mean of the probabilities.

    Args:
        network: The network.
        loss: The loss to measure; it turns logits into probabilities.
        data: How the images are prepared.
        part: The images.
        pixels: The largest shift, up, down, left and right; with 0 each image is read once.
    """
    first, *others = (
        evaluate(network, loss, data.in_order(moved)()) for moved in shifted(part, pixels)
    )
    if not others:
        return first
    probabilities = np.mean([loss.probabilities(one.logits) for one in (first, *others)], axis=0)
    logits, labels = loss.logits(probabilities), first.labels
    return Evaluation(loss.value(logits, labels), accuracy(logits, labels), logits, labels)


def shifted(part: LabelledImages, pixels: int) -> Iterator[LabelledImages]:
    """Yield the images at every shift; what enters at an edge is background, 0."""
    height, width = part.images.shape[-2:]
    around = [(0, 0)] * (part.images.ndim - 2) + [(pixels, pixels)] * 2
    padded = np.pad(part.images, around)
    for down, right in np.ndindex(2 * pixels + 1, 2 * pixels + 1):
        moved = padded[..., down : down + height, right : right + width]
        yield LabelledImages(np.ascontiguousarray(moved), part.labels)
