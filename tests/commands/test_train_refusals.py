"""What train.py refuses: wrong answers, damaged data, places it cannot write to.

Each ends in one clear line and an exit code of its own, with nothing lost or half-written.
"""

import gzip
import os
import pickle
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SMALL = ("--defaults", "--hidden-units", 8, "--epochs", 1)
IMAGES, LABELS = "train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"


# Answers, flags and configs that are wrong -------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("3\nSimple\nXavier\nRelu\nn\nn\nSGD\n5\n", ["line 1", "hidden_layers", "'3'", "zero"]),
        ("1\nSimple\nXaver\nRelu\nn\nn\nSGD\n5\n", ["line 3", "mean xavier?"]),
        ("1\nSimple\nXavier\nRelu\nn\nn\nSGD\n", ["epochs", "without an answer"]),
        ("1\nSimple\nXavier\nRelu\nn\nn\nSGD\n5\n6\n", ["line 9", "'6'"]),
        ("1\nSimple\nXavier\nRelu\nn\nn\nSGD\n²\n", ["epochs", "'²'", "whole number from 1"]),
    ],
)
def test_answers_that_are_wrong_missing_or_surplus_end_the_program(
    refused, train, tmp_path, typed, words
):
    refused(train(typed=typed), 2, *words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--epoch", "3"], ["'--epoch'", "--epochs?"]),
        (["--hiden-layers=2"], ["'--hiden-layers'", "--hidden-layers?"]),
        (["--epochs", "0"], ["--epochs", "'0'", "from 1"]),
        (["--epochs", "-1"], ["--epochs", "'-1'", "from 1"]),
        (["--epochs", "1.5"], ["--epochs", "'1.5'", "from 1"]),
        (["--epochs", "²"], ["--epochs", "'²'", "from 1"]),
        (["--optimizer", "momentun"], ["--optimizer", "momentum?"]),
        (["--name", "../up"], ["--name", "slashes"]),
        (["--name", "run.1"], ["--name", "dots"]),
        (["--config", "none.yaml"], ["none.yaml", "no such file"]),
        (["extra"], ["'extra'"]),
    ],
)
def test_flags_that_are_wrong_end_the_program(refused, train, tmp_path, flags, words):
    refused(train("--defaults", *flags), 2, *words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("epoch: 3\n", ["line 1", "'epoch'", "epochs?"]),
        ("seed: 1\nepochs: none\n", ["line 2", "epochs", "'none'"]),
        ("- epochs\n- 3\n", ["a list"]),
        ("epochs: !!python/object/apply:os.system ['touch ran']\n", ["line 1", "tag"]),
        ("!!python/object/apply:os.system ['touch ran']\n", ["config.yaml"]),
    ],
)
def test_a_config_that_is_wrong_ends_the_program(refused, train, tmp_path, text, words):
    (tmp_path / "config.yaml").write_text(text)
    refused(train("--config", "config.yaml"), 2, "config.yaml", *words)
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


# Data files that are damaged ---------------------------------------------------------------------


class _RunsCode:
    def __reduce__(self):
        return os.system, ("touch ran",)


