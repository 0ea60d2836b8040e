"""A network's predictions for a set of images, with their true classes.

Everything that is shown after training (the confusion matrix, the gallery, the window, the
terminal browser) asks the same few things: what was predicted, how sure the network was, which ones
are wrong. They are answered here once, on plain arrays, so that no picture needs the network.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.datasets.class_names import name_of
from nn.files.atomic_write import open_atomically


@dataclass(frozen=True)
class View:
    """Which images to show.

    Args:
        only_mistakes: leave out correct predictions.
        digit: leave out every image that truly shows another class; None keeps all.
        surest: how many of the mistakes to show, the most confident first;
            None shows all in the order of the data.
    """

    only_mistakes: bool = False
    digit: int | None = None
    surest: int | None = None


@dataclass(frozen=True, eq=False)
class Predictions:
    """Images, their true classes, and the probabilities a network gave them.

    Args:
        images: uint8, (N, H, W) or (N, 3, H, W), 0 to 255, as they were before normalization;
            N is at least 1.
        true: whole numbers, (N,), 0 to K - 1.
        probabilities: (N, K), from 0 to 1; with softmax, each row sums to 1.
        title: the data's and the run's name, for headings.
        class_names: the names of the K classes; empty if they have none but their numbers.

    Raises:
        ValueError: the shapes do not belong together.
    """

    images: NDArray[np.uint8]
    true: NDArray[np.integer]
    probabilities: NDArray[np.floating]
    title: str
    class_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.images)
        shapes = (self.images.shape, self.true.shape, self.probabilities.shape)
        if self.images.ndim not in (3, 4) or self.probabilities.ndim != 2 or count == 0:
            raise ValueError(f"expected (N, H, W), (N,) and (N, K) with N >= 1, got {shapes}")
        if self.true.shape != (count,) or len(self.probabilities) != count:
            raise ValueError(f"images, true classes and probabilities differ in number: {shapes}")

    @cached_property
    def predicted(self) -> NDArray[np.intp]:
        """The most probable class of each image, (N,)."""
        classes: NDArray[np.intp] = self.probabilities.argmax(axis=1)
        return classes

    @cached_property
    def confidence(self) -> NDArray[np.floating]:
        """The probability of the predicted class, (N,)."""
        largest: NDArray[np.floating] = self.probabilities.max(axis=1)
        return largest

    @cached_property
    def mistakes(self) -> NDArray[np.intp]:
        """Indices of the images whose predicted class is not the true one, ascending."""
        return np.flatnonzero(self.predicted != self.true)

    def name(self, label: int, longest: int = 40) -> str:
        """Return what a class is called, in at most so many characters."""
        return name_of(int(label), self.class_names, longest)

    @property
    def accuracy(self) -> float:
        """The fraction of correct predictions, 0 to 1."""
        return float((self.predicted == self.true).mean())

    def likeliest(self, index: int, most: int) -> NDArray[np.intp]:
        """Return the most probable classes of an image, at most `most`, in ascending order."""
        probabilities = np.nan_to_num(self.probabilities[index])
        return np.sort((-probabilities).argsort(kind="stable")[:most])

    def selection(self, view: View) -> NDArray[np.intp]:
        """Return the indices of the images that belong to a view, in the order to show them."""
        indices = self.mistakes if view.only_mistakes else np.arange(len(self.images))
        if view.digit is not None:
            indices = indices[self.true[indices] == view.digit]
        if view.only_mistakes and view.surest is not None:
            by_confidence = (-self.confidence[indices]).argsort(kind="stable")
            indices = indices[by_confidence[: view.surest]]
        return indices


def confusion_matrix(
    true: NDArray[np.integer], predicted: NDArray[np.integer], classes: int
) -> NDArray[np.intp]:
    """Count how often each true class (row) was predicted as each class (column).

    Args:
        true: (N,), 0 to classes - 1.
        predicted: (N,), 0 to classes - 1.
        classes: K, at least 1.

    Returns:
        (K, K); the diagonal holds correct predictions, the sum is N.

    Raises:
        ValueError: a class lies outside 0 to classes - 1.
    """
    for labels in (true, predicted):
        outside = labels[(labels < 0) | (labels >= classes)]
        if outside.size:
            raise ValueError(f"classes run from 0 to {classes - 1}, got {outside[0]}")
    cells = true.astype(np.intp) * classes + predicted
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write `index,true,predicted,confidence` as CSV, one row per image, in the images' order.

    If the classes have names, `true_name,predicted_name` follow. Nine significant digits restore a
    float32 exactly.
    """
    header = ["index", "true", "predicted", "confidence"]
    names = [name.replace('"', '""') for name in predictions.class_names]
    rows = np.column_stack(
        (np.arange(len(predictions.true)), predictions.true, predictions.predicted)
    )
    with open_atomically(path) as stream:
        stream.write(",".join(header + ["true_name", "predicted_name"] * bool(names)).encode())
        for (index, true, predicted), confidence in zip(
            rows.tolist(), predictions.confidence.tolist(), strict=True
        ):
            stream.write(b"\n%d,%d,%d,%.9g" % (index, true, predicted, confidence))
            if names:
                stream.write(f',"{names[true]}","{names[predicted]}"'.encode())
        stream.write(b"\n")
