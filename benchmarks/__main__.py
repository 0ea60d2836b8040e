"""Run the benchmark and print its tables: `python -m benchmarks`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks import growth, machine, steps, whole_program
from benchmarks.contestants import CONTESTANTS
from benchmarks.turns import Entry, Turns, missing
from benchmarks.work import TRAINING_IMAGES


def main() -> None:
    """Measure all installed contestants with each number of threads."""
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
        print_lines(lines)
        print_times(measurement)
    if arguments.growth:
        print("\n## Growth of an epoch: 784-64-10, batch 4, one thread\n")
        with Turns(1, arguments.data_dir, ["ours", "ours_compiled"]) as turns:
            growths = growth.measure(turns, arguments.rounds)
        _print_growth(growths)
        growth.draw(growths, arguments.growth)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--data-dir", type=Path, help="folder of MNIST (default: random images)")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each contestant")
    parser.add_argument("--images", type=int, default=TRAINING_IMAGES, help="images per turn")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="numbers of threads")
    parser.add_argument("--growth", type=Path, help="also measure growth, and plot it here")
    return parser.parse_args()


def _print_comparison(turns: Turns) -> None:
    print(
        f"Largest difference from our parameters after {steps.STEPS_COMPARED} steps, relative to "
        f"the largest change of any parameter (at most {steps.TOLERANCE:g}):\n"
    )
    for entry, share in steps.compare_parameters(turns):
        same = "same work" if share <= steps.TOLERANCE else "NOT THE SAME WORK"
        print(f"- {CONTESTANTS[entry.contestant]}, {entry.work}: {share:.1e}, {same}")


def print_lines(lines: Sequence[steps.Line]) -> None:
    """Print a row for each target, with two columns for each of ours."""
    ours = list(dict.fromkeys(line.whose for line in lines))
    print(f"\n| work | against | target | {' | | '.join(ours)} | |")
    print("|---" * (3 + 2 * len(ours)) + "|")
    rows: dict[tuple[str, str, str], dict[str, str]] = {}
    for line in lines:
        target = f"at most {line.target:g}" if line.at_most else f"at least {line.target:g}"
        ratio = "-" if line.ratio is None else str(line.ratio)
        row = rows.setdefault((line.what, line.against, target), {})
        row[line.whose] = f"{ratio} | {line.verdict}"
    for row, cells in rows.items():
        print(f"| {' | '.join([*row, *(cells.get(one, ' | ') for one in ours)])} |")


def print_times(measurement: steps.Measurement) -> None:
    """Print microseconds a step, a row for each work and a column for each contestant."""
    names = list(dict.fromkeys(entry.contestant for entry in measurement.times))
    print(f"\n| microseconds a step | {' | '.join(CONTESTANTS[name] for name in names)} |")
    print("|---" * (1 + len(names)) + "|")
    for work in dict.fromkeys(entry.work for entry in measurement.times):
        cells = [str(measurement.times.get(Entry(name, work), "")) for name in names]
        print(f"| {work} | {' | '.join(cells)} |")


def _print_growth(growths: Sequence[growth.Growth]) -> None:
    for one in growths:
        names = list(one.seconds)
        print(f"| {one.quantity} | {' | '.join(CONTESTANTS[name] for name in names)} |")
        print("|---" * (1 + len(names)) + "|")
        for value, *seconds in zip(one.values, *one.seconds.values(), strict=True):
            print(f"| {value:,} | {' | '.join(f'{ratio.median:.3f}' for ratio in seconds)} |")
        for name in names:
            power = f"({one.quantity})^{one.exponent(name):.2f}"
            print(f"\n{CONTESTANTS[name]}: seconds grow like {power}.")
        print()


if __name__ == "__main__":
    main()