def pack_again(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """Return what changes the content of a gzip file."""
    return lambda path: path.write_bytes(
        gzip.compress(change(gzip.decompress(path.read_bytes())), 1)
    )


def replace_by(content: bytes) -> Callable[[Path], object]:
    """Return what puts other bytes into a file."""
    return lambda path: path.write_bytes(content)


DAMAGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "cut gzip": (IMAGES, lambda path: path.write_bytes(path.read_bytes()[:-900])),
    "wrong magic": (IMAGES, pack_again(lambda content: b"\1" + content[1:])),
    "claims more images": (IMAGES, pack_again(lambda content: content[:6] + b"\2" + content[7:])),
    "claims terabytes": (IMAGES, pack_again(lambda content: content[:4] + b"\xff" * 12)),
    "no gzip": (LABELS, replace_by(b"<html>404 not found</html>")),
    "a bomb": (LABELS, pack_again(lambda content: content + bytes(50_000_000))),
    "fewer labels than images": (LABELS, pack_again(lambda c: c[:7] + bytes([c[7] - 1]) + c[8:-1])),
    "a label outside the classes": (LABELS, pack_again(lambda content: content[:-1] + b"\xc8")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_data_file_ends_the_program_before_anything_is_written(
    refused, train, small_data, tmp_path, damage
):
    folder = small_data(tmp_path / "damaged", training=40, test=20)
    name, do = DAMAGES[damage]
    do(folder / name)
    named = str(folder) if damage == "a label outside the classes" else name
    done = train("--defaults", data=folder)
    refused(done, 3, named)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged"]
    assert len(list(folder.iterdir())) == 4


def test_a_pickle_that_runs_code_is_refused_and_runs_nothing(refused, train, tmp_path):
    (tmp_path / "pickled").mkdir()
    evil = pickle.dumps((_RunsCode(), _RunsCode(), _RunsCode()))
    (tmp_path / "pickled" / "mnist.pkl.gz").write_bytes(gzip.compress(evil))
    refused(train("--defaults", data=tmp_path / "pickled"), 3, "mnist.pkl.gz")
    assert [path.name for path in tmp_path.rglob("*")] == ["pickled", "mnist.pkl.gz"]


STRANGERS = {
    "train-images-idx3-ubyte.gz": (b"<!DOCTYPE html><title>Log in</title>", "a web page"),
    "archive.zip": (b"PK\3\4", "a zip archive: unpack it"),
    "data/train.csv": (b"label,a,b,c,d\n0,1,2,3,4\n", "Pass --data-dir"),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_folder_that_holds_something_else_is_never_passed_over(refused, train, tmp_path, name):
    content, words = STRANGERS[name]
    path = tmp_path / "folder" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    refused(train("--defaults", data=tmp_path / "folder"), 3, words, str(tmp_path / "folder"))
    assert not (tmp_path / "saved_files").exists()


def test_a_csv_with_text_in_it_is_named_with_its_line(refused, train, tmp_path):
    (tmp_path / "tables").mkdir()
    for name, cell in (("mnist_train.csv", "x"), ("mnist_test.csv", "3")):
        (tmp_path / "tables" / name).write_text(f"0,1,2,3,4\n1,1,2,{cell},4\n")
    refused(train("--defaults", data=tmp_path / "tables"), 3, "mnist_train.csv", "line 2")
    assert [path.name for path in tmp_path.iterdir()] == ["tables"]


# Places that cannot be written -------------------------------------------------------------------


def test_a_save_folder_that_is_a_file_is_named(refused, train, tmp_path):
    (tmp_path / "taken").write_text("mine")
    refused(train("--defaults", "--save-dir", "taken"), 4, "taken", "--save-dir")
    assert (tmp_path / "taken").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux' /proc")
def test_a_save_folder_that_cannot_be_made_is_named(refused, train, tmp_path):
    refused(train("--defaults", "--save-dir", "/proc/runs"), 4, "/proc/runs", "--save-dir")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """Mount a disk of 96 KiB, for those who may."""
    place = tmp_path / "small disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96k", "none", str(place)],
        capture_output=True, check=False,
    ) if os.getuid() == 0 else None  # fmt: skip
    if mounted is None or mounted.returncode:
        pytest.skip("only root may mount a small disk, and not everywhere")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_full_leaves_no_run(refused, train, small_disk):
    (small_disk / "filling").write_bytes(bytes(92_000))
    refused(train("--defaults", "--save-dir", small_disk / "runs"), 4, "No space left", "runs")
    assert not list((small_disk / "runs").iterdir())


def test_a_disk_that_fills_up_in_training_leaves_whole_files_only(refused, train, small_disk):
    done = train("--defaults", "--epochs", 1, "--save-dir", small_disk / "runs", "--name", "full")
    refused(done, 4, "No space left", "small disk/runs/full/")
    left = {path.name for path in (small_disk / "runs" / "full").iterdir()}
    assert "result.csv" not in left
    assert not [name for name in left if name.endswith(".part")]


def test_a_disk_that_fills_up_with_pictures_keeps_the_run_and_its_figures(train, small_disk):
    """96 KiB are enough for the numbers of eight units, and not for the pictures."""
    done = train(*SMALL, "--save-dir", small_disk / "runs", "--name", "full")
    assert done.returncode != 0
    assert re.search(r"error: .*(full|\.png).*No space left", done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    folder = small_disk / "runs" / "full"
    assert (folder / "result.csv").exists()
    assert {"weights_2.csv", "confusion_matrix.csv"} < {path.name for path in folder.glob("*.csv")}
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize(("largest", "code"), [(500, 4), (3000, 4)], ids=["settings", "weights"])
def test_files_that_may_not_grow_are_no_defect(refused, train, tmp_path, largest, code):
    done = train(*SMALL, largest_file=largest)
    refused(done, code, "File too large")
    assert not list(tmp_path.rglob("*.part"))
    assert not list(tmp_path.rglob("result.csv"))
