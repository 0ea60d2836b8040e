"""Run the benchmark and print its tables: `python -m benchmarks`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks import growth, machine, steps, whole_program
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
            measurement = steps.measure(turns, arguments.rounds, arguments.images)
        lines = measurement.lines
        if arguments.data_dir:
            lines += whole_program.measure(arguments.data_dir, threads, arguments.rounds)
        _print_lines(lines)
        _print_times(measurement)
    if arguments.growth:
        print("\n## Growth of an epoch, 784-64-10, batch 4, one thread\n")
        with Turns(1, arguments.data_dir, ["ours"]) as turns:
            growths = growth.measure(turns, arguments.rounds)
        _print_growth(growths)
        growth.draw(growths, arguments.growth)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--data-dir", type=Path, help="folder of MNIST; without, random images")
    parser.add_argument("--rounds", type=int, default=7, help="turns each contestant takes")
    parser.add_argument("--images", type=int, default=TRAINING_IMAGES, help="images a turn")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="numbers of threads")
    parser.add_argument("--growth", type=Path, help="measure growth, too, and draw it there")
    return parser.parse_args()


def _print_comparison(turns: Turns) -> None:
    print(
        f"After {steps.STEPS_COMPARED} steps, the largest difference to our parameters, as a share "
        f"of the largest change in any (at most {steps.TOLERANCE:g}):\n"
    )
    for entry, share in steps.compare_parameters(turns):
        same = "same work" if share <= steps.TOLERANCE else "NOT THE SAME WORK"
        print(f"- {CONTESTANTS[entry.contestant]}, {entry.work}: {share:.1e}, {same}")


def _print_lines(lines: Sequence[steps.Line]) -> None:
    for whose in dict.fromkeys(line.whose for line in lines):
        print(f"\n| {whose}: work | against | ratio | target | |\n|---|---|---|---|---|")
        _print_table([line for line in lines if line.whose == whose])


def _print_table(lines: Sequence[steps.Line]) -> None:
    for line in lines:
        target = f"at most {line.target:g}" if line.at_most else f"at least {line.target:g}"
        ratio = "-" if line.ratio is None else str(line.ratio)
        print(f"| {line.what} | {line.against} | {ratio} | {target} | {line.verdict} |")


def _print_times(measurement: steps.Measurement) -> None:
    print("\n| work | contestant | microseconds a step |\n|---|---|---|")
    for entry, ratio in measurement.times.items():
        print(f"| {entry.work} | {CONTESTANTS[entry.contestant]} | {ratio} |")


def _print_growth(growths: Sequence[growth.Growth]) -> None:
    for one in growths:
        print(f"| {one.quantity} | seconds an epoch |\n|---|---|")
        for value, seconds in zip(one.values, one.seconds, strict=True):
            print(f"| {value:,} | {seconds.median:.3f} |")
        print(f"\nexponent {one.exponent:.2f}\n")


if __name__ == "__main__":
    main()
