"""Train the network that tells digits from other things, which `predict.py --image` asks.

    python -m benchmarks.digit_check --data-dir DIR

draws what is no digit, trains a small network with two classes on these drawings and on MNIST's
training digits, and writes `nn/runs/digit_check.npz`. No drawing has a smiling face, a font of
DejaVu, or a photograph's noise: `benchmarks.non_digits` measures with those.
"""

import argparse
import string
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from nn.datasets.distortion import DISTORTIONS, Reach
from nn.datasets.drawn_digits import draw_digits, draw_strokes
from nn.datasets.framing import Framing, place
from nn.datasets.idx import write_idx
from nn.datasets.images import LabelledImages
from nn.datasets.sources import load_images
from nn.runs.digit_check import CHECK, LAYERS
from nn.runs.experiment import run_experiment
from nn.settings.declaration import Settings

REFUSED = 0.015
"""The fraction of digits that are taken for something else."""

_SIDE = 28
_FONTS = (
    *("cmb10", "cmr10", "cmss10", "cmtt10", "STIXGeneral", "STIXGeneralBol"),
    *("STIXGeneralItalic", "STIXGeneralBolIta"),
)
# Without O, I, l, Z and others, which are written as digits are.
_LETTERS = "".join(sorted(set(string.ascii_letters) - set("OoIlZzSsbqgB"))) + "?&%$#@*+=<>"
_SETTINGS = {
    "layers": LAYERS,
    "distortion": "pens",
    "initialization": "he",
    "learning_rate": 0.05,
    "learning_rate_decay": True,
    "decay": "cosine",
    "batch_size": 64,
    "epochs": 10,
}

# The strengths of `pens` when the network was trained; with others it would be another network.
_PENS = Reach(
    angle=8, stretch=0.15, slant=0.1, shift=1 / 28, bend=0.8 / 28, smoothness=5 / 28, pens=True
)

Pixels = NDArray[np.uint8]


def main() -> None:
    """Draw, train, and write the network."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", default="data", help="folder of the MNIST files")
    mnist = load_images("mnist", Path(parser.parse_args().data_dir))
    DISTORTIONS["pens"] = _PENS
    rng = np.random.Generator(np.random.PCG64(5))
    printed = np.stack(list(draw_text("0123456789", 24, rng)))
    digits = np.concatenate([mnist.training.images, draw_digits(16_000, rng).images, printed])
    others = draw_others(mnist.training, rng)
    order = rng.permutation(len(digits) + len(others))
    labels = np.repeat(np.array([0, 1], dtype=np.uint8), [len(digits), len(others)])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_idx(folder / "train-images.idx3-ubyte", np.concatenate([digits, others])[order])
        write_idx(folder / "train-labels.idx1-ubyte", labels[order])
        settings = Settings(**_SETTINGS, data_dir=name, save_dir=name)
        run = run_experiment(settings, report=print)
    logits = run.network.forward(
        (mnist.training.images[::4] / np.float32(255)).reshape(-1, *run.network.input_shape)
    )
    limit = np.quantile(logits[:, 1] - logits[:, 0], 1 - REFUSED)
    arrays = {stem: array.astype(np.float16) for stem, array in run.network.arrays.items()}
    *_, biases = (stem for stem in arrays if stem.startswith("biases"))
    arrays[biases][1] -= np.float16(limit)
    np.savez(str(CHECK), **arrays)
    print(f"{CHECK}: test accuracy {run.result.test_accuracy:.2%}, moved by {limit:.2f}")


def draw_others(training: LabelledImages, rng: np.random.Generator) -> Pixels:
    """Return images of what is no digit, prepared like MNIST's, (N, 28, 28)."""
    return np.stack(
        [
            *_turned(training, rng),
            *_mixed(training.images, 8_000, rng),
            *_random_strokes(900, 24, rng),
            *draw_text(_LETTERS, 32, rng),
            *(_outline(rng) for _ in range(10_000)),
            *(_noise(rng) for _ in range(4_000)),
        ]
    )


def _turned(training: LabelledImages, rng: np.random.Generator) -> Iterator[Pixels]:
    """Yield digits on their side, upside down and mirrored, where that makes them no digits."""
    for digits, quarters, count in (
        ("123456789", 1, 6_000),
        ("123456789", 3, 6_000),
        ("347", 2, 3_000),
    ):
        for image in _chosen(training, digits, count, rng):
            yield _placed(np.rot90(image, quarters))
    for image in _chosen(training, "34679", 3_000, rng):
        yield _placed(image[:, ::-1])


