"""search.py as its users start it: asked, left, killed, joined; and nothing lost or done twice."""

import csv
import os
import re
import shlex
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.programs import Program, draw_nothing, sketch

pytest.importorskip("optuna")

from nn.searching import team

SMALL = ("--hidden-units", 8, "--epochs", 3, "--workers", 2, "--study", "s")
NOWHERE = "postgresql+psycopg://a:secret@127.0.0.1:1/c"
RATES = "learning_rate: 0.003..0.3 log"


def copy_workers(_: object) -> None:
    """Let workers begin as copies of a process that has imported everything, as programs do."""
    team._START = "fork"


def copy_and_sketch(_: object) -> None:
    copy_workers(_)
    sketch(_)


@pytest.fixture
def search(run_program, trained_run, tmp_path) -> Callable:
    """Return a function that runs search.py on small data in the folder of the test."""
    return lambda *flags, before=copy_and_sketch, **words: run_program(
        "search.py", "--data-dir", trained_run.data, *flags, cwd=tmp_path, before=before, **words
    )


@pytest.fixture
def study(tmp_path) -> Path:
    return tmp_path / "saved_files" / "s"


def table(study: Path) -> list[dict[str, str]]:
    with (study / "trials.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def csv_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


@pytest.mark.parametrize(
    "before", [copy_workers, pytest.param(None, marks=pytest.mark.long)], ids=["copied", "fresh"]
)
def test_a_search_leaves_runs_a_table_pictures_and_says_who_won(
    search, run_program, study, tmp_path, before
):
    """With workers that are copies, and as everywhere: with workers that import all anew."""
    flags = ("--defaults", "--vary", RATES, "--trials", 4, *SMALL)
    done = search(*flags, before=before)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    rows = table(study)
    assert [row["trial"] for row in rows] == list("1234")
    assert {row["outcome"] for row in rows} <= {"complete", "pruned"}
    for row in rows:
        assert (study / row["run"] / "result.csv").exists()
        assert (int(row["epochs"]) == 3) == (row["outcome"] == "complete")
        assert bool(row["reason"]) == (row["outcome"] == "pruned")
    for name in ("parameters", "learning_curves"):
        assert (study / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    complete = [row for row in rows if row["outcome"] == "complete"]
    best = max(complete, key=lambda row: float(row["validation_accuracy"]))
    assert f"learning_rate {best['learning_rate']}" in done.stdout
    assert len(re.findall(r"^trial +\d ", done.stdout, re.MULTILINE)) == 4

    # The command that trains the winner gives its very bytes.
    words = shlex.split(re.search(r"^Train it again: (.*)$", done.stdout, re.MULTILINE)[1])
    python, script, *rest = words
    assert (python, script) == ("python", "train.py")
    again = run_program("train.py", *rest, "--name", "again", cwd=tmp_path, before=draw_nothing)
    assert again.returncode == 0, again.stderr
    winner = re.search(r"^Saved in (.*)$", done.stdout, re.MULTILINE)[1]
    assert csv_files(tmp_path / "saved_files" / "again") == csv_files(tmp_path / winner)

    # The same command finds all of it done; with more trials it goes on.
    before = {path: path.stat().st_mtime_ns for path in study.glob("trial-*/*")}
    same = search(*flags)
    assert "4 of 4 trials are already done" in same.stdout
    assert same.stdout.splitlines()[-1] == done.stdout.splitlines()[-1]
    assert {path: path.stat().st_mtime_ns for path in study.glob("trial-*/*")} == before


def test_a_grid_from_a_file_ends_in_the_comparison_of_its_runs(search, study, tmp_path):
    (tmp_path / "base.yaml").write_text("hidden_units: 5\nlearning_rate: 1e-2\n")
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "s.yaml").write_text(
        "start: ../base.yaml\nvary:\n  activation, optimizer: [[relu, sgd], [sigmoid, momentum]]\n"
        "  seed: [0, 1]\nsampler: grid\npruning: no\nepochs: 2\n"
    )
    done = search("--config", tmp_path / "studies" / "s.yaml", "--workers", 2)
    assert done.returncode == 0, done.stderr
    assert "Study s: 4 trials" in done.stdout
    assert {row["epochs"] for row in table(study)} == {"2"}
    header = next(
        line for line in done.stdout.splitlines() if "activation" in line and "seeds" in line
    )
    assert header.split()[:3] == ["activation", "optimizer", "seeds"]
    for name in ("table.csv", "runs.csv", "curves.png"):
        assert (study / name).exists()


@pytest.mark.long
def test_answers_may_be_piped(search, tmp_path):
    done = search(
        "--epochs", 1, "--workers", 1, typed="hidden_units: [3, 4]\ndefaults\nGrid\nn\n"
    )  # a grid is not asked how many trials
    assert done.returncode == 0, done.stderr
    assert len(table(tmp_path / "saved_files" / "grid-hidden_units")) == 2


@pytest.mark.parametrize(
    "case",
    [
        (("--vary", "hidden_units: 9..3"), "", 2, ("from large to small; write 3..9",)),
        (("--vary", "hidden_unit: [3]"), "", 2, ("Did you mean hidden_units?",)),
        (("--vary", "epochs: 0..3"), "", 2, ("epochs is '0'",)),
        (("--start", "nothing"), "", 2, ("--start names no config", "'nothing'")),
        (("--storage", NOWHERE, "--database-wait", "0"), "", 6, ("does not answer",)),
        (("--trails", "3"), "", 2, ("Did you mean --trials?",)),
        (("--trials", "0"), "", 2, ("--trials is '0'",)),
        ((), "hidden_units: [3]\ndefaults\n", 2, ("without an answer for sampler",)),
        ((), "hidden_units: [3]\ndefaults\nbest\n", 2, ("answer for sampler", "'best'")),
    ],
    ids=lambda case: " ".join(case[0]) or case[1],
)  # fmt: skip
def test_what_cannot_be_searched_is_one_line_of_error(refused, search, case):
    flags, typed, code, words = case
    ways = () if typed else ("--defaults",)
    refused(search("--epochs", 1, *ways, *flags, typed=typed), code, *words)


def test_a_search_on_damaged_images_is_one_line_of_error(refused, search, tmp_path):
    (tmp_path / "mnist.pkl.gz").write_bytes(b"damaged")
    refused(search("--defaults", "--data-dir", tmp_path), 3, "mnist.pkl.gz")


def test_without_optuna_the_command_that_installs_it_is_said(refused, search, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, importlib.abc\n"
        "class No(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'optuna': raise ModuleNotFoundError(name=name)\n"
        "sys.meta_path.insert(0, No())\n"
    )
    done = search("--defaults", before=None, fresh=True, env={"PYTHONPATH": str(tmp_path)})
    refused(done, 6, "pip install -r requirements-search.txt")


def test_in_a_terminal_the_search_is_asked_and_reviewed(on_terminal, trained_run, tmp_path):
    child = on_terminal(
        "search.py", "--data-dir", str(trained_run.data), "--epochs", "1", "--workers", "1",
        cwd=str(tmp_path), before=copy_and_sketch,
    )  # fmt: skip
    child.expect("Which settings should vary")
    child.send("hidden_u \r")  # typing filters the list, and the blank ticks
    child.expect("Which values of hidden_units")
    child.send("16 \r")
    child.expect(r"\[1/4\] Which config")
    child.send("\r")
    child.expect(r"\[2/4\] How should values")
    child.send("grid\r")
    child.expect(r"\[3/3\] Stop poor trials early")
    child.send("no\r")
    child.expect("1 trials of at most 1 epochs")
    child.expect("(under a second|about .*) with 1 at a time")
    child.expect("python search.py --defaults --vary")
    child.send("\r")
    child.expect("Train it again")


# Left and killed ---------------------------------------------------------------------------------


@pytest.fixture
def start(trained_run, start_program, tmp_path):
    """Return a function that starts a search in the background; all are ended with the test."""
    started = []

    def begin(*flags: object, place: Path = tmp_path) -> Program:
        words = ["--data-dir", trained_run.data, "--defaults", "--no-pruning", *SMALL, *flags]
        started.append(start_program("search.py", *words, cwd=place, before=copy_and_sketch))
        return started[-1]

    yield begin
    for one in started:
        if one.code is None:
            os.killpg(one.pid, signal.SIGKILL)


def workers_of(search: Program) -> list[int]:
    """Return the processes that a search has started to run trials."""
    children = Path(f"/proc/{search.pid}/task/{search.pid}/children")
    return list(map(int, children.read_text().split())) if children.exists() else []


def results(study: Path) -> list[Path]:
    return list(study.glob("trial-*/result.csv"))


def begun(study: Path) -> set[Path]:
    return {path.parent for path in study.glob("trial-*/settings.yaml")}


def check_nothing_is_lost(study: Path, trials: int, epochs: int) -> None:
    rows = table(study)
    assert [int(row["trial"]) for row in rows] == list(range(1, trials + 1))
    assert {row["outcome"] for row in rows} == {"complete"}
    assert {row["epochs"] for row in rows} == {str(epochs)}
    assert Counter(row["run"] for row in rows).most_common(1)[0][1] == 1
    finished = {path.parent.name for path in study.glob("trial-*/result.csv")}
    assert finished == {row["run"] for row in rows}
    assert {path.name for path in study.glob("trial-*")} == finished


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="finds processes through /proc"
)


