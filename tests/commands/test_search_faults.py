"""Searches whose database or processes fail, on real processes: nothing is lost, or done twice."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("optuna")

from nn.searching import worker
from tests.commands.test_search import (
    RATES,
    SMALL,
    begun,
    check_nothing_is_lost,
    copy_workers,
    needs_proc,
    results,
    table,
    workers_of,
)
from tests.environment import ROOT
from tests.postgresql import PASSWORD, Server
from tests.programs import Program

TRIALS, EPOCHS = 8, 25
STATES = "SELECT state, count(*) FROM trials GROUP BY state ORDER BY state"


@pytest.fixture
def study(tmp_path) -> Path:
    return tmp_path / "saved_files" / "s"


@pytest.fixture
def start(trained_run, start_program, tmp_path) -> Callable[..., Program]:
    """Return a function that starts a search of some small trials in the background."""

    def begin(*flags: object, before=copy_workers, **how: Any) -> Program:
        words = ["--data-dir", trained_run.data, "--defaults", "--no-pruning", *SMALL]
        words += ["--vary", RATES, "--trials", TRIALS, "--epochs", EPOCHS, *flags]
        return start_program("search.py", *words, before=before, **how)

    return begin


# The database is away ----------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("finished", [None, 0, 3])
def test_a_search_waits_for_its_database_and_repeats_nothing(start, study, postgresql, finished):
    """It is away at the start, or after so many trials."""
    if finished is None:
        postgresql.stop()
    search = start("--storage", postgresql.url)
    if finished is not None:
        search.wait_for(lambda: study.exists() and len(results(study)) >= finished)
        time.sleep(0.3)
        postgresql.stop()
    search.wait_for(lambda: search.order.out.exists() and "does not answer" in search.said)
    time.sleep(10)
    postgresql.start()
    assert search.wait() == 0, search.errors
    assert search.errors == ""
    assert search.said.count("does not answer") == 1
    check_nothing_is_lost(study, TRIALS, EPOCHS)
    assert dict(postgresql.query(STATES))["COMPLETE"] == TRIALS


@pytest.mark.long
def test_a_database_that_stays_away_is_one_line_of_error(start, study, postgresql):
    search = start("--storage", postgresql.url, "--database-wait", 2)
    search.wait_for(lambda: results(study))
    postgresql.stop()
    assert search.wait() == 6
    assert search.errors.startswith("error: the database does not answer (")
    assert search.errors.count("\n") == 1


# Processes that stop, die, or cannot see each other ----------------------------------------------


@needs_proc
@pytest.mark.long
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_trial_of_a_process_that_slept_too_long_is_counted_once(
    start, study, request, kind, tmp_path
):
    server = request.getfixturevalue("postgresql") if kind == "postgresql" else None
    storage = ("--storage", server.url) if server else ()
    search = start("--dead-after", 2, "--epochs", 200, *storage)
    search.wait_for(lambda: len(begun(study)) == 2)  # both processes train
    asleep = workers_of(search)[0]
    os.kill(asleep, signal.SIGSTOP)
    search.wait_for(lambda: list(study.glob("trial-*-2/result.csv")))  # another one repeats it
    os.kill(asleep, signal.SIGCONT)
    assert search.wait() == 0, search.errors
    check_nothing_is_lost(study, TRIALS, 200)
    assert sum(row["run"].endswith("-2") for row in table(study)) == 1
    if server:
        assert dict(server.query(STATES)) == {"COMPLETE": TRIALS}


def can_unshare() -> bool:
    command = ["unshare", "--pid", "--fork", "--net", "true"]
    return (
        shutil.which("unshare") is not None and not subprocess.run(command, check=False).returncode
    )


@pytest.mark.long
@pytest.mark.skipif(not can_unshare(), reason="may not make namespaces")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_containers_on_one_machine_share_a_study(trained_run, request, tmp_path, kind):
    """Each has process numbers and a network of its own, and all have one boot id."""
    server = request.getfixturevalue("postgresql") if kind == "postgresql" else None
    storage = server.socket_url if server else str(tmp_path / "shared.db")
    words = ["--data-dir", str(trained_run.data), "--defaults", "--no-pruning", *map(str, SMALL)]
    words += ["--vary", RATES, "--trials", "12", "--storage", storage, "--workers", "1"]
    started = []
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        command = ["unshare", "--pid", "--fork", "--net", "--mount-proc", sys.executable]
        started.append(
            subprocess.Popen(
                [*command, str(ROOT / "search.py"), *words], cwd=tmp_path / name,
                stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            )
        )  # fmt: skip
    for process in started:
        assert process.communicate(timeout=110)[1] == ""
        assert process.returncode == 0
    runs = [path.parent.name for path in tmp_path.glob("*/saved_files/s/trial-*/result.csv")]
    assert sorted(runs) == [f"trial-{number:04d}" for number in range(1, 13)]


# Many processes, many trials ---------------------------------------------------------------------


class Untrained:
    """A run folder without a run, to see how the processes of a search share their work."""

    name = "none"

    def read_result(self) -> SimpleNamespace:
        return SimpleNamespace(epochs=1, **dict.fromkeys(worker._FIGURES, 0.5))

    def read_seconds(self) -> float:
        return 0.0

    def read_data_facts(self) -> SimpleNamespace:
        return SimpleNamespace(crc32=1)


def train_nothing(_: object) -> None:
    copy_workers(_)
    worker.run_experiment = lambda settings, observers: SimpleNamespace(
        folder=Untrained(), cut_short=None
    )


@pytest.mark.parametrize(
    ("kind", "programs", "points"),
    [
        pytest.param("sqlite", 2, 10, marks=pytest.mark.long),
        pytest.param("sqlite", 16, 150, marks=[pytest.mark.long, pytest.mark.timeout(300)]),
        pytest.param("postgresql", 16, 150, marks=[pytest.mark.long, pytest.mark.timeout(300)]),
    ],
)
def test_programs_that_start_at_once_run_every_point_of_a_grid_once(  # noqa: PLR0917 (fixtures)
    start, tmp_path, request, kind, programs, points
):
    server = request.getfixturevalue("postgresql") if kind == "postgresql" else None
    storage = server.url if server else str(tmp_path / "shared.db")
    grid = f"seed: [{', '.join(map(str, range(points)))}]"
    flags = ("--vary", grid, "--sampler", "grid", "--storage", storage, "--workers", 1)
    searches = []
    for number in range(programs):
        (tmp_path / f"{number}").mkdir()
        place = tmp_path / f"{number}"
        searches.append(start(*flags, cwd=place, before=train_nothing))
    for search in searches:
        assert search.wait(800) == 0, search.errors
        assert search.errors == ""
    rows = table(tmp_path / "0" / "saved_files" / "s")
    assert sorted(int(row["seed"]) for row in rows) == list(range(points))
    assert {row["outcome"] for row in rows} == {"complete"}
    if server:
        assert dict(server.query(STATES)) == {"COMPLETE": points}


# Passwords ---------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("way", ["url", "variable", "pgpass"])
def test_a_password_is_read_from_its_places_and_shown_nowhere(
    start, study, tmp_path, postgresql: Server, way
):
    url, env = postgresql.url_with_password, {}
    if way != "url":
        url = url.replace(f":{PASSWORD}", "")
    if way == "variable":
        env = {"PGPASSWORD": PASSWORD}
    elif way == "pgpass":
        (tmp_path / "pgpass").write_text(f"*:*:*:reader:{PASSWORD}\n")
        (tmp_path / "pgpass").chmod(0o600)
        env = {"PGPASSFILE": str(tmp_path / "pgpass")}
    search = start("--storage", url, env=env)
    search.wait_for(lambda: results(study))
    shown = [
        path.read_bytes()
        for one in (search.pid, *workers_of(search))
        for path in [Path(f"/proc/{one}/cmdline")]
    ]
    assert search.wait() == 0, search.errors
    shown += [search.said.encode(), search.errors.encode()]
    shown += [path.read_bytes() for path in study.rglob("*") if path.is_file()]
    assert all(PASSWORD.encode() not in text for text in shown)
