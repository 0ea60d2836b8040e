"""train.py after it was killed, stopped, or has finished: `--resume`, and the offer."""

import shutil
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from nn.files.training_lock import is_being_trained
from tests.programs import Program, sketch

# About a second of training in chunks of 512 steps, with a checkpoint after each of them.
FLAGS = (
    *("--defaults", "--hidden-units", "8", "--batch-size", "4", "--epochs", "4"),
    *("--checkpoint-steps", "1", "--optimizer", "adam", "--restore-best-weights", "--name", "run"),
)


@pytest.fixture(scope="module")
def data(small_data, tmp_path_factory) -> Path:
    return small_data(tmp_path_factory.mktemp("data"), training=6000)


@pytest.fixture
def start(data, start_program) -> Callable[..., Program]:
    """Return a function that starts train.py in this test's own folder, with tiny pictures."""
    return partial(start_program, "train.py", "--data-dir", data, before=sketch)


@pytest.fixture(scope="module")
def whole(data, run_program, tmp_path_factory) -> Path:
    """The folder of a run that was never interrupted."""
    place = tmp_path_factory.mktemp("whole")
    done = run_program("train.py", *FLAGS, "--data-dir", data, cwd=place, before=sketch)
    assert done.returncode == 0, done.stderr
    return place / "saved_files" / "run"


def comparable(folder: Path) -> dict[str, bytes]:
    """Return the files that two runs of one name have in common: all but times and dates."""
    endings = (".csv", ".png")
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in endings}


def kill_after_checkpoints(process: Program, folder: Path, count: int) -> bool:
    """Kill a training after so many checkpoints; return whether it had not ended before."""
    checkpoint = folder / "checkpoint.npz"
    for _ in range(count):
        before = changed_at(checkpoint)
        process.wait_for(lambda before=before: changed_at(checkpoint) != before)
    process.send(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def changed_at(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def test_a_run_killed_at_random_moments_ends_as_an_uninterrupted_one(start, whole, tmp_path, seed):
    """Kills while loading, saving and drawing are among the faults of `tests/faults`."""
    rng = np.random.default_rng(seed)
    folder = tmp_path / "saved_files" / "run"
    assert kill_after_checkpoints(start(*FLAGS), folder, rng.integers(1, 8))
    kill_after_checkpoints(start("--resume"), folder, rng.integers(0, 8))
    last = start("--resume", "run")
    assert last.wait() == 0, last.errors
    assert last.errors == ""
    assert comparable(folder) == comparable(whole)
    assert {path.name for path in folder.iterdir()} == {path.name for path in whole.iterdir()}


def test_a_stopped_run_says_how_to_resume_it_and_is_locked_while_it_is_drawn(start, tmp_path):
    process = start(*FLAGS, before=None)  # pictures that take their time
    folder = tmp_path / "saved_files" / "run"
    process.wait_for((folder / "checkpoint.npz").exists)
    process.send(signal.SIGTERM)
    process.wait_for((folder / "confusion_matrix.png").exists)
    locked = is_being_trained(folder)
    assert locked or (folder / "report.html").exists()  # on a machine that was busy elsewhere
    assert process.wait() == 130
    assert process.said.splitlines()[-1] == "Resume it: python train.py --resume saved_files/run"


def test_two_programs_do_not_train_one_run(start, tmp_path):
    first = start(*FLAGS, "--epochs", "1000000")
    first.wait_for((tmp_path / "saved_files" / "run" / "checkpoint.npz").exists)
    second = start("--resume", "run")
    assert second.wait() == 4
    assert "saved_files/run: is being trained by another program" in second.errors


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--resume", "run", "--learning-rate", "0.5"], 2, "learning_rate is 0.001 (not 0.5)"),
        (["--resume", "rum"], 4, "Did you mean run?"),
        (["--resume", "run", "--epoch", "5"], 2, "Did you mean --epochs?"),
        (["--resume", "../saved_files"], 4, "no settings.yaml"),
    ],
)
def test_what_cannot_be_resumed_is_one_line(whole, run_program, words, code, message):
    done = run_program("train.py", *words, cwd=whole.parents[1])
    assert done.returncode == code
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


