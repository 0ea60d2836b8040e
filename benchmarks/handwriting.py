"""How well trained networks read pictures of handwriting that `predict.py --image` gets.

    python -m benchmarks.handwriting --data-dir DIR RUN [RUN ...]

prints the accuracy of each run's network on MNIST's 10,000 test images: as they are, cropped to
their ink, and cropped with one pixel of margin; and on the 1,797 digits of scikit-learn (pip
install scikit-learn), which other people wrote: 8 x 8 pixels, enlarged to 128 x 128, with and
without two pixels of margin. Train the runs with `--split official`, so that no test image was
trained on.
"""

import argparse
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nn.datasets.framing import Framing
from nn.datasets.picture import prepare_grey
from nn.datasets.sources import load_images
from nn.runs.run_folder import RunFolder
from nn.runs.saved_run import SavedRun, load_run

Pixels = NDArray[np.uint8]


def main() -> None:
    """Prepare and predict every kind of picture with every run, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", nargs="+", metavar="RUN", type=Path, help="a run's folder")
    parser.add_argument("--data-dir", default="data", help="folder of the MNIST files")
    options = parser.parse_args()
    runs = [load_run(RunFolder(path)) for path in options.runs]
    mnist = load_images("mnist", Path(options.data_dir))
    small, small_labels = scikit_learn_digits()

    print("| pictures | " + " | ".join(run.folder.name for run in runs) + " |")
    print("|---" * (1 + len(runs)) + "|")
    assert mnist.test is not None
    images, labels = mnist.test.images, mnist.test.labels
    print_row("MNIST's test images", [np.mean(run.predict(images) == labels) for run in runs])
    for kind, pictures, classes in (
        ("the same as pictures", images, labels),
        ("cropped to their ink", [crop(image) for image in images], labels),
        ("cropped, with 1 pixel of margin", [np.pad(crop(image), 1) for image in images], labels),
        ("scikit-learn's digits, enlarged", [enlarge(image) for image in small], small_labels),
        ("with 2 pixels of margin", [enlarge(np.pad(image, 2)) for image in small], small_labels),
    ):
        print_row(kind, accuracies(runs, pictures, classes))


def print_row(kind: str, accuracies: Sequence[float]) -> None:
    """Print a row of the table."""
    print("| " + " | ".join([kind, *(f"{share:.2%}" for share in accuracies)]) + " |", flush=True)


def accuracies(
    runs: Sequence[SavedRun], pictures: Iterable[Pixels], labels: NDArray[np.int64]
) -> list[float]:
    """Return the fraction of pictures, light on dark, that each run reads correctly.

    A picture on which nothing is found is read incorrectly.
    """

    @cache
    def prepared(shape: tuple[int, int], framing: Framing) -> tuple[Pixels, NDArray[np.intp]]:
        grey = (picture / np.float32(255) for picture in pictures)
        images = [prepare_grey(picture, shape, framing) for picture in grey]
        found = {index: image for index, image in enumerate(images) if image is not None}
        return np.stack(list(found.values())), np.array(list(found))

    shares = []
    for run in runs:
        images, found = prepared((run.facts.image_height, run.facts.image_width), run.framing)
        shares.append(float((run.predict(images) == labels[found]).sum()) / len(labels))
    return shares


def crop(image: Pixels) -> Pixels:
    """Cut off all rows and columns without ink at the border."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def enlarge(image: Pixels) -> Pixels:
    """Scale to 128 x 128 pixels by bicubic interpolation."""
    return np.asarray(Image.fromarray(image).resize((128, 128), Image.Resampling.BICUBIC))


def scikit_learn_digits() -> tuple[Pixels, NDArray[np.int64]]:
    """Return the digits, 0 to 255, (1797, 8, 8), and their labels."""
    from sklearn.datasets import load_digits  # type: ignore[import-untyped]

    digits = load_digits()
    return np.rint(digits.images * (255 / 16)).astype(np.uint8), digits.target.astype(np.int64)


if __name__ == "__main__":
    main()
