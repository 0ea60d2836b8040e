"""Small data sets in the forms that people have: the bytes of the original, our own drawn digits.

`python -m tests.forms_of_data FOLDER` writes one of each, to try.
"""

import gzip
import io
import pickle
import struct
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from nn.datasets.drawn_digits import draw_digits
from nn.datasets.images import LabelledImages

TRAINING, TEST = 60, 20


def digits(count: int, seed: int = 0) -> LabelledImages:
    """Draw digits, the same for the same seed."""
    return draw_digits(count, np.random.default_rng(seed))


def idx_bytes(array: np.ndarray, kind: int = 8) -> bytes:
    """Return an array as its format says, bytes (8) or 32-bit numbers (12)."""
    stored = array.astype({8: ">u1", 12: ">i4"}[kind])
    header = struct.pack(">HBB", 0, kind, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + stored.tobytes()


def write_emnist_letters(folder: Path) -> LabelledImages:
    """Write two pairs as EMNIST's letters are: images on their side, labels from 1, a mapping."""
    training, test = digits(TRAINING), digits(TEST, 1)
    for name, part in (("train", training), ("test", test)):
        stem = folder / f"emnist-letters-{name}"
        turned = part.images.transpose(0, 2, 1)
        (stem.with_name(stem.name + "-images-idx3-ubyte.gz")).write_bytes(
            gzip.compress(idx_bytes(turned))
        )
        stem.with_name(stem.name + "-labels-idx1-ubyte").write_bytes(idx_bytes(part.labels + 1))
    lines = [f"{label} {64 + label} {96 + label}" for label in range(1, 11)]
    (folder / "emnist-letters-mapping.txt").write_text("\n".join(lines) + "\n")
    return training


def write_qmnist(folder: Path) -> LabelledImages:
    """Write two pairs as QMNIST is: labels are rows of eight 32-bit numbers, the class first."""
    training, test = digits(TRAINING), digits(TEST, 1)
    for name, part in (("train", training), ("test", test)):
        rows = np.zeros((len(part), 8), np.int64)
        rows[:, 0], rows[:, 1:] = part.labels, np.arange(7) + 1000
        images = folder / f"qmnist-{name}-images-idx3-ubyte.gz"
        images.write_bytes(gzip.compress(idx_bytes(part.images)))
        labels = folder / f"qmnist-{name}-labels-idx2-int.gz"
        labels.write_bytes(gzip.compress(idx_bytes(rows, 12)))
    return training


def write_idx_pair(folder: Path) -> LabelledImages:
    """Write one pair under names of somebody's own, without test images."""
    part = digits(TRAINING)
    (folder / "mine.images").write_bytes(idx_bytes(part.images))
    (folder / "mine.labels").write_bytes(idx_bytes(part.labels))
    return part


def write_kaggle(folder: Path) -> LabelledImages:
    """Write Kaggle's Digit Recognizer: test.csv has no labels."""
    training, test = digits(TRAINING), digits(TEST, 1)
    names = ",".join(f"pixel{number}" for number in range(784))
    write_table(folder / "train.csv", f"label,{names}", training, with_labels=True)
    write_table(folder / "test.csv", names, test, with_labels=False)
    rows = "".join(f"{number},0\n" for number in range(1, TEST + 1))
    (folder / "sample_submission.csv").write_text("ImageId,Label\n" + rows)
    return training


def write_table(path: Path, header: str, part: LabelledImages, *, with_labels: bool) -> None:
    """Write images as a table, the label first."""
    rows = part.images.reshape(len(part), -1).tolist()
    if with_labels:
        rows = [[label, *row] for label, row in zip(part.labels.tolist(), rows, strict=True)]
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")


def write_keras(folder: Path) -> LabelledImages:
    """Write the one file of Keras's MNIST."""
    training, test = digits(TRAINING), digits(TEST, 1)
    np.savez(
        folder / "mnist.npz",
        x_train=training.images, y_train=training.labels.astype(np.uint8),
        x_test=test.images, y_test=test.labels.astype(np.uint8),
    )  # fmt: skip
    return training


def write_kmnist(folder: Path) -> LabelledImages:
    """Write KMNIST's four files, each with one array."""
    training, test = digits(TRAINING), digits(TEST, 1)
    for name, part in (("train", training), ("test", test)):
        np.savez_compressed(folder / f"kmnist-{name}-imgs.npz", part.images)
        np.savez_compressed(folder / f"kmnist-{name}-labels.npz", part.labels.astype(np.uint8))
    return training


def write_medmnist(folder: Path) -> LabelledImages:
    """Write MedMNIST's one file: three parts, colours, labels in a column."""
    parts = {"train": digits(TRAINING), "val": digits(TEST, 2), "test": digits(TEST, 1)}
    arrays = {}
    for name, part in parts.items():
        arrays[f"{name}_images"] = np.repeat(part.images[..., None], 3, axis=3)
        arrays[f"{name}_labels"] = part.labels[:, None].astype(np.uint8)
    np.savez_compressed(folder / "bloodmnist.npz", **arrays)
    return parts["train"]


def write_pictures(folder: Path, parts: Sequence[str] = ("training", "testing")) -> LabelledImages:
    """Write a folder of pictures for each digit, in a folder for each part (none if it is "")."""
    first = None
    for seed, (name, count) in enumerate(zip(parts, (TRAINING, TEST, TEST), strict=False)):
        part = digits(count, seed)
        first = first or part
        for number, (image, label) in enumerate(zip(part.images, part.labels, strict=True)):
            place = folder / name / str(label)
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(place / f"{number:03}.png")
    assert first
    order = np.argsort(first.labels, kind="stable")
    return LabelledImages(first.images[order], first.labels[order])


def write_colours(folder: Path, count: int = 30) -> list[Path]:
    """Write blue, green and red noise of 8 x 8, all equally bright; return the pictures' paths."""
    rng = np.random.default_rng(0)
    paths = []
    for name, channel, brightness in (("blue", 2, 0.114), ("green", 1, 0.587), ("red", 0, 0.299)):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = 90 + rng.normal(0, 10, (8, 8, 1)).repeat(3, axis=2)
            pixels[..., channel] += 14 / brightness
            paths.append(folder / name / f"{number:02}.png")
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(paths[-1])
    return paths


def write_cifar(folder: Path) -> LabelledImages:
    """Write CIFAR-10's seven files: pickles with Python 2's texts, rows of three colours."""
    part = digits(TRAINING)
    names = [f"animal {number}".encode() for number in range(10)]
    (folder / "batches.meta").write_bytes(python_2_pickle({b"label_names": names}))
    batches = [(f"data_batch_{number + 1}", part, number) for number in range(5)]
    for name, source, number in [*batches, ("test_batch", digits(TEST * 5, 1), 0)]:
        chosen = slice(number * len(source) // 5, (number + 1) * len(source) // 5)
        rows = np.repeat(source.images[chosen].reshape(-1, 1, 784), 3, axis=1).reshape(-1, 3 * 784)
        labels = source.labels[chosen].tolist()
        files = [f"{index}.png".encode() for index in range(len(labels))]
        fields = {b"batch_label": b"a batch", b"labels": labels, b"data": rows, b"filenames": files}
        (folder / name).write_bytes(python_2_pickle(fields))
    return part


def python_2_pickle(fields: dict[bytes, object]) -> bytes:
    """Pickle a dictionary as Python 2 did, whose texts were bytes."""
    pickled = pickle._Pickler(stream := io.BytesIO(), 2)  # the one in Python, which can be changed

    def save_bytes(self: pickle._Pickler, text: bytes) -> None:
        short = len(text) < 256
        length = bytes([len(text)]) if short else struct.pack("<i", len(text))
        self.write((b"U" if short else b"T") + length + text)
        self.memoize(text)

    pickled.dispatch = {**pickled.dispatch, bytes: save_bytes}
    pickled.dump(fields)
    return stream.getvalue()


FORMS: dict[str, Callable[[Path], LabelledImages]] = {
    "emnist": write_emnist_letters,
    "qmnist": write_qmnist,
    "pair": write_idx_pair,
    "kaggle": write_kaggle,
    "keras": write_keras,
    "kmnist": write_kmnist,
    "medmnist": write_medmnist,
    "pictures": write_pictures,
    "cifar": write_cifar,
}
"""Each writes into an empty folder, and returns what the training images in it are."""


if __name__ == "__main__":
    for form, write in FORMS.items():
        place = Path(sys.argv[1]) / form
        place.mkdir(parents=True)
        write(place)
