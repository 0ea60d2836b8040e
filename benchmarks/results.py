"""The table of results: every config trained with several seeds.

    python -m benchmarks.results --data-dir DIR 000_softmax 001_relu_256_128_ours
    python -m benchmarks.results --data-dir DIR            # every config

Each run is a row of `docs/results.csv`; the table in `docs/results.md` is made from these rows. A
run that has a row is not repeated; delete the row to repeat it.
"""

import argparse
import csv
import platform
import sys
from pathlib import Path

import numpy as np

from nn.files.atomic_write import write_atomically
from nn.runs.experiment import run_experiment
from nn.settings.checking import Given, check_settings
from nn.settings.config_files import read_config

ROOT = Path(__file__).resolve().parents[1]
RECORDS = ROOT / "docs" / "results.csv"
TABLE = ROOT / "docs" / "results.md"
START, END = (
    "<!-- results: written by `python -m benchmarks.results` -->",
    "<!-- end of results -->",
)
HEADER = (
    "config",
    "seed",
    "epochs",
    "validation_accuracy",
    "test_accuracy",
    "test_images",
    "seconds",
)
Record = dict[str, str]


def train(config: str, seed: int, flags: Record) -> Record:
    """Train one config with one seed and return its row."""
    given = read_config(ROOT / "configs" / f"{config}.yaml")
    flags = flags | {"seed": str(seed), "name": f"{config}-{seed}", "dataset": "mnist"}
    settings = check_settings(
        given | {name: Given(value, f"--{name}") for name, value in flags.items()}
    )
    run = run_experiment(settings)
    if run.cut_short:
        raise run.cut_short
    result = run.result
    return {
        "config": config,
        "seed": str(seed),
        "epochs": str(result.epochs),
        "validation_accuracy": f"{result.validation_accuracy:.4f}",
        "test_accuracy": f"{result.test_accuracy:.4f}",
        "test_images": str(result.test_images),
        "seconds": f"{run.seconds:.1f}",
    }


def read_records() -> list[Record]:
    """Return the rows measured so far."""
    if not RECORDS.exists():
        return []
    with RECORDS.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_records(records: list[Record]) -> None:
    """Write the rows, ordered by config and seed, and the table made from them."""
    ordered = sorted(records, key=lambda record: (record["config"], int(record["seed"])))
    lines = [",".join(HEADER), *(",".join(record[name] for name in HEADER) for record in ordered)]
    write_atomically(RECORDS, "\n".join(lines) + "\n")
    before, _, rest = TABLE.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    write_atomically(TABLE, f"{before}{START}\n{table(ordered)}\n{END}{after}")


def table(records: list[Record]) -> str:
    """Return the table in Markdown, a row a config."""
    lines = [
        "| config | test accuracy | validation accuracy | runs | epochs | seconds a run |",
        "|---|---|---|---|---|---|",
    ]
    for config in dict.fromkeys(record["config"] for record in records):
        runs = [record for record in records if record["config"] == config]
        images = int(runs[0]["test_images"])
        cells = [
            f"[`{config}`](../configs/{config}.yaml)",
            f"{_spread(runs, 'test_accuracy')} of {images:,}",
            _spread(runs, "validation_accuracy"),
            str(len(runs)),
            f"{_mean(runs, 'epochs'):.0f}",
            f"{_mean(runs, 'seconds'):.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _mean(runs: list[Record], column: str) -> float:
    return float(np.mean([float(run[column]) for run in runs]))


def _spread(runs: list[Record], column: str) -> str:
    shares = 100 * np.array([float(run[column]) for run in runs])
    deviation = f" ± {shares.std(ddof=1):.2f}" if len(shares) > 1 else ""
    return f"{shares.mean():.2f}{deviation}%"


def main() -> None:
    """Train what is missing and write the table after every run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    known = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml"))
    parser.add_argument("configs", nargs="*", metavar="CONFIG", help="in configs/ (default: all)")
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds, from 0 (default: 5)")
    parser.add_argument("--data-dir", default="data", help="folder of the MNIST files")
    parser.add_argument("--save-dir", default="saved_files/results")
    parser.add_argument("--compiled", default="no", nargs="?", const="yes", help="needs Numba")
    parser.add_argument("--threads", default="1", help="threads that share compiled steps")
    options = parser.parse_args()
    flags = {
        name: getattr(options, name) for name in ("data_dir", "save_dir", "compiled", "threads")
    }
    # The configs for drawn digits are measured by benchmarks.built_in_digits.
    for config in options.configs or [one for one in known if not one.startswith("drawn_")]:
        if config not in known:
            parser.error(f"{config} is not in configs/, which has {', '.join(known)}")
        for seed in range(options.seeds):
            records = read_records()
            if any((r["config"], r["seed"]) == (config, str(seed)) for r in records):
                continue
            record = train(config, seed, flags)
            print(*record.values(), flush=True)
            write_records([*read_records(), record])
    print(f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}")


if __name__ == "__main__":
    sys.exit(main())