@needs_proc
@pytest.mark.parametrize(
    ("kind", "kills"),
    [
        ("sqlite", 1),
        pytest.param("sqlite", 10, marks=pytest.mark.long),
        pytest.param("postgresql", 10, marks=pytest.mark.long),
    ],
)
def test_killed_workers_lose_nothing(  # noqa: PLR0917 (fixtures)
    start, study, request, kind, kills, seed
):
    """Processes are killed one after the other, at random moments."""
    storage = () if kind == "sqlite" else ("--storage", request.getfixturevalue("postgresql").url)
    rng = np.random.default_rng([seed, kills])
    trials, epochs = 3 + kills, 25
    flags = ("--trials", trials, "--epochs", epochs, "--dead-after", 1)
    search = start("--vary", RATES, *flags, *storage)
    for _ in range(kills):
        done = len(results(study))
        search.wait_for(lambda done=done: len(results(study)) > done)
        time.sleep(rng.uniform(0, 0.65))
        for worker in workers_of(search)[:1]:
            os.kill(worker, signal.SIGKILL)
    assert search.wait() == 0, search.errors
    assert search.errors == ""
    check_nothing_is_lost(study, trials, epochs)


@needs_proc
@pytest.mark.long
def test_after_a_kill_of_everything_or_ctrl_c_the_same_command_goes_on(start, study):
    flags = ("--vary", RATES, "--trials", 6, "--epochs", 25, "--dead-after", 1)
    search = start(*flags)
    search.wait_for(lambda: results(study))
    os.killpg(search.pid, signal.SIGKILL)
    search.wait()
    done = {path: path.stat().st_mtime_ns for path in results(study)}
    unfinished = begun(study) - {path.parent for path in done}

    search = start(*flags)
    search.wait_for(lambda: len(results(study)) > len(done))
    search.send(signal.SIGINT)
    assert search.wait() == 130
    assert search.errors == "the search was stopped; the same command continues it.\n"
    # What was under way is gone; what was killed goes when its trial is repeated.
    assert begun(study) <= {path.parent for path in results(study)} | unfinished

    search = start(*flags)
    assert search.wait() == 0, search.errors
    assert re.search(r"[1-5] of 6 trials are already done", search.said)
    check_nothing_is_lost(study, 6, 25)
    assert {path: path.stat().st_mtime_ns for path in done} == done


