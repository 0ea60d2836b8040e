"""Pictures of other people's digits, as if you had photographed your own.

    python -m benchmarks.own_digits FOLDER

writes scikit-learn's digits (pip install scikit-learn) as dark ink on light paper, 128 x 128:
the first 200 as `FOLDER/learn/<digit>/<number>.png`, the other 1,597 as `FOLDER/read/...`.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.handwriting import enlarge, scikit_learn_digits

LEARN = 200


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    folder = parser.parse_args().folder
    for number, (image, label) in enumerate(zip(*scikit_learn_digits(), strict=True)):
        part = folder / ("learn" if number < LEARN else "read") / str(label)
        part.mkdir(parents=True, exist_ok=True)
        paper = 255 - enlarge(np.pad(image, 2))
        Image.fromarray(paper).save(part / f"{number:04}.png")


if __name__ == "__main__":
    main()
