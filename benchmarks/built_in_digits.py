"""How well the built-in digits replace real handwriting.

    python -m benchmarks.built_in_digits --data-dir DIR

trains the default network only on built-in digits, with several seeds, and tests it on the 10,000
test images of MNIST. The accuracy on the built-in validation images says how hard these are in
themselves. The time to draw them is measured, too. `--config drawn_cnn` trains that config instead.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from nn.datasets.batches import in_order
from nn.datasets.drawn_digits import draw_digits
from nn.datasets.images import LabelledImages
from nn.datasets.sources import load_images
from nn.losses import SoftmaxCrossEntropy
from nn.runs.experiment import run_experiment
from nn.runs.saved_run import load_run
from nn.settings.checking import Given, check_settings
from nn.settings.config_files import read_config
from nn.training.evaluation import evaluate

COUNT = 12_000


def main() -> None:
    """Time the drawing, train with each seed, and print the accuracies."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", default="data", help="folder of the MNIST files")
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds, from 0 (default: 5)")
    parser.add_argument("--config", default="", help="a config in configs/ (default: none)")
    parser.add_argument("--compiled", default="no", nargs="?", const="yes", help="needs Numba")
    options = parser.parse_args()

    started = time.perf_counter()
    draw_digits(COUNT, np.random.default_rng(0))
    print(f"drawing {COUNT:,} digits: {time.perf_counter() - started:.2f} s")

    mnist = load_images("mnist", Path(options.data_dir))
    real = LabelledImages(mnist.test.images, mnist.test.labels)
    seeds = range(options.seeds)
    shares = [train(options.config, seed, options.compiled, real) for seed in seeds]
    for part, column in zip(
        ("built-in validation images", "MNIST's 10,000 test images"),
        zip(*shares, strict=True),
        strict=True,
    ):
        print(f"{part}: {statistics.mean(column):.2%} ({min(column):.2%} to {max(column):.2%})")


def train(config: str, seed: int, compiled: str, real: LabelledImages) -> tuple[float, float]:
    """Train on drawn digits; return the accuracy on drawn validation images and on real ones."""
    with tempfile.TemporaryDirectory() as folder:
        flags = {
            "dataset": "built-in",
            "data_dir": folder,
            "save_dir": folder,
            "seed": str(seed),
            "compiled": compiled,
        }
        given = read_config(Path("configs", f"{config}.yaml")) if config else {}
        run = run_experiment(check_settings(given | {k: Given(v, k) for k, v in flags.items()}))
        saved = load_run(run.folder)
    images = in_order(real, saved.normalization)
    answers = evaluate(saved.network, SoftmaxCrossEntropy(), images)
    print(f"seed {seed}: {run.result.validation_accuracy:.2%} {answers.accuracy:.2%}", flush=True)
    return run.result.validation_accuracy, answers.accuracy


if __name__ == "__main__":
    main()
