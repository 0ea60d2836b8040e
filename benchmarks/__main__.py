"""Run the benchmark and print its tables: `python -m benchmarks`."""

import argparse
from pathlib import Path

from benchmarks import machine, steps
from benchmarks.contestants import CONTESTANTS
from benchmarks.turns import Turns, missing
from benchmarks.work import TRAINING_IMAGES


def main() -> None:
    """Measure everything that is installed, with each number of threads in turn."""
    arguments = _arguments()
    print("\n".join(machine.description()))
    data = "MNIST" if arguments.data_dir else "random images as dark as MNIST's"
    print(f"{arguments.images} images ({data}), {arguments.rounds} rounds, median (min-max)")
    for name, package in missing(list(CONTESTANTS)).items():
        print(f"left out: {CONTESTANTS[name]}: {package} is not installed")
    for threads in arguments.threads:
        print(f"\n## {threads} thread{'s' if threads > 1 else ''}\n")
        with Turns(threads, arguments.data_dir) as turns:
            _print_comparison(turns)
            _print_measurement(steps.measure(turns, arguments.rounds, arguments.images))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--data-dir", type=Path, help="folder of MNIST; without, random images")
    parser.add_argument("--rounds", type=int, default=7, help="turns each contestant takes")
    parser.add_argument("--images", type=int, default=TRAINING_IMAGES, help="images a turn")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="numbers of threads")
    return parser.parse_args()


def _print_comparison(turns: Turns) -> None:
    print(
        f"After {steps.STEPS_COMPARED} steps, the largest difference to our parameters, as a share "
        f"of the largest change in any (at most {steps.TOLERANCE:g}):\n"
    )
    for entry, share in steps.compare_parameters(turns):
        same = "same work" if share <= steps.TOLERANCE else "NOT THE SAME WORK"
        print(f"- {CONTESTANTS[entry.contestant]}, {entry.work}: {share:.1e}, {same}")


def _print_measurement(measurement: steps.Measurement) -> None:
    print("\n| work | against | ratio | target | |\n|---|---|---|---|---|")
    for line in measurement.lines:
        target = f"at most {line.target:g}" if line.at_most else f"at least {line.target:g}"
        ratio = "-" if line.ratio is None else str(line.ratio)
        print(f"| {line.what} | {line.against} | {ratio} | {target} | {line.verdict} |")
    print("\n| work | contestant | microseconds a step |\n|---|---|---|")
    for entry, ratio in measurement.times.items():
        print(f"| {entry.work} | {CONTESTANTS[entry.contestant]} | {ratio} |")


if __name__ == "__main__":
    main()
