"""How often `predict.py --image` refuses what is no digit, and how often it refuses digits.

    python -m benchmarks.non_digits --data-dir DIR

draws 500 pictures of smiling and sad faces, scribbles, letters, noise and empty pages, a hundred of
each, and prints how many are said not to look like a digit; then the same of MNIST's 10,000 test
images, as they are and as pictures. For some that are refused as they lie, it is said what they
would be if they were turned: their share has a column of its own.

The drawings have another seed and other code than those on which `benchmarks.digit_check` trained,
and the letters are DejaVu's. But its kinds of drawing were chosen after a look at early forms of
these: outlines with something inside were added when few faces were refused. How sure a turned
picture must be was chosen on these drawings, too.
"""

import argparse
import string
import tempfile
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.interpolate import CubicSpline

from nn.datasets.picture import prepare_grey
from nn.datasets.sources import load_images
from nn.errors import DataError
from nn.runs.digit_check import looks_like_digit
from nn.runs.picture_reading import find_digits

_EACH = 100
_SIDE = 256
_ARE_WRITTEN_AS_DIGITS = "OoIlZzSsbqgB"
_LETTERS = "".join(sorted(set(string.ascii_letters) - set(_ARE_WRITTEN_AS_DIGITS)))

_FONTS = [
    f"DejaVu{family}{style}"
    for family, slanted in (("Sans", "Oblique"), ("SansMono", "Oblique"), ("Serif", "Italic"))
    for style in ("", "-Bold", f"-{slanted}", f"-Bold{slanted}")
]

Pixels = NDArray[np.uint8]


def main() -> None:
    """Draw, ask, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", default="data", help="folder of the MNIST files")
    test = load_images("mnist", Path(parser.parse_args().data_dir)).test
    assert test is not None
    print("| no digits | refused | of these read if turned |")
    print("|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        shares = []
        for number, (kind, draw) in enumerate(KINDS.items()):
            rng = np.random.default_rng([15, number])
            drawings = (draw(rng) for _ in range(_EACH))
            shares.append(np.mean([refusal(one, Path(name)) for one in drawings], axis=0))
            print(_row(kind, shares[-1]), flush=True)
        print(_row("all", np.mean(shares, axis=0)))
        rng = np.random.default_rng([15, len(KINDS)])
        letters = (draw_letter(rng, _ARE_WRITTEN_AS_DIGITS) for _ in range(_EACH))
        share = np.mean([refusal(letter, Path(name)) for letter in letters], axis=0)
        print(_row("letters that are written as digits are", share) + "\n")

    print("| digits | refused |")
    print("|---|---|")
    print(f"| MNIST's test images | {1 - looks_like_digit(test.images).mean():.2%} |")
    greys = [prepare_grey(image / np.float32(255), (28, 28)) for image in test.images]
    seen = np.stack([image for image in greys if image is not None])
    print(f"| the same as pictures | {1 - looks_like_digit(seen).sum() / len(greys):.2%} |")


def _row(kind: str, shares: NDArray[np.float64]) -> str:
    return f"| {kind} | {shares[0]:.1%} | {shares[1]:.1%} |"


def refusal(picture: Pixels, folder: Path) -> tuple[bool, bool]:
    """Return whether predict.py refuses a picture, and whether it offers a reading of it, turned.

    It refuses a picture if it says that there are no digits on it as it lies, or nothing at all.
    """
    path = folder / "picture.png"
    Image.fromarray(picture).save(path)
    try:
        _, is_digit, quarters = find_digits(path)
    except DataError:
        return True, False
    return not is_digit.any(), quarters > 0


def draw_face(rng: np.random.Generator) -> Pixels:
    """Draw a round face with two eyes and a mouth that smiles, or does not."""
    picture, pen, ink, width = _page(rng)
    radius, round_ = rng.uniform(60, 100), rng.uniform(0.85, 1.15)
    wide = radius * round_
    pen.ellipse([128 - wide, 128 - radius, 128 + wide, 128 + radius], outline=ink, width=width)
    eye = rng.uniform(4, max(5, width))
    for side in (-1, 1):
        x = 128 + side * wide * rng.uniform(0.3, 0.4)
        y = 128 - radius * rng.uniform(0.25, 0.35)
        pen.ellipse([x - eye, y - 1.3 * eye, x + eye, y + 1.3 * eye], fill=ink)
    mouth = radius * rng.uniform(0.35, 0.55)
    smiles = rng.random() < 0.7
    y = 128 + radius * (0.15 if smiles else 0.6)
    box = [128 - mouth, y - 0.7 * mouth, 128 + mouth, y + 0.7 * mouth]
    pen.arc(box, *((20, 160) if smiles else (200, 340)), fill=ink, width=width)
    return _turned(picture, rng)


def draw_scribble(rng: np.random.Generator) -> Pixels:
    """Draw one long line: through random points, to and fro, or round and round."""
    picture, pen, ink, width = _page(rng)
    count, kind = int(rng.integers(8, 25)), rng.integers(3)
    if kind == 0:
        points = rng.uniform(50, 206, (count, 2))
    elif kind == 1:
        to_and_fro = 128 + rng.uniform(40, 70) * (-1.0) ** np.arange(count)
        points = np.stack([np.linspace(60, 196, count), to_and_fro], axis=1)
        points += rng.normal(0, 8, points.shape)
    else:
        angles = np.linspace(0, 2 * np.pi * rng.uniform(2, 4), 3 * count)
        circles = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        points = (
            128 + rng.uniform(30, 80, (3 * count, 1)) * circles + rng.normal(0, 6, (3 * count, 2))
        )
    times = np.arange(len(points))
    curve = CubicSpline(times, points)(np.linspace(0, times[-1], 30 * len(points)))
    pen.line([(float(x), float(y)) for x, y in curve], fill=ink, width=width, joint="curve")
    return _turned(picture, rng)


def draw_letter(rng: np.random.Generator, letters: str = _LETTERS) -> Pixels:
    """Draw a letter in one of DejaVu's fonts."""
    picture, pen, ink, _ = _page(rng)
    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{rng.choice(_FONTS)}.ttf"
    font = ImageFont.truetype(path, int(rng.integers(110, 180)))
    pen.text((128, 128), str(rng.choice(list(letters))), font=font, fill=ink, anchor="mm")
    return _turned(picture, rng)


