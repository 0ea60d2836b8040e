"""Inject all faults, as often as wanted: `python -m tests.faults --kills 100`.

Prints how often each fault was injected at each moment, how often it broke a promise, and then the
details of every broken promise.
"""

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.faults.bench import Bench, MissedError, SkippedError
from tests.faults.catalogue import FAULTS, inject
from tests.programs import end_all, start_branching


def main() -> int:
    """Inject what the command line asks for, and return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="number of kills (default: 100)")
    parser.add_argument(
        "--others",
        type=int,
        default=1,
        help="injections of each other fault and moment (default: 1)",
    )
    parser.add_argument("--only", default="", help="only faults whose name contains this")
    parser.add_argument("--quick", action="store_true", help="fork, do not start Python")
    parser.add_argument("--seed", default="0", help="seed of the random moments (default: 0)")
    wanted = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        start_branching()
        bench = Bench(Path(place), fresh=not wanted.quick)
        table, broken, skipped = _inject_all(bench, wanted)
        end_all()
    width = max((len(name) for name, _ in table), default=5)
    print(f"\n{'fault':{width}}  {'moment':28}  {'injected':>8}  {'failures':>8}")
    for (name, hit), (times, failures) in table.items():
        print(f"{name:{width}}  {hit:28}  {times:8}  {failures:8}")
    total = [sum(column) for column in zip(*table.values(), strict=True)]
    print(f"{'all':{width}}  {'':28}  {total[0]:8}  {total[1]:8}")
    print(f"{time.monotonic() - began:.0f} seconds")
    for text in [*(f"Skipped: {reason}" for reason in skipped), *broken]:
        print(text)
    return bool(broken)


def _inject_all(
    bench: Bench, wanted: argparse.Namespace
) -> tuple[dict[tuple[str, str], tuple[int, int]], list[str], Counter[str]]:
    """Return counts of faults and failures by fault and moment, the failures, and the skipped."""
    injected: Counter[tuple[str, str]] = Counter()
    failed: Counter[tuple[str, str]] = Counter()
    broken: list[str] = []
    skipped: Counter[str] = Counter()
    kills = [(f, m) for f in FAULTS for m in f.moments if f.name == "kill -9"]
    others = [(f, m) for f in FAULTS for m in f.moments if f.name != "kill -9"]
    cases = [kills[number % len(kills)] for number in range(wanted.kills)] + others * wanted.others
    for number, (fault, moment) in enumerate(cases, 1):
        if wanted.only not in fault.name:
            continue
        hit = moment
        try:
            hit = inject(fault, bench, moment, f"{wanted.seed} {number}")
        except MissedError as error:
            skipped[f"{fault.name}, {moment}: missed: {error}"] += 1
            continue
        except SkippedError as error:
            skipped[f"{fault.name}: {error}"] += 1
            continue
        except Exception:  # our own readers, too, may refuse what they find
            failed[fault.name, hit] += 1
            broken.append(f"--- {fault.name}, {moment}, {number}\n{traceback.format_exc()}")
        injected[fault.name, hit] += 1
        print(f"{number:4}/{len(cases)}  {fault.name}, {hit}", flush=True)
    return {key: (injected[key], failed[key]) for key in injected}, broken, skipped


if __name__ == "__main__":
    sys.exit(main())