# The offer at the start --------------------------------------------------------------------------


@pytest.fixture
def left(start, tmp_path) -> Path:
    """A run that was killed in its first epochs, in this test's own folder."""
    folder = tmp_path / "saved_files" / "run"
    assert kill_after_checkpoints(start(*FLAGS), folder, 1)
    for path in tmp_path.glob(".said-*"):
        path.unlink()
    return folder


def test_an_unfinished_run_is_mentioned_where_nobody_is_asked(left, run_program, data, tmp_path):
    """And the new training begins, though here it fails."""
    shutil.copytree(data, tmp_path / "data")
    (tmp_path / "data" / "t10k-labels-idx1-ubyte.gz").write_text("no digits")
    words = ["--defaults", "--save-dir", tmp_path / "saved_files", "--data-dir", tmp_path / "data"]
    done = run_program("train.py", *words, cwd=tmp_path)
    assert done.returncode == 3
    (said,) = (line for line in done.stdout.splitlines() if "--resume" in line)
    assert said.startswith(f"{left} is unfinished: ")
    assert said.endswith(f" of 4 epochs are trained. To resume it: python train.py --resume {left}")
    assert not (left / "result.csv").exists()


@pytest.mark.parametrize("term", ["xterm-256color", pytest.param("dumb", marks=pytest.mark.long)])
def test_in_a_terminal_an_unfinished_run_can_be_resumed(left, on_terminal, whole, tmp_path, term):
    child = on_terminal("train.py", cwd=str(tmp_path), env={"TERM": term}, before=sketch)
    child.expect(r"run is unfinished: \d of 4 epochs are trained\. Resume it\?")
    child.send("\r")
    child.expect("Resuming .* after")
    child.expect("Look at it")
    child.wait()
    assert child.exitstatus == 0
    assert comparable(left) == comparable(whole)


@pytest.mark.parametrize(("typed", "stays"), [("new", True), ("\x1b[B", True), ("remove", False)])
def test_in_a_terminal_another_run_can_be_trained_instead(
    left, on_terminal, tmp_path, typed, stays
):
    child = on_terminal("train.py", cwd=str(tmp_path))
    child.expect("Resume it")
    child.send(f"{typed}\r")
    child.expect(r"\[1/8\]")
    child.close()
    assert left.exists() is stays


def test_ctrl_c_at_the_offer_leaves_everything(left, on_terminal, tmp_path):
    before = {path: path.read_bytes() for path in left.iterdir()}
    child = on_terminal("train.py", cwd=str(tmp_path))
    child.expect("Resume it")
    child.sendintr()
    child.wait()
    assert child.exitstatus == 130
    assert {path: path.read_bytes() for path in left.iterdir()} == before


def test_a_run_that_is_being_trained_is_not_offered(start, on_terminal, tmp_path):
    process = start(*FLAGS, "--epochs", "1000000")
    process.wait_for((tmp_path / "saved_files" / "run" / "checkpoint.npz").exists)
    child = on_terminal("train.py", cwd=str(tmp_path))
    child.expect(r"\[1/8\]")
    assert "Resume" not in child.before


def test_discarding_a_resumed_run_in_a_terminal_leaves_what_was_there(
    left, on_terminal, data, tmp_path
):
    before = {path: path.read_bytes() for path in left.iterdir()}
    child = on_terminal(
        "train.py", "--resume", "--epochs", "100000", "--data-dir", data, cwd=str(tmp_path)
    )
    child.expect("epoch [34]/100000 ")
    child.sendintr()
    child.expect("Stop training")
    child.send("discard\r")
    child.expect("the run is as it was before")
    child.wait()
    assert child.exitstatus == 130
    assert {path: path.read_bytes() for path in left.iterdir() if path.suffix != ".part"} == {
        path: content for path, content in before.items() if path.suffix != ".part"
    }
    assert not list(left.glob(".*"))
