"""train.py as its users start it: piped, by flags, from YAML, on a terminal, and stopped."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.environment import ROOT
from tests.programs import Program, draw_nothing, sketch

TRAIN = str(ROOT / "train.py")
IMAGES, LABELS = "train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"
# What makes the small run of `trained_run`, beside its eight answers.
SMALL = ("--hidden-units", 8, "--learning-rate", 0.015)
PICTURES = {"loss_history", "accuracy_history", "learning_rate_history", "confusion_matrix"}
PICTURES |= {"layers_history"}
FILES = {"settings.yaml", "normalization.csv", "framing.csv", "data.csv", "result.csv"} | {
    *(f"{name}.csv" for name in PICTURES),
    *(f"{name}_{number}.csv" for name in ("weights", "biases") for number in (1, 2)),
}


def csv_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


def only_run(place: Path) -> Path:
    """Return the one run in a folder's saved_files, having looked for debris."""
    (folder,) = (path for path in (place / "saved_files").iterdir() if path.is_dir())
    assert not list(place.rglob("*.part"))
    return folder


# Four ways in ----------------------------------------------------------------------------------


def test_piped_answers_train_and_save(trained_run):
    left = {path.name for path in trained_run.folder.iterdir()}
    assert left >= FILES | {f"{name}.png" for name in PICTURES}


def test_the_screen_says_what_a_person_needs(trained_run):
    lines = trained_run.output.splitlines()
    assert "399 training, 41 validation and 60 test images" in lines[0]
    assert str(trained_run.data) in lines[0]
    epochs = [line for line in lines if line.startswith("epoch ")]
    assert [line.split()[1] for line in epochs] == ["1/3", "2/3", "3/3"]
    header, row = (trained_run.folder / "result.csv").read_text().splitlines()
    result = dict(zip(header.split(","), map(float, row.split(",")), strict=True))
    assert f"Test accuracy {result['test_accuracy']:.2%} (60 images)" in lines
    assert f"Validation accuracy {result['validation_accuracy']:.2%}" in lines
    assert lines[-3] == f"Saved in {trained_run.folder}"
    assert str(trained_run.folder / "report.html") in lines[-2]
    assert "python predict.py --run" in lines[-1]
    assert "\r" not in trained_run.output
    assert "\x1b" not in trained_run.output


@pytest.mark.long
def test_however_the_answers_are_spelled_the_run_is_the_same(train, trained_run, tmp_path):
    done = train(*SMALL, typed="one\r\nSIMPLE\n  xavier\t\nReLU\nNo\nFALSE\n momentum \r\n 3 ")
    assert done.returncode == 0, done.stderr
    assert csv_files(only_run(tmp_path)) == csv_files(trained_run.folder)