@needs_proc
@pytest.mark.long
def test_workers_leave_when_the_program_that_started_them_is_killed(start, study):
    search = start("--vary", RATES, "--trials", 50, "--epochs", 25)
    search.wait_for(lambda: list(study.glob("trial-*/settings.yaml")))
    workers = workers_of(search)
    assert len(workers) == 2
    search.send(signal.SIGKILL)
    search.wait()
    while any(Path(f"/proc/{worker}/fd").exists() for worker in workers):
        time.sleep(0.02)


@pytest.mark.long
def test_two_programs_share_one_study_and_no_trial_runs_twice(start, study, tmp_path):
    """As two machines would: each has a folder of its own, only the database is shared."""
    storage = tmp_path / "shared.db"
    flags = ("--vary", RATES, "--trials", 5, "--workers", 1, "--storage", storage)
    places = [tmp_path / "one", tmp_path / "two"]
    for place in places:
        place.mkdir()
    searches = [start(*flags, place=place) for place in places]
    for search in searches:
        assert search.wait() == 0, search.errors
    tables = [table(place / "saved_files" / "s") for place in places]
    assert tables[0] == tables[1]
    assert len(tables[0]) == 5
    runs = [
        {path.parent.name for path in place.glob("saved_files/s/trial-*/result.csv")}
        for place in places
    ]
    assert runs[0] | runs[1] == {row["run"] for row in tables[0]}
    assert not runs[0] & runs[1]