def _chosen(training: LabelledImages, digits: str, count: int, rng: np.random.Generator) -> Pixels:
    among = np.flatnonzero(np.isin(training.labels, [int(digit) for digit in digits]))
    return training.images[rng.choice(among, count)]


def _mixed(digits: Pixels, count: int, rng: np.random.Generator) -> Iterator[Pixels]:
    """Yield two digits written over each other, and halves of two digits side by side."""
    for one, other in digits[rng.choice(len(digits), (count, 2))]:
        across, down = rng.integers(4, 10, 2) * rng.choice([-1, 1], 2)
        moved = np.roll(np.pad(one, 10), (down, across), axis=(0, 1))
        yield _placed(np.maximum(moved, np.pad(other, 10)))
        if rng.random() < 0.6:
            yield _placed(np.concatenate([one[:, :14], other[:, :14]], axis=1))


def _random_strokes(templates: int, each: int, rng: np.random.Generator) -> Iterator[Pixels]:
    """Yield one to three strokes through random points, or one that wanders about."""
    for number in range(templates):
        if number % 3:
            counts = rng.integers(2, 7, rng.integers(1, 4))
            if counts.sum() < 5:  # so few points may well make a digit
                counts = [6]
            strokes = [rng.random((count, 2)) for count in counts]
        else:
            way = rng.normal(size=(rng.integers(6, 15), 2)).cumsum(axis=0)
            strokes = [(way - way.min(axis=0)) / np.ptp(way, axis=0).max()]
        for before, stroke in pairwise(strokes):
            if rng.random() < 0.5:
                stroke[0] = before[-1]
        points = [tuple((float(x), float(y)) for x, y in stroke.round(3)) for stroke in strokes]
        images = draw_strokes(tuple(points), each, rng)
        yield from images[: each // 2]
        crossed = np.maximum(images, np.rot90(images, 1, (1, 2)))  # twice over each other
        yield from crossed[each // 2 : each * 3 // 4]
        yield from images[each * 3 // 4 :]


def draw_text(letters: str, each: int, rng: np.random.Generator) -> Iterator[Pixels]:
    """Yield each letter in each font, turned a little, with strokes of different widths."""
    for name in _FONTS:
        path = Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"
        font = ImageFont.truetype(path, 60)
        for letter in letters:
            plain = Image.new("L", (120, 120))
            ImageDraw.Draw(plain).text((60, 60), letter, font=font, fill=255, anchor="mm")
            for number in range(each):
                bold = plain.filter(ImageFilter.MaxFilter(1 + 2 * (number % 3)))
                turned = bold.rotate(float(rng.uniform(-10, 10)), Image.Resampling.BILINEAR)
                yield _placed(np.asarray(turned.resize((60, 60), Image.Resampling.BOX)))


def _outline(rng: np.random.Generator) -> Pixels:
    """Return a closed outline with dots, lines and arcs in it."""
    picture = Image.new("L", (96, 96))
    pen = ImageDraw.Draw(picture)
    width = int(rng.integers(3, 9))
    left, top = rng.uniform(4, 24, 2)
    box = [left, top, 96 - rng.uniform(4, 24), 96 - rng.uniform(4, 24)]
    draw = pen.ellipse if rng.random() < 0.7 else pen.rectangle
    draw(box, outline=255, width=width)
    for _ in range(rng.integers(1, 5)):
        x, y = rng.uniform(30, 66, 2)
        size = rng.uniform(3, 7)
        kind = rng.integers(3)
        if kind == 0:
            pen.ellipse([x - size, y - size, x + size, y + size], fill=255)
        elif kind == 1:
            pen.line([x, y, *rng.uniform(28, 68, 2)], fill=255, width=width)
        else:
            start = float(rng.choice([0, 90, 180, 270]))
            wide, high = rng.uniform(8, 22, 2)
            pen.arc([x - wide, y - high, x + wide, y + high], start, start + 180, 255, width)
    return _placed(np.asarray(picture))


def _noise(rng: np.random.Generator) -> Pixels:
    """Return random greys in cells of one to seven pixels."""
    cells = rng.random((int(rng.integers(4, 29)),) * 2) ** rng.uniform(1, 6)
    picture = Image.fromarray((255 * cells / cells.max()).astype(np.uint8))
    how = Image.Resampling.NEAREST if rng.random() < 0.5 else Image.Resampling.BICUBIC
    return _placed(np.asarray(picture.resize((_SIDE, _SIDE), how)))


def _placed(ink: Pixels) -> Pixels:
    shape = (_SIDE, _SIDE)
    return place((ink / np.float32(255)).astype(np.float32), shape, Framing.like_mnist(shape))


if __name__ == "__main__":
    main()
