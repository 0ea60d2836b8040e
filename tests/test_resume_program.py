"""train.py after it was killed, stopped, or has come to its end: `--resume`, and the offer."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from nn.files.training_lock import is_being_trained

ROOT = Path(__file__).resolve().parents[1]
TRAIN = str(ROOT / "train.py")
# About a second of training in chunks of 512 steps, with a checkpoint after each of them.
FLAGS = (
    *("--defaults", "--hidden-units", "8", "--batch-size", "4", "--epochs", "4"),
    *("--checkpoint-steps", "1", "--optimizer", "adam", "--restore-best-weights", "--name", "run"),
)


@pytest.fixture(scope="module")
def data(small_data, tmp_path_factory) -> Path:
    return small_data(tmp_path_factory.mktemp("data"), training=6000)


@pytest.fixture(scope="module")
def begin(data, program_environment) -> Callable[..., "subprocess.Popen[str]"]:
    """Return a function that starts train.py in a folder, by pipes, and returns at once."""

    def begin(place: Path, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, TRAIN, *words, "--data-dir", str(data)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=place, env=program_environment, encoding="utf-8",
        )  # fmt: skip

    return begin


@pytest.fixture
def start(begin, tmp_path) -> Callable[..., "subprocess.Popen[str]"]:
    """Return a function that starts train.py in this test's own folder."""
    return partial(begin, tmp_path)


@pytest.fixture(scope="module")
def whole(data, run_program, tmp_path_factory) -> Path:
    """The folder of a run that was never interrupted."""
    place = tmp_path_factory.mktemp("whole")
    done = run_program("train.py", *FLAGS, "--data-dir", data, cwd=place)
    assert done.returncode == 0, done.stderr
    return place / "saved_files" / "run"


def comparable(folder: Path) -> dict[str, bytes]:
    """Return the files that two runs of one name have in common: all but times and dates."""
    endings = (".csv", ".png")
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in endings}


def kill_at(process: "subprocess.Popen[str]", seconds: float) -> bool:
    """Kill a process after so many seconds, unless it is over; return whether it was killed."""
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    finally:
        process.stdout.close()
        process.stderr.close()
    return False


def wait_for(folder: Path, name: str = "checkpoint.npz") -> None:
    until = time.monotonic() + 60
    while not (folder / name).exists():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_a_run_killed_at_random_moments_ends_as_one_that_never_was(start, whole, tmp_path):
    rng = np.random.default_rng()
    folder = tmp_path / "saved_files" / "run"
    process = start(*FLAGS)
    wait_for(folder, "settings.yaml")
    kills = kill_at(process, rng.uniform(0, 1))
    for _ in range(4):
        process = start("--resume")
        kills += kill_at(process, rng.uniform(0.7, 3))
        if process.returncode == 0:
            break
    last = start("--resume", "run")
    _, err = last.communicate(timeout=60)
    assert last.returncode == 0, err
    assert err == ""
    assert kills
    assert comparable(folder) == comparable(whole)
    assert {path.name for path in folder.iterdir()} == {path.name for path in whole.iterdir()}


def test_a_stopped_run_says_how_to_go_on_and_is_locked_while_it_is_drawn(start, tmp_path):
    process = start(*FLAGS)
    folder = tmp_path / "saved_files" / "run"
    wait_for(folder)
    process.send_signal(signal.SIGTERM)
    wait_for(folder, "confusion_matrix.png")
    locked = is_being_trained(folder)
    assert locked or (folder / "report.html").exists()  # on a machine that was busy elsewhere
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out.splitlines()[-1] == "Go on with it: python train.py --resume saved_files/run"


def test_two_programs_do_not_train_one_run(start, tmp_path):
    first = start(*FLAGS, "--epochs", "1000000")
    wait_for(tmp_path / "saved_files" / "run")
    second = start("--resume", "run")
    _, err = second.communicate(timeout=30)
    first.kill()
    first.communicate()
    assert second.returncode == 4
    assert "saved_files/run: is being trained by another program" in err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--resume", "run", "--learning-rate", "0.5"], 2, "learning_rate is 0.001 there and 0.5"),
        (["--resume", "rum"], 4, "Did you mean run?"),
        (["--resume", "run", "--epoch", "5"], 2, "Did you mean --epochs?"),
        (["--resume", "../saved_files"], 4, "no settings.yaml"),
    ],
)
def test_what_cannot_be_gone_on_with_is_one_line(whole, run_program, words, code, message):
    done = run_program("train.py", *words, cwd=whole.parents[1])
    assert done.returncode == code
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


