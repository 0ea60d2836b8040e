"""How long 100,000 pictures in folders take to load, and how much memory.

    python -m benchmarks.picture_folders FOLDER

draws digits as small PNG files, `FOLDER/<digit>/<number>.png`, unless they are there. Then they are
loaded in a fresh process each time: from the pictures; from the images kept of them; and after one
picture was changed, one added and one removed. Memory is the peak beyond that of an empty program,
as a multiple of the images' own bytes.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from nn.datasets.drawn_digits import draw_digits
from nn.datasets.picture_folders import Preparation
from nn.datasets.sources import load_images

_AT_ONCE = 5_000
_KEPT = ".pictures-*"
_MEGABYTE = 1 << 20


def main() -> None:
    """Draw what is missing, and load it four times."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--load", action="store_true", help="only load, and print the figures")
    options = parser.parse_args()
    if options.load:
        print(load(options.folder))
        return
    draw(options.folder, options.pictures)
    for kept in options.folder.glob(_KEPT):
        kept.unlink()
    print(f"from the pictures: {in_a_process(options.folder)}")
    print(f"from the images kept: {in_a_process(options.folder)}")
    change(options.folder)
    print(f"one picture changed, one added, one removed: {in_a_process(options.folder)}")
    print(f"again: {in_a_process(options.folder)}")


def draw(folder: Path, count: int) -> None:
    """Write that many digits as pictures of 28 x 28 pixels, if there are none."""
    if folder.exists():
        return
    rng = np.random.default_rng(0)
    for label in range(10):
        (folder / str(label)).mkdir(parents=True)
    for start in range(0, count, _AT_ONCE):
        part = draw_digits(min(_AT_ONCE, count - start), rng)
        for number, (image, label) in enumerate(zip(part.images, part.labels, strict=True), start):
            Image.fromarray(image).save(folder / str(label) / f"{number:06}.png")


def change(folder: Path) -> None:
    """Change a picture, add one, and remove one."""
    pictures = sorted((folder / "3").glob("*.png"))
    Image.fromarray(np.full((28, 28), 99, np.uint8)).save(pictures[0])
    pictures[1].rename(folder / "4" / "added.png")


def in_a_process(folder: Path) -> str:
    """Load the pictures in a fresh process, and return what it says."""
    command = [sys.executable, "-m", "benchmarks.picture_folders", str(folder), "--load"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def load(folder: Path) -> str:
    """Load the pictures, and return how long it took and how much memory."""
    told: list[int] = []
    before = peak()
    started = time.perf_counter()
    data = load_images(
        "pictures",
        folder,
        pictures=Preparation(keep=True),
        on_progress=lambda name, done, of: told.append(done),
    )
    seconds = time.perf_counter() - started
    held = data.training.images.nbytes
    return (
        f"{len(data.training):,} images in {seconds:.1f} s, {len(told):,} steps of progress, "
        f"{held / _MEGABYTE:.0f} MB of images, peak {peak() - before:.0f} MB more, "
        f"{(peak() - before) * _MEGABYTE / held:.1f} times as much; fingerprint {data.fingerprint}"
    )


def peak() -> float:
    """Return the most memory this process has had, in megabytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MEGABYTE


if __name__ == "__main__":
    main()