def draw_noise(rng: np.random.Generator) -> Pixels:
    """Draw random greys, coarse ones, grain on grey paper, or many dots."""
    kind = rng.integers(4)
    if kind == 0:
        return rng.integers(0, 256, (_SIDE, _SIDE), dtype=np.uint8)
    if kind == 1:
        coarse = rng.integers(0, 256, (int(rng.integers(8, 40)),) * 2, dtype=np.uint8)
        large = Image.fromarray(coarse).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
        return np.asarray(large)
    if kind == 2:
        grain = rng.normal(rng.uniform(120, 220), rng.uniform(10, 60), (_SIDE, _SIDE))
        return np.clip(grain, 0, 255).astype(np.uint8)
    picture, pen, ink, _ = _page(rng)
    for x, y, radius in rng.uniform([20, 20, 1], [236, 236, 8], (int(rng.integers(30, 200)), 3)):
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=ink)
    return np.asarray(picture)


def draw_empty_page(rng: np.random.Generator) -> Pixels:
    """Draw paper alone: light from one side, grain, perhaps a fold."""
    down, across = np.mgrid[0:_SIDE, 0:_SIDE] / _SIDE
    one, other = rng.uniform(-60, 60, 2)
    paper = rng.uniform(150, 250) + one * across + other * down
    paper += rng.normal(0, rng.uniform(0, 5), paper.shape)
    if rng.random() < 0.3:
        paper[:, int(rng.uniform(60, 200)) :] -= rng.uniform(5, 12)
    return np.clip(paper, 0, 255).astype(np.uint8)


KINDS: dict[str, Callable[[np.random.Generator], Pixels]] = {
    "faces": draw_face,
    "scribbles": draw_scribble,
    "letters": draw_letter,
    "noise": draw_noise,
    "empty pages": draw_empty_page,
}


def _page(rng: np.random.Generator) -> tuple[Image.Image, ImageDraw.ImageDraw, int, int]:
    """Return light paper, what draws on it, the shade of ink and the width of the pen."""
    picture = Image.new("L", (_SIDE, _SIDE), int(rng.integers(200, 256)))
    return picture, ImageDraw.Draw(picture), int(rng.integers(0, 90)), int(rng.integers(6, 22))


def _turned(picture: Image.Image, rng: np.random.Generator) -> Pixels:
    turned = picture.rotate(
        float(rng.uniform(-12, 12)), Image.Resampling.BILINEAR, fillcolor=picture.getpixel((0, 0))
    )
    return np.asarray(turned)


if __name__ == "__main__":
    main()