# The offer at the start --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def killed(begin, tmp_path_factory) -> Path:
    """A run that was killed in its first epochs, for all tests to copy."""
    place = tmp_path_factory.mktemp("killed")
    process = begin(place, *FLAGS)
    wait_for(place / "saved_files" / "run")
    process.kill()
    process.communicate()
    return place / "saved_files" / "run"


@pytest.fixture
def left(killed, tmp_path) -> Path:
    """A run that was killed, in this test's own folder."""
    return Path(shutil.copytree(killed, tmp_path / "saved_files" / "run"))


def test_a_run_that_was_left_is_said_where_nobody_is_asked(left, run_program, data, tmp_path):
    """And the new training begins, though here it fails."""
    shutil.copytree(data, tmp_path / "data")
    (tmp_path / "data" / "t10k-labels-idx1-ubyte.gz").write_text("no digits")
    words = ["--defaults", "--save-dir", tmp_path / "saved_files", "--data-dir", tmp_path / "data"]
    done = run_program("train.py", *words, cwd=tmp_path)
    assert done.returncode == 3
    (said,) = (line for line in done.stdout.splitlines() if "--resume" in line)
    assert said.startswith(f"{left} was left after ")
    assert said.endswith(f" of 4 epochs. To go on with it: python train.py --resume {left}")
    assert not (left / "result.csv").exists()


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_in_a_terminal_a_run_that_was_left_can_be_gone_on_with(
    left, on_terminal, whole, tmp_path, term
):
    child = on_terminal("train.py", cwd=str(tmp_path), env={"TERM": term})
    child.expect(r"run was left after \d of 4 epochs\. Go on with it\?")
    child.send("\r")
    child.expect("goes on after")
    child.expect("Look at it")
    child.wait()
    assert child.exitstatus == 0
    assert comparable(left) == comparable(whole)


@pytest.mark.parametrize(("typed", "stays"), [("new", True), ("\x1b[B", True), ("remove", False)])
def test_in_a_terminal_another_run_can_be_trained_instead(
    left, on_terminal, tmp_path, typed, stays
):
    child = on_terminal("train.py", cwd=str(tmp_path))
    child.expect("Go on with it")
    child.send("\x1b")  # there is nothing to go back to
    child.expect("Go on with it")
    child.send(f"{typed}\r")
    child.expect(r"\[1/8\]")
    child.close(force=True)
    assert left.exists() is stays


def test_a_result_that_is_trained_further_is_not_offered_to_be_removed(left, on_terminal, tmp_path):
    for name in ("result.csv", "report.html", ".checkpoint.npz.former.part"):
        (left / name).write_text("")
    child = on_terminal("train.py", cwd=str(tmp_path), env={"TERM": "dumb"})
    child.expect("Go on with it")
    child.sendline("remove")
    child.expect("one of these, please: Go on, New\r")
    child.close(force=True)
    assert (left / "result.csv").exists()


def test_ctrl_c_at_the_offer_leaves_everything(left, on_terminal, tmp_path):
    before = {path: path.read_bytes() for path in left.iterdir()}
    child = on_terminal("train.py", cwd=str(tmp_path))
    child.expect("Go on with it")
    child.sendintr()
    child.wait()
    assert child.exitstatus == 130
    assert {path: path.read_bytes() for path in left.iterdir()} == before


def test_a_run_that_is_being_trained_is_not_offered(start, on_terminal, tmp_path):
    process = start(*FLAGS, "--epochs", "1000000")
    wait_for(tmp_path / "saved_files" / "run")
    child = on_terminal("train.py", cwd=str(tmp_path))
    child.expect(r"\[1/8\]")
    assert "Go on" not in child.before
    process.kill()
    process.communicate()


def test_discarding_a_resumed_run_in_a_terminal_leaves_what_was_there(
    left, on_terminal, data, tmp_path
):
    before = {path: path.read_bytes() for path in left.iterdir()}
    child = on_terminal(
        "train.py", "--resume", "--epochs", "100000", "--data-dir", data, cwd=str(tmp_path)
    )
    child.expect("epoch [34]/100000 ")
    child.sendintr()
    child.expect(r"\[d\]iscard")
    child.sendline("d")
    child.expect("the run is what it was before")
    child.wait()
    assert child.exitstatus == 130
    assert {path: path.read_bytes() for path in left.iterdir() if path.suffix != ".part"} == {
        path: content for path, content in before.items() if path.suffix != ".part"
    }
    assert not list(left.glob(".*"))