def test_flags_give_the_same_run_and_need_no_input(train, trained_run, tmp_path):
    done = train(
        *SMALL, "--hidden-layers", 1, "--normalization", "simple", "--initialization", "xavier",
        "--activation=relu", "--no-l1", "--learning-rate-decay", "no", "--optimizer", "momentum",
        "--epochs", 3, typed="this is not read\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert csv_files(only_run(tmp_path)) == csv_files(trained_run.folder)


@pytest.mark.long
def test_a_config_gives_the_same_run_and_flags_win_over_it(train, trained_run, tmp_path):
    (tmp_path / "small.yaml").write_text("epochs: 7\nhidden_units: 8\nlearning_rate: 1.5e-2\n")
    done = train("--config", "small.yaml", "--epochs", 3)
    assert done.returncode == 0, done.stderr
    assert csv_files(only_run(tmp_path)) == csv_files(trained_run.folder)


def test_saved_settings_fed_back_give_the_same_run(train, trained_run, tmp_path):
    done = train("--config", trained_run.folder / "settings.yaml", "--name", "again")
    assert done.returncode == 0, done.stderr
    assert only_run(tmp_path).name == "again"
    assert csv_files(only_run(tmp_path)) == csv_files(trained_run.folder)


def test_a_terminal_gives_the_same_run_by_arrows_words_and_the_way_back(
    on_terminal, trained_run, tmp_path
):
    words = ("train.py", "--data-dir", trained_run.data, *SMALL)
    child = on_terminal(*words, cwd=str(tmp_path), before=draw_nothing)
    child.expect(r"\[1/8\]")
    child.send("two\r")
    child.expect(r"\[2/8\]")
    child.send("\x1b")  # back: it was to be one layer
    child.expect(r"\[1/8\]")
    child.send("\x1b[A\r")  # up from the two that stands there now
    for counter, keys in (
        (2, "Simple\r"),
        (3, "\r"),
        (4, "\x1b[B\x1b[A\r"),
        (5, "n\r"),
        (6, "No\r"),
        (7, "mom\r"),
        (8, "3\r"),
    ):
        child.expect(rf"\[{counter}/8\]")
        child.send(keys)
    child.expect("556 parameters")  # 64 x 8 + 8 + 8 x 4 + 4, for these images
    child.expect("python train.py --defaults")
    child.send("\r")
    child.expect("Test accuracy")
    child.expect("Look at it")
    child.wait()
    assert child.exitstatus == 0
    assert csv_files(only_run(tmp_path)) == csv_files(trained_run.folder)
    assert "epochs: 3" in (tmp_path / "saved_files" / ".last_answers.yaml").read_text()


@pytest.mark.long
def test_without_hidden_layers_seven_lines_and_eight_give_the_same_run(train, tmp_path):
    for name, activation in (("seven", ""), ("eight", "sigmoid\n")):
        typed = f"zero\nnormal\ngauss\n{activation}y\nyes\nsgd\n1\n"
        assert train(*SMALL, "--name", name, typed=typed).returncode == 0
    seven, eight = (csv_files(tmp_path / "saved_files" / name) for name in ("seven", "eight"))
    assert seven == eight
    assert "weights_2.csv" not in seven
    assert "weights_1.csv" in seven


@pytest.mark.long
def test_empty_input_means_all_defaults_and_another_seed_gives_another_run(
    train, trained_run, tmp_path
):
    done = train(*SMALL, "--epochs", 3, "--seed", 1, typed="")
    assert done.returncode == 0, done.stderr
    assert "every setting not given has its default" in done.stdout
    settings = (only_run(tmp_path) / "settings.yaml").read_text()
    assert (
        settings.replace("seed: 1", "seed: 0").splitlines()[3:]
        == ((trained_run.folder / "settings.yaml").read_text().splitlines()[3:])
    )
    other, first = csv_files(only_run(tmp_path)), csv_files(trained_run.folder)
    assert other["weights_1.csv"] != first["weights_1.csv"]
    assert other["result.csv"] != first["result.csv"]


# Stopped in the middle ---------------------------------------------------------------------------


@pytest.fixture
def start_endless(small_data, start_program, tmp_path) -> Callable[..., Program]:
    """Return a function that starts a run that takes centuries in an empty folder."""
    data = small_data(tmp_path / "data", training=6000)
    words = ["--defaults", "--data-dir", data, "--batch-size", 1, "--epochs", 1000000000]
    words += ["--name", "endless", "--hidden-units", 8, "--checkpoint-steps", 500]
    return partial(start_program, "train.py", *words, before=draw_nothing)


def test_a_signal_in_the_middle_of_an_epoch_stops_and_saves(start_endless, run_program, tmp_path):
    endless = start_endless()
    assert endless.wait_for((tmp_path / "saved_files" / "endless" / "checkpoint.npz").exists)
    endless.send(signal.SIGINT)
    assert endless.wait() == 130
    assert re.search(r"^training was stopped after \d+ whole epochs?\.", endless.errors)
    assert "Traceback" not in endless.errors
    assert "Test accuracy" in endless.said
    folder = only_run(tmp_path)
    assert {path.name for path in folder.iterdir()} >= FILES
    shown = run_program("predict.py", cwd=tmp_path, before=sketch)
    assert shown.returncode == 0, shown.stderr
    assert re.search(r"Test accuracy \S+", endless.said)[0] in shown.stdout


def test_output_that_nobody_reads_any_more_stops_and_saves(start_endless, tmp_path):
    """As in `python train.py | head -1`."""
    os.mkfifo(tmp_path / "pipe")
    endless = start_endless(output=str(tmp_path / "pipe"))
    with (tmp_path / "pipe").open() as stream:
        assert "training" in stream.readline()
    assert endless.wait() in (130, 141)
    assert "Traceback" not in endless.errors
    assert {path.name for path in only_run(tmp_path).iterdir()} >= FILES


@pytest.mark.long
def test_charts_and_windows_change_nothing_in_the_run(train, tmp_path):
    words = ["--defaults", "--epochs", 1, "--hidden-units", 8]
    plain = train(*words, "--name", "plain")
    watched = train(*words, "--name", "watched", "--no-chart", "--live-plot")
    assert watched.returncode == 0, watched.stderr
    assert watched.stderr == plain.stderr == ""
    assert watched.stdout.startswith("No window for --live-plot")
    runs = tmp_path / "saved_files"
    for name in ("weights_1.csv", "loss_history.csv"):
        assert (runs / "watched" / name).read_bytes() == (runs / "plain" / name).read_bytes()
    settings = [
        re.sub(r"^#.*\n", "", (runs / name / "settings.yaml").read_text(), flags=re.MULTILINE)
        for name in ("plain", "watched")
    ]  # the comments say the time
    assert settings[0].replace("plain", "watched") == settings[1]


@pytest.fixture
def slow_training(on_terminal, small_data, tmp_path) -> Any:
    """Start a run on a terminal of 20 columns whose epochs are long enough to be interrupted."""
    data = small_data(tmp_path / "data", training=6000)
    words = ["--defaults", "--data-dir", data, "--hidden-units", 8, "--batch-size", 1]
    how = {"columns": 20, "cwd": str(tmp_path), "before": draw_nothing}
    return on_terminal("train.py", *words, "--epochs", 3, **how)


@pytest.mark.parametrize(
    ("answer", "code", "epochs"),
    [
        ("s", 130, [0, 1, 2]),
        pytest.param("d", 130, [], marks=pytest.mark.long),
        pytest.param("g", 0, [3], marks=pytest.mark.long),
    ],
)
def test_on_a_narrow_terminal_ctrl_c_asks_what_to_do(slow_training, tmp_path, answer, code, epochs):
    slow_training.expect("epoch 1/3")
    slow_training.sendintr()
    slow_training.expect("Continue")  # the last choice: the list is there
    slow_training.send(answer + "\r")
    slow_training.expect("predict.py --run" if epochs else r"nothing\s+was\s+kept")
    slow_training.wait()
    assert slow_training.exitstatus == code
    runs = list((tmp_path / "saved_files").iterdir())
    assert len(runs) == bool(epochs)
    for run in runs:
        assert len((run / "loss_history.csv").read_text().splitlines()) - 1 in epochs
        assert {path.name for path in run.iterdir()} >= FILES


@pytest.mark.parametrize("answered", [0, 8])
def test_ctrl_c_at_any_question_writes_nothing(on_terminal, trained_run, tmp_path, answered):
    child = on_terminal("train.py", "--data-dir", trained_run.data, cwd=str(tmp_path))
    for counter in range(1, answered + 1):
        child.expect(rf"\[{counter}/8\]")
        child.send("\r")
    child.expect(rf"\[{answered + 1}/8\]" if answered < 8 else "Ready")
    child.sendintr()
    child.expect("nothing was written")
    child.wait()
    assert child.exitstatus == 130
    assert not list(tmp_path.iterdir())


def test_a_thousand_million_epochs_are_reviewed_and_not_refused(on_terminal, tmp_path):
    child = on_terminal("train.py", cwd=str(tmp_path))
    for counter in range(1, 8):
        child.expect(rf"\[{counter}/8\]")
        child.send("\r")
    child.expect(r"\[8/8\]")
    child.send("1000000000\r")
    child.expect(r"about [\d,]+ years for 1,000,000,000 epochs")
    child.expect("Ready")
    child.send("Quit\r")
    child.wait()
    assert child.exitstatus == 0
    assert not list(tmp_path.iterdir())


def test_a_terminal_of_20_columns_is_enough_to_answer(on_terminal, tmp_path):
    child = on_terminal("train.py", columns=20, cwd=str(tmp_path))
    for counter in range(1, 9):
        child.expect(rf"\[{counter}/8\]")
        child.send("\r")
    child.expect("Ready")
    child.send("quit\r")
    child.expect("Nothing was")
    child.wait()
    assert child.exitstatus == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("colour", [True, False])
def test_an_error_is_red_unless_colours_are_unwanted(on_terminal, tmp_path, colour):
    env = {} if colour else {"NO_COLOR": "1"}
    child = on_terminal("train.py", "--epochs", "0", env=env, cwd=str(tmp_path))
    child.wait()
    text = child.read()
    assert "error: --epochs is '0'" in text
    assert ("\x1b[31m" in text) is colour
    assert ("\x1b" in text) is colour
    assert child.exitstatus == 2


# On the real data --------------------------------------------------------------------------------


@pytest.mark.mnist
def test_one_epoch_of_mnist_reaches_91_percent_in_little_memory(mnist_dir, train, tmp_path):
    """The defaults but for the epochs; the memory is that of the whole program."""
    words = f"{TRAIN!r}, '--defaults', '--epochs', '1', '--data-dir', {str(mnist_dir)!r}"
    measure = (
        "import resource, subprocess, sys\n"
        f"code = subprocess.call([sys.executable, {words}], stdin=subprocess.DEVNULL)\n"
        "print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", measure], cwd=tmp_path, capture_output=True, encoding="utf-8",
        check=True,
    )  # fmt: skip
    code, largest = map(int, done.stdout.splitlines()[-1].split())
    assert code == 0, done.stderr
    assert "58,000 training, 6,000 validation and 6,000 test images" in done.stdout
    accuracy = re.search(r"Test accuracy (\S+)% \(6,000 images\)", done.stdout)
    assert float(accuracy[1]) > 91
    assert largest * (1 if sys.platform == "darwin" else 1024) < 335e6


def test_the_first_question_needs_few_more_modules_than_its_libraries(on_terminal, tmp_path):
    """Modules are counted, since their time depends on the machine and what else it does."""
    watched = {"env": {"PYTHONPROFILEIMPORTTIME": "1"}, "fresh": True, "columns": 300}
    (script := tmp_path / "libraries.py").write_text("import numpy, questionary")
    libraries = on_terminal(script, **watched)
    libraries.expect(pexpect.EOF)
    question = on_terminal("train.py", **watched)
    question.expect(r"\[1/8\]")
    needed, imported = (
        set(re.findall(r"import time: .*\| +([\w.]+)", child.before))
        for child in (libraries, question)
    )
    assert {"numpy", "questionary"} <= needed
    assert len(imported) < 1.5 * len(needed), imported - needed
    assert not imported & {"matplotlib", "scipy", "PIL", "jinja2", "optuna", "numba"}
