"""`python -m fuzzing FORMAT --inputs N`: try N inputs of a format and print the outcome.

    python -m fuzzing all --inputs 100000
    python -m fuzzing picture --inputs 1000 --seed 7 --driver hypothesis
    python -m fuzzing yaml --again failures/yaml-1

Inputs that break a promise are kept in the folder `--failures`; `--again` tries one again. The
exit code is the number of formats that failed.
"""

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fuzzing.attempt import Attempts

NAMES = (
    *("idx", "mapping", "csv", "npz", "pickle", "cifar", "folders"),
    *("yaml", "run", "checkpoint", "picture"),
)
# What is watched for lines newly reached; read before any of it is imported.
_WATCHED = ("nn", "yaml", "pickle", "PIL")


def main() -> int:
    """Try inputs, and return how many formats failed."""
    words = _parse()
    if words.format != "all":
        return _try_format(words)
    failed = 0
    for name in NAMES:  # a process each, so that the peak of the memory is its own
        arguments = [arg if arg != "all" else name for arg in sys.argv[1:]]
        command = [sys.executable, "-m", "fuzzing", *arguments]
        failed += subprocess.run(command, check=False).returncode != 0
    return failed


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzzing")
    parser.add_argument("format", choices=[*NAMES, "all"])
    parser.add_argument("--inputs", type=int, default=100_000, help="number of inputs to try")
    parser.add_argument("--seed", type=int, default=1, help="random seed")
    parser.add_argument("--driver", choices=["atheris", "hypothesis"], default=_best_driver())
    parser.add_argument("--failures", type=Path, default=Path("failures"), metavar="FOLDER")
    parser.add_argument("--outcomes", action="store_true", help="also print every outcome")
    parser.add_argument("--again", type=Path, metavar="FILE", help="try only this input")
    return parser.parse_args()


def _best_driver() -> str:
    return "atheris" if importlib.util.find_spec("atheris") else "hypothesis"


def _try_format(words: argparse.Namespace) -> int:
    words.failures = words.failures.resolve()
    again = words.again.read_bytes() if words.again else None
    if words.driver == "atheris":
        import atheris

        sys.modules.pop("pickle", None)  # to be imported anew, and watched
        with atheris.instrument_imports(include=list(_WATCHED)):
            from fuzzing.attempt import Attempts
            from fuzzing.formats.every import FORMATS
    else:
        from fuzzing.attempt import Attempts
        from fuzzing.formats.every import FORMATS

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        attempts = Attempts(FORMATS[words.format], Path(folder))
        if again is not None:
            print(attempts.attempt(again))
            return 0
        tally = _Tally(words, attempts)
        drive = _with_atheris if words.driver == "atheris" else _with_hypothesis
        drive(tally, attempts.seeds, FORMATS[words.format].tokens, words)
        return tally.report()


class _Tally:
    """Counts attempts, keeps the inputs that fail, and knows when there were enough."""

    def __init__(self, words: argparse.Namespace, attempts: "Attempts") -> None:
        self._words = words
        self._attempts = attempts
        self._started = time.monotonic()
        self._longest = 0.0
        self.tried = 0
        self.failures: dict[str, str] = {}

    @property
    def is_enough(self) -> bool:
        """Whether all inputs have been tried."""
        return self.tried >= self._words.inputs

    def attempt(self, content: bytes) -> None:
        """Try one input."""
        from fuzzing.attempt import BrokenPromiseError

        self.tried += 1
        before = time.monotonic()
        try:
            self._attempts.attempt(content)
        except BrokenPromiseError as failure:
            self._keep(content, str(failure))
        self._longest = max(self._longest, time.monotonic() - before)

    def _keep(self, content: bytes, reason: str) -> None:
        """Keep an input, one of each kind of failure."""
        kind = reason.strip().splitlines()[-1][:80]
        if kind not in self.failures:
            self._words.failures.mkdir(parents=True, exist_ok=True)
            path = self._words.failures / f"{self._words.format}-{len(self.failures) + 1}"
            path.write_bytes(content)
            print(f"{path}: {reason}", file=sys.stderr, flush=True)
        self.failures[kind] = reason

    def report(self) -> int:
        """Print the figures, and return 1 if anything failed."""
        from fuzzing.attempt import peak_megabytes

        outcomes: dict[str, int] = self._attempts.outcomes
        seconds = time.monotonic() - self._started
        print(
            f"{self._words.format}: {self.tried:,} inputs by {self._words.driver}, "
            f"{outcomes.get('data', 0):,} read as data, {len(set(outcomes) - {'data'})} kinds of "
            f"error, {len(self.failures)} kinds of failure, {seconds:,.0f} s (longest input "
            f"{self._longest:.2f} s), peak {peak_megabytes()} MB",
            flush=True,
        )
        if self._words.outcomes:
            print(json.dumps(outcomes, indent=1, sort_keys=True), flush=True)
        return 1 if self.failures else 0


def _with_atheris(
    tally: _Tally, seeds: list[bytes], tokens: Iterable[bytes], words: argparse.Namespace
) -> None:
    """Let libFuzzer choose the inputs; it starts from the seeds and ends the process itself."""
    import atheris

    corpus = Path("corpus")
    corpus.mkdir()
    for number, seed in enumerate(seeds):
        (corpus / f"{number}").write_bytes(seed)
    dictionary = Path("dictionary")
    lines = ("".join(f"\\x{byte:02x}" for byte in token) for token in tokens)
    dictionary.write_text("".join(f'"{line}"\n' for line in lines), encoding="ascii")

    def test_one_input(content: bytes) -> None:
        tally.attempt(content)
        if tally.is_enough:
            code = tally.report()
            sys.stdout.flush()
            shutil.rmtree(Path.cwd())
            os._exit(code)  # libFuzzer has no end of its own that says how it went

    flags = [f"-seed={words.seed}", "-max_len=8192", "-timeout=60", "-rss_limit_mb=4096"]
    flags += ["-verbosity=0", f"-dict={dictionary}", "-print_final_stats=0"]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], test_one_input)
    atheris.Fuzz()


def _with_hypothesis(
    tally: _Tally, seeds: list[bytes], tokens: Iterable[bytes], words: argparse.Namespace
) -> None:
    """Let hypothesis make the inputs, for Pythons that atheris is not built for."""
    import hypothesis

    from fuzzing.mutations import inputs

    print("Using hypothesis, not atheris: inputs are generated without coverage feedback.")

    @hypothesis.seed(words.seed)
    @hypothesis.settings(
        max_examples=words.inputs,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(inputs(tokens, seeds))
    def run(content: bytes) -> None:
        tally.attempt(content)

    run()


if __name__ == "__main__":
    sys.exit(main())
