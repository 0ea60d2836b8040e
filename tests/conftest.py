"""What several test modules share: real and made-up data, and the programs in a process."""

import itertools
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.environment import ROOT, quiet_environment
from tests.made_once import make_once
from tests.made_up_data import write_small_data
from tests.postgresql import Server, serve
from tests.programs import OnTerminal, Order, Program, draw_nothing, end_all, start_branching

pytest_plugins = ["tests.small_runs"]

SmallData = Callable[..., Path]
RunProgram = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--seed`: all randomness of the tests follows from it."""
    parser.addoption("--seed", type=int, default=0, help="seed of everything random (default: 0)")


@pytest.hookimpl(tryfirst=True)  # before Hypothesis reads its option
def pytest_configure(config: pytest.Config) -> None:
    """Hand Hypothesis the seed, and stop ignoring signals that the caller ignores.

    Shells in the background and nohup ignore signals. The programs leave an ignored signal
    ignored, and so would everything that the tests start.
    """
    config.option.hypothesis_seed = config.option.seed
    # Otherwise every process that a test starts would compile the project anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, Any]:
    """Print the command that repeats a failed test with the same seed."""
    report = yield
    if report.failed:
        command = f"python -m pytest -n 0 -m '' --seed {item.config.option.seed}"
        report.sections.append(("Repeat it", f"{command} {shlex.quote(item.nodeid)}"))
    return report


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """Return the seed of this session."""
    return int(pytestconfig.option.seed)


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """Return the folder of the four official files, or skip the test where there is none."""
    folder = os.environ.get("MNIST_DIR")
    if not folder:
        pytest.skip("set MNIST_DIR to the folder of the four official MNIST files")
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def small_data() -> SmallData:
    """Return the function that writes a small data set in IDX form, made anew at every call."""
    return write_small_data


@pytest.fixture(scope="session")
def program_environment() -> dict[str, str]:
    """Return an environment without a display and without anyone's colour preferences."""
    return quiet_environment()


@pytest.fixture(scope="session")
def run_program(
    program_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> RunProgram:
    """Return a function that runs a script of the project to its end.

    `typed` is what arrives on its standard input; `how` are further fields of an `Order`.
    """
    start_branching()
    numbers = itertools.count()

    def run(
        script: str, *flags: object, typed: str = "", cwd: Path = ROOT, **how: Any
    ) -> "subprocess.CompletedProcess[str]":
        number = next(numbers)
        streams = [
            tmp_path_factory.getbasetemp() / f"{number}.{name}" for name in ("in", "out", "err")
        ]
        streams[0].write_text(typed, encoding="utf-8")
        names = dict(zip(("input", "output", "errors"), map(str, streams), strict=True))
        order = Order(str(script), tuple(map(str, flags)), Path(cwd), number, **names, **how)
        code = Program(order).wait()
        said, errors = (path.read_text(encoding="utf-8") for path in streams[1:])
        return subprocess.CompletedProcess((script, *flags), code, said, errors)

    return run


@pytest.fixture
def start_program(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Return a function that starts a script and returns at once; what still runs is ended."""
    start_branching()
    numbers = itertools.count()

    def start(script: str, *flags: object, cwd: Path = tmp_path, **how: Any) -> Program:
        order = Order(str(script), tuple(map(str, flags)), Path(cwd), next(numbers), **how)
        return Program(order)

    yield start
    end_all()


@pytest.fixture
def on_terminal(tmp_path: Path) -> Iterator[Callable[..., OnTerminal]]:
    """Return a function that starts a script on a pseudo-terminal, as a person would."""
    start_branching()
    started: list[OnTerminal] = []

    def start(
        script: str | Path,
        *flags: object,
        columns: int = 100,
        rows: int = 40,
        cwd: Path = tmp_path,
        **how: Any,
    ) -> OnTerminal:
        order = Order(str(script), tuple(map(str, flags)), Path(cwd), len(started), **how)
        started.append(OnTerminal(order, columns, rows))
        return started[-1]

    yield start
    for child in started:
        child.close()


@pytest.fixture(scope="session")
def refused() -> Callable[..., None]:
    """Return a function that checks that a program ended with one clear line of error."""

    def check(done: "subprocess.CompletedProcess[str]", code: int, *words: str) -> None:
        assert done.returncode == code, done.stderr
        assert re.fullmatch(r"error: [^\n]+\n", done.stderr), done.stderr
        for word in words:
            assert word in done.stderr

    return check


@dataclass(frozen=True)
class TrainedRun:
    """A run that train.py made from piped answers, for all tests that only look at it."""

    data: Path
    save_dir: Path
    folder: Path
    output: str


ANSWERS = "1\nSimple\nXavier\nRelu\nn\nn\nMomentum\n3\n"


@pytest.fixture(scope="session")
def trained_run(
    small_data: SmallData, run_program: RunProgram, tmp_path_factory: pytest.TempPathFactory
) -> TrainedRun:
    """Train once a session, by the eight lines that everybody types first."""

    def make(place: Path) -> TrainedRun:
        data, save_dir = small_data(place / "data"), place / "saved files"
        done = run_program(
            "train.py", "--data-dir", data, "--save-dir", save_dir, "--name", "first",
            "--hidden-units", 8, "--learning-rate", 0.015, typed=ANSWERS, cwd=place, fresh=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return TrainedRun(data, save_dir, save_dir / "first", done.stdout)

    return make_once(tmp_path_factory, "trained", make)


@pytest.fixture
def train(run_program, trained_run, tmp_path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Return a function that runs train.py on the small data in an empty folder.

    It draws no pictures, except with `before=None`.
    """

    def run(*flags: object, data: Path = trained_run.data, before=draw_nothing, **words: Any):
        words |= {"cwd": tmp_path, "before": before}
        return run_program("train.py", "--data-dir", data, *flags, **words)

    return run


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """Start PostgreSQL for this session alone."""
    pytest.importorskip("psycopg")
    with serve() as server:
        if server is None:
            pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
        yield server


@pytest.fixture
def postgresql(postgresql_server: Server) -> Server:
    """Return the server, running and empty."""
    postgresql_server.start()
    postgresql_server.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return postgresql_server
