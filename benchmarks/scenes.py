"""How well trained networks read photographs of paper: on a desk, in shadow, on their side.

    python -m benchmarks.scenes --data-dir DIR RUN [RUN ...]

draws the photographs itself from MNIST's test digits, and prints the fraction that each run's
network reads as `predict.py --image` does.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from nn.datasets.sources import load_images
from nn.runs.picture_reading import predict_picture
from nn.runs.run_folder import RunFolder
from nn.runs.saved_run import load_run

_HEIGHT, _WIDTH = 480, 640
_COUNT = 200

Pixels = NDArray[np.uint8]
_Greys = NDArray[np.float32]


def main() -> None:
    """Draw every kind of photograph, read it with every run, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", nargs="+", metavar="RUN", type=Path, help="a run's folder")
    parser.add_argument("--data-dir", default="data", help="folder of the MNIST files")
    options = parser.parse_args()
    runs = [load_run(RunFolder(path)) for path in options.runs]
    test = load_images("mnist", Path(options.data_dir)).test
    assert test is not None
    print("| photographs | " + " | ".join(run.folder.name for run in runs) + " |")
    print("|---" * (1 + len(runs)) + "|")
    scenes: dict[str, Callable[[Pixels, np.random.Generator], Pixels]] = {
        "a sheet on a darker desk": sheet_on_desk,
        "hard shadows on paper": paper_in_shadow,
        "paper without shadows": lambda digit, rng: paper_in_shadow(digit, rng, shadow=False),
        "the same, turned by a quarter": lambda digit, rng: np.rot90(
            paper_in_shadow(digit, rng, shadow=False)
        ),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photograph.png"
        for name, scene in scenes.items():
            read = np.zeros(len(runs))
            for number in range(_COUNT):
                rng = np.random.default_rng([3, number])
                chosen = rng.integers(len(test))
                Image.fromarray(scene(test.images[chosen], rng)).save(path)
                for place, run in enumerate(runs):
                    answers = predict_picture(run, path).probabilities.argmax(axis=1)
                    read[place] += answers.tolist() == [test.labels[chosen]]
            print("| " + " | ".join([name, *(f"{right / _COUNT:.1%}" for right in read)]) + " |")


def sheet_on_desk(digit: Pixels, rng: np.random.Generator) -> Pixels:
    """Draw a sheet with a digit that lies on a darker desk, seen at an angle, (480, 640)."""
    height, width = (400, 283) if rng.random() < 0.5 else (283, 400)
    paper = _paper((height, width), rng)
    top, left = (int(rng.integers(25, side - 195)) for side in (height, width))
    _write(digit, paper[top : top + 170, left : left + 170], rng)

    middle = np.array([_WIDTH / 2, _HEIGHT / 2]) + rng.uniform(-30, 30, 2)
    angle = np.radians(rng.uniform(-20, 20))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    around = (flat - [width / 2, height / 2]) * rng.uniform(0.75, 1.1) @ turn
    corners = around + middle + rng.uniform(-22, 22, (4, 2))
    how = tuple(_projection(corners, flat))
    seen, part = (
        np.asarray(
            Image.fromarray(greys).transform(
                (_WIDTH, _HEIGHT), Image.Transform.PERSPECTIVE, how, Image.Resampling.BILINEAR
            )
        )
        for greys in (paper, np.ones_like(paper))
    )
    desk = rng.uniform(0.15, 0.5) + _texture(4, 60, 0.05, rng) + _texture(2, 2, 0.015, rng)
    return _photographed(desk * (1 - part) + seen * part, rng)


def paper_in_shadow(digit: Pixels, rng: np.random.Generator, *, shadow: bool = True) -> Pixels:
    """Draw a digit on paper that fills the frame; a shadow's edge, or two, cross it, (256, 256)."""
    side, fitted = 256, int(rng.integers(110, 230))
    paper = _paper((side, side), rng)
    top, left = rng.integers(0, side - fitted, 2)
    _write(digit, paper[top : top + fitted, left : left + fitted], rng)
    down, across = np.mgrid[-side // 2 : side // 2, -side // 2 : side // 2]
    angle, edge = rng.uniform(0, 2 * np.pi), rng.uniform(-70, 70)
    beyond = np.cos(angle) * across + np.sin(angle) * down - edge
    darkness = rng.uniform(0.25, 0.65) / (1 + np.exp(-beyond / rng.uniform(0.5, 3)))
    if rng.random() < 0.4:  # a band of shadow
        darkness[beyond > rng.uniform(40, 120)] = 0
    return _photographed(paper * (1 - darkness) if shadow else paper, rng)


def _paper(shape: tuple[int, int], rng: np.random.Generator) -> _Greys:
    grain = _texture(3, 3, 0.012, rng, shape)
    return np.full(shape, rng.uniform(0.78, 0.96), np.float32) + grain


def _write(digit: Pixels, paper: _Greys, rng: np.random.Generator) -> None:
    """Write a digit on a square of paper, in place."""
    large = Image.fromarray(digit).resize(paper.shape, Image.Resampling.BICUBIC)
    paper *= 1 - np.asarray(large, dtype=np.float32) / 255 * rng.uniform(0.6, 0.9)


def _texture(
    rows: int,
    columns: int,
    amount: float,
    rng: np.random.Generator,
    shape: tuple[int, int] = (_HEIGHT, _WIDTH),
) -> _Greys:
    """Return random greys that change within so many rows and columns."""
    small = rng.normal(0, amount, (shape[0] // rows, shape[1] // columns)).astype(np.float32)
    return np.asarray(Image.fromarray(small).resize(shape[::-1], Image.Resampling.BICUBIC))


def _projection(seen: NDArray[np.float64], flat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the eight numbers of the perspective that takes four seen points to flat ones."""
    rows = []
    for (x, y), (u, v) in zip(seen, flat, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    return np.linalg.solve(np.array(rows), flat.ravel())


def _photographed(scene: _Greys, rng: np.random.Generator) -> Pixels:
    """Add light that falls off to one side, a camera's noise, and a little blur."""
    height, width = scene.shape
    down, across = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    light = 1 - rng.uniform(0, 0.35) * (np.cos(angle) * across + np.sin(angle) * down + 0.5)
    noisy = np.clip(scene * light + rng.normal(0, 0.012, scene.shape), 0, 1)
    picture = Image.fromarray(np.rint(noisy * 255).astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(0.8)))


if __name__ == "__main__":
    main()
