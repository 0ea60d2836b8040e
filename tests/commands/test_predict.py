"""predict.py as its users start it: what it shows, where it shows it, and what it says if it can't.

One test knows only `docs/files.md`, and finds the same predictions from the CSV files.
"""

import csv
import gzip
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn.datasets import drawn_digits
from tests.made_once import make_once


@pytest.fixture(scope="session")
def shown(trained_run, run_program, tmp_path_factory) -> tuple[Path, str]:
    """Show a copy of the run without terminal and display, once; return its folder and output."""

    def make(save_dir: Path) -> tuple[Path, str]:
        folder = Path(shutil.copytree(trained_run.folder, save_dir / "first"))
        done = run_program("predict.py", "--save-dir", save_dir)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return folder, done.stdout

    return make_once(tmp_path_factory, "shown", make)


@pytest.fixture
def copy(trained_run, tmp_path) -> Path:
    """Return a copy of the run in a save folder of its own, to be damaged."""
    return Path(shutil.copytree(trained_run.folder, tmp_path / "saved_files" / "copy"))


@pytest.fixture
def predict(run_program, tmp_path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Return a function that runs predict.py in the folder of the test."""
    return lambda *flags, **words: run_program("predict.py", *flags, cwd=tmp_path, **words)


# What it says ------------------------------------------------------------------------------------


def test_the_test_accuracy_is_the_one_that_training_printed(trained_run, shown):
    (printed,) = re.findall(r"^Test accuracy .*$", trained_run.output, re.MULTILINE)
    assert printed in shown[1].splitlines()
    assert 50 < float(re.search(r"([\d.]+)%", printed)[1]) < 100


def test_without_terminal_and_display_a_gallery_and_a_table_are_left(shown):
    folder, output = shown
    assert f"Saved {folder / 'gallery.png'}" in output
    assert f"Saved {folder / 'predictions.csv'}" in output
    assert (folder / "gallery.png").read_bytes().startswith(b"\x89PNG")
    with (folder / "predictions.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["index"]) for row in rows] == list(range(60))
    right = np.mean([row["true"] == row["predicted"] for row in rows])
    assert f"Test accuracy {right:.2%} (60 images)" in output
    assert all(0.25 <= float(row["confidence"]) <= 1 for row in rows)


def test_ten_lines_of_numpy_that_know_only_the_files_find_the_same_predictions(trained_run, shown):
    folder = trained_run.folder
    w1, b1, w2, b2 = (
        np.loadtxt(folder / f"{name}.csv", delimiter=",", ndmin=2, dtype=np.float32)
        for name in ("weights_1", "biases_1", "weights_2", "biases_2")
    )
    subtract, divide = np.loadtxt(folder / "normalization.csv", delimiter=",", skiprows=1)
    content = gzip.decompress((trained_run.data / "t10k-images-idx3-ubyte.gz").read_bytes())
    pixels = np.frombuffer(content, np.uint8, offset=16).reshape(100, 64)[40:]
    hidden = np.maximum(0, (pixels - subtract) / divide @ w1 + b1)
    logits = hidden @ w2 + b2
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)

    table = np.loadtxt(shown[0] / "predictions.csv", delimiter=",", skiprows=1)
    labels = gzip.decompress((trained_run.data / "t10k-labels-idx1-ubyte.gz").read_bytes())
    assert table[:, 1].tolist() == list(labels[8 + 40 :])
    assert table[:, 2].tolist() == probabilities.argmax(axis=1).tolist()
    assert np.allclose(table[:, 3], probabilities.max(axis=1), rtol=1e-4)


def test_the_command_that_training_ends_with_can_be_pasted(refused, trained_run, predict):
    """Also where the path has a blank in it."""
    words = shlex.split(trained_run.output.splitlines()[-1].partition("python predict.py ")[2])
    pasted = predict(*words, "--image", "none.png")
    assert "Run first" in pasted.stdout
    refused(pasted, 3, "none.png")


def test_the_surest_mistakes_of_one_digit_can_be_asked_for(copy, predict):
    done = predict("--top-mistakes", 3, "--digit", 2)
    assert done.returncode == 0, done.stderr
    assert (copy / "gallery.png").read_bytes().startswith(b"\x89PNG")
    assert len((copy / "predictions.csv").read_text().splitlines()) == 61


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--top-mistakes", "0"], ["--top-mistakes", "from 1 up", "'0'"]),
        (["--top-mistakes", "²"], ["--top-mistakes", "from 1 up"]),
        (["--top-mistakes"], ["--top-mistakes", "needs a value"]),
        (["--digit", "-1"], ["--digit"]),
        (["--digit", "4"], ["--digit", "0 to 3", "got 4"]),
        (["--image"], ["--image", "needs at least one value"]),
    ],
)
def test_a_wrong_wish_is_refused(refused, copy, predict, flags, words):
    refused(predict(*flags), 2, *words)


# Which run ---------------------------------------------------------------------------------------


def test_the_newest_run_is_shown_unless_another_is_named(copy, predict):
    older = Path(shutil.copytree(copy, copy.parent / "older"))
    os.utime(older / "result.csv", (1000, 1000))
    picture = ("--image", "none.png")  # which ends the program once the run has been said
    assert "Run copy:" in predict(*picture).stdout
    assert "Run older:" in predict("--run", "older", *picture).stdout
    assert "Run older:" in predict("--run", older, "--save-dir", "nowhere", *picture).stdout


def draw_few(_argument: object) -> None:
    drawn_digits.TRAINING_DIGITS, drawn_digits.TEST_DIGITS = 400, 200


@pytest.mark.long
def test_a_run_on_the_built_in_digits_finds_them_again(predict, run_program, tmp_path):
    flags = ("--defaults", "--dataset", "built-in", "--hidden-layers", 0, "--epochs", 1)
    trained = run_program("train.py", *flags, cwd=tmp_path, before=draw_few)
    assert trained.returncode == 0, trained.stderr
    done = predict(before=draw_few)
    assert done.returncode == 0, done.stderr
    (accuracy,) = re.findall(r"Test accuracy \S+ \(120 images\)", done.stdout)
    assert accuracy in trained.stdout


def test_without_any_run_it_says_how_to_make_one(refused, predict, tmp_path):
    refused(predict(), 4, "saved_files", "python train.py")
    assert not list(tmp_path.iterdir())


def test_a_run_that_is_not_there_is_named_with_the_nearest(refused, copy, predict):
    refused(predict("--run", "cpoy"), 4, "'cpoy'", "Did you mean copy?")
    refused(predict("--rnu", "copy"), 2, "'--rnu'", "--run?")


# Runs that are damaged ---------------------------------------------------------------------------


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize(
    "case",
    [
        ("weights_1.csv", None, ["missing"]),
        ("weights_2.csv", lambda text: text.partition("\n")[2], ["8 rows of 4", "7 rows of 4"]),
        ("weights_1.csv", replaced(",", ",x"), ["not a table of numbers"]),
        ("biases_2.csv", lambda text: "nan" + text[text.index(",") :], ["not finite"]),
        ("normalization.csv", replaced("255", "0"), ["divide is 0"]),
    ],
)  # fmt: skip
def test_a_damaged_run_is_refused_with_the_file_named(refused, copy, predict, case):
    name, damage, words = case
    path = copy / name
    if damage is None:
        path.unlink()
    else:
        before = path.read_text()
        path.write_text(damage(before))
        assert path.read_text() != before
    before = set(copy.iterdir())
    done = predict()
    refused(done, 4, f"{copy.name}/{name}: ", *words)
    assert set(copy.iterdir()) == before


def test_a_run_without_settings_is_refused(refused, copy, predict):
    (copy / "settings.yaml").unlink()
    refused(predict(), 2, "copy/settings.yaml", "no such file")


def test_images_of_another_size_are_refused(refused, copy, predict, small_data, tmp_path):
    small_data(tmp_path / "larger", shape=(9, 8))
    refused(predict("--data-dir", "larger"), 3, "9 x 8 pixels", "8 x 8 pixels")


# Where it cannot write or print ------------------------------------------------------------------


def test_a_gallery_that_cannot_be_written_is_one_line_and_no_half_file(copy, predict):
    before = {path: path.read_bytes() for path in copy.iterdir()}
    done = predict(largest_file=500)
    assert done.returncode != 0
    assert re.fullmatch(r"error: .*File too large.*\n", done.stderr)
    assert "Test accuracy" in done.stdout
    assert {path: path.read_bytes() for path in copy.iterdir()} == before


def test_output_closed_early_is_no_trouble(copy, start_program, tmp_path):
    """As in `python predict.py | true`."""
    os.mkfifo(tmp_path / "pipe")
    end = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    shown = start_program("predict.py", output=str(tmp_path / "pipe"))
    shown.wait_for(lambda: shown.takes_signals)  # it has opened the pipe by then
    os.close(end)
    assert shown.wait() == 141
    assert shown.errors == ""
    assert not list(copy.glob(".*"))


# In a terminal -----------------------------------------------------------------------------------


@pytest.fixture
def browser(on_terminal, copy, tmp_path) -> Any:
    return on_terminal("predict.py", cwd=str(tmp_path))


def test_in_a_terminal_images_are_leafed_through(browser, copy, trained_run):
    matrix = np.loadtxt(trained_run.folder / "confusion_matrix.csv", delimiter=",").astype(int)
    mistakes = matrix.sum() - matrix.trace()
    browser.expect(r"Test accuracy")
    browser.expect(r"predicted (\d), true (\d)")
    browser.expect("1 of 60, index 0")
    browser.expect("▀")
    browser.send("\x1b[C")
    browser.expect("2 of 60, index 1")
    browser.send("\x1b[D")
    browser.expect("1 of 60, index 0")
    browser.send("m")
    browser.expect("✗")
    browser.expect(rf"1 of {mistakes:,} \(mistakes\)")
    browser.send("m2")
    browser.expect(rf" of {matrix[2].sum()} \(class 2\)")
    browser.send("q")
    browser.expect("\x1b\\[\\?1049l")  # the screen that was there before
    browser.wait()
    assert browser.exitstatus == 0
    assert not (copy / "predictions.csv").exists()


def test_the_terminal_begins_with_the_surest_mistakes_and_one_digit(on_terminal, copy, tmp_path):
    child = on_terminal("predict.py", "--top-mistakes", 2, "--digit", 1, cwd=str(tmp_path))
    child.expect(r"of \d \(most confident mistakes, class 1\)")
    child.send("1")
    child.expect(r"[12] of 2 \(most confident mistakes\)")
    child.send("q")
    child.expect("\x1b\\[\\?1049l")
    child.wait()
    assert child.exitstatus == 0


def test_ctrl_c_leaves_the_browser_and_gives_the_screen_back(browser):
    browser.expect("1 of 60")
    browser.sendintr()
    browser.expect("\x1b\\[\\?1049l")
    browser.wait()
    assert browser.exitstatus == 130


@pytest.fixture
def two_runs(copy) -> None:
    older = Path(shutil.copytree(copy, copy.parent / "older"))
    os.utime(older / "result.csv", (1000, 1000))


def test_a_terminal_that_only_prints_lines_takes_the_runs_name(two_runs, on_terminal, tmp_path):
    flags = ("--run", "--image", "none.png")
    child = on_terminal("predict.py", *flags, cwd=str(tmp_path), env={"TERM": "dumb"})
    child.expect(r"Which run\?\r\n  copy: test.*  older: test.*Enter: copy")
    assert "\x1b" not in child.before + child.after
    child.sendline("older")
    child.expect("Run older:")
    child.wait()


def test_a_run_can_be_chosen_from_a_list(two_runs, on_terminal, tmp_path):
    child = on_terminal("predict.py", "--run", "--image", "none.png", cwd=str(tmp_path))
    child.expect("Which run")
    child.expect("copy")
    child.send("\x1b[B\r")
    child.expect("Run older:")
    child.wait()


def test_ctrl_c_at_the_list_stops(on_terminal, copy, tmp_path):
    child = on_terminal("predict.py", "--run", cwd=str(tmp_path))
    child.expect("Which run")
    child.sendintr()
    child.wait()
    assert child.exitstatus == 130


def test_no_color_and_20_columns_are_respected(on_terminal, copy, tmp_path):
    child = on_terminal("predict.py", columns=20, env={"NO_COLOR": "1"}, cwd=str(tmp_path))
    child.expect("1 of 60")
    child.send("q")
    child.expect("\x1b\\[\\?1049l")
    child.wait()
    assert child.exitstatus == 0
    assert "▀" not in child.before
    assert not re.search(r"\x1b\[[0-9;]*m", child.before)


# A picture of one's own --------------------------------------------------------------------------


@pytest.mark.parametrize("inverted", [False, True])
def test_a_drawn_picture_is_read(copy, predict, tmp_path, inverted):
    image = pytest.importorskip("PIL.Image")
    picture = np.full((90, 70), 250, np.uint8)
    picture[20:70, 30:40] = 10
    image.fromarray(255 - picture if inverted else picture).save(tmp_path / "one.png")
    done = predict("--image", "one.png")
    assert done.returncode == 0, done.stderr
    answer = re.search(r"^one\.png: ([0-3]) \(([\d.]+)%\)$", done.stdout, re.MULTILINE)
    assert 25 <= float(answer[2]) <= 100
    assert "less likely: " in done.stdout
    assert "Test accuracy" not in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"one.png", "saved_files"}


@pytest.mark.parametrize(
    ("name", "content"), [("none.png", None), ("text.png", b"hello"), ("empty.png", b"")]
)
def test_a_file_that_is_no_picture_is_named(refused, copy, predict, name, content):
    if content is not None:
        (copy.parents[1] / name).write_bytes(content)
    refused(predict("--image", name), 3, name)


def test_several_pictures_and_folders_are_answered_and_a_damaged_one_is_named(
    refused, copy, predict, tmp_path
):
    image = pytest.importorskip("PIL.Image")
    picture = np.full((40, 40), 250, np.uint8)
    picture[8:32, 18:24] = 10
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").mkdir()
    for name in ("b.png", "folder/2.PNG", "folder/1.jpg"):
        image.fromarray(picture).save(tmp_path / name)
    (tmp_path / "damaged.png").write_text("no picture")
    (tmp_path / "folder" / "notes.txt").write_text("no picture either")
    done = predict("--image", "damaged.png", "folder", "empty", "b.png")
    refused(done, 3, "damaged.png: not a picture", "empty: there is no picture")
    answered = re.findall(r"^(\S+): [0-3] \(", done.stdout, re.MULTILINE)
    assert answered == ["folder/1.jpg", "folder/2.PNG", "b.png"]
    assert len(re.findall("(?:^.{8}$\n){4}", done.stdout, re.MULTILINE)) == 3  # the images seen


# For other programs ----------------------------------------------------------------------------


def test_the_network_is_exported_into_the_runs_folder(trained_run, run_program, tmp_path):
    folder = shutil.copytree(trained_run.folder, tmp_path / "copied")
    done = run_program("predict.py", "--run", folder, "--export", "npz", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"Saved {folder / 'network.npz'}"
    with np.load(folder / "network.npz") as arrays:
        weights = np.loadtxt(folder / "weights_1.csv", delimiter=",", ndmin=2)
        np.testing.assert_array_equal(arrays["weights_1"], weights.astype(np.float32))


def test_an_export_in_another_form_is_refused(trained_run, run_program, refused, tmp_path):
    done = run_program("predict.py", "--run", trained_run.folder, "--export", "h5", cwd=tmp_path)
    refused(done, 2, "'h5'", "onnx or npz")
