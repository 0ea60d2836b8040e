"""Files, folders and names from strangers, through the programs as they are started.

Each program may take 2 gigabytes of addresses here beyond its libraries.
"""

import gzip
import os
import pickle
import re
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ESCAPE = "\x1b]0;owned\x07\x1b[2J"

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="reads from /proc how much memory is taken"
)


def little_memory(_argument: object) -> None:
    """Allow the process 2 gigabytes of addresses more than its libraries take."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + (2 << 30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


@pytest.fixture
def copy(trained_run, tmp_path) -> Path:
    """Return a stranger's run, unpacked beside one's own data."""
    return Path(shutil.copytree(trained_run.folder, tmp_path / "here" / "saved_files" / "copy"))


@pytest.fixture
def predict(run_program, tmp_path) -> Callable[..., object]:
    """Return a function that runs predict.py in `here`, a folder in the test's own."""
    (tmp_path / "here").mkdir(exist_ok=True)
    return lambda *flags, **words: run_program(
        "predict.py", *flags, cwd=tmp_path / "here", before=little_memory, **words
    )


def everything_in(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def set_in(folder: Path, name: str, value: str) -> None:
    path = folder / "settings.yaml"
    path.write_text(re.sub(rf"^{name}: .*$", f"{name}: {value}", path.read_text(), flags=re.M))


# Where a stranger's settings lead ---------------------------------------------------------------


def test_a_strangers_run_makes_no_folder_for_its_data(refused, copy, predict, tmp_path):
    """MNIST would be downloaded into it, or the built-in digits kept there."""
    for where in (f"{tmp_path}/elsewhere", "../elsewhere", "data/../../elsewhere"):
        for dataset in ("auto", "mnist", "built-in"):
            set_in(copy, "data_dir", where)
            set_in(copy, "dataset", dataset)
            before = everything_in(tmp_path)
            refused(predict(), 2, "settings.yaml: data_dir", "pass it explicitly with --data-dir")
            assert everything_in(tmp_path) == before
            if dataset == "auto":
                break


def test_resuming_a_strangers_run_makes_no_folder_for_its_data(
    refused, run_program, copy, trained_run, tmp_path
):
    words = ("--save-dir", copy.parent, "--resume", "copy", "--epochs", 99)
    set_in(copy, "data_dir", f"{tmp_path}/elsewhere")
    before = everything_in(tmp_path)
    done = run_program("train.py", *words, cwd=tmp_path / "here")
    refused(done, 2, "settings.yaml: data_dir", "pass it explicitly with --data-dir")
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize(
    ("line", "flag"),
    [
        ("save_dir: ../up", "--save-dir"),
        ("save_dir: /tmp/up", "--save-dir"),
        ("data_dir: ../up", "--data-dir"),
        ("name: ../up", "no slashes"),
    ],
)
def test_a_strangers_config_writes_nowhere_else(refused, run_program, tmp_path, line, flag):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "theirs.yaml").write_text(f"epochs: 1\n{line}\n")
    before = everything_in(tmp_path)
    done = run_program("train.py", "--config", "theirs.yaml", cwd=tmp_path / "here")
    refused(done, 2, "theirs.yaml, line 2", flag)
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize("line", ["storage: sqlite:///up.db", "storage: ../up.journal",
                                  "save_dir: ../up", "start: ../theirs.yaml"])  # fmt: skip
def test_a_strangers_search_writes_nowhere_else(refused, run_program, tmp_path, line):
    (tmp_path / "here").mkdir()
    (tmp_path / "theirs.yaml").write_text("save_dir: ../up\n")
    (tmp_path / "here" / "study.yaml").write_text(f"vary: {{seed: [1, 2]}}\n{line}\n")
    before = everything_in(tmp_path)
    done = run_program("search.py", "--config", "study.yaml", cwd=tmp_path / "here")
    refused(done, 2, "outside the working folder")
    assert everything_in(tmp_path) == before


def test_ones_own_words_lead_anywhere(train, trained_run, tmp_path):
    (tmp_path / "config.yaml").write_text("save_dir: /nowhere\nepochs: 1\nhidden_units: 4\n")
    done = train("--config", "config.yaml", "--save-dir", tmp_path / "own", "--name", "mine")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "own" / "mine" / "result.csv").is_file()


# Files that are none ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["settings.yaml", "weights_1.csv", "data.csv", "normalization.csv"]
)
@pytest.mark.parametrize("kind", ["pipe", "device", "secret"])
def test_a_pipe_a_device_or_a_link_is_no_file_of_a_run(  # noqa: PLR0917 (fixtures)
    refused, copy, predict, tmp_path, name, kind
):
    (copy / name).unlink()
    if kind == "pipe":
        os.mkfifo(copy / name)
    elif kind == "device":
        (copy / name).symlink_to("/dev/zero")
    else:
        (tmp_path / "secret").write_text("the word: is xyzzy\n" * 3)
        (copy / name).symlink_to(tmp_path / "secret")
    done = predict()
    reason = "a pipe or a device" if kind == "pipe" else "a link to another file"
    refused(done, 2 if name == "settings.yaml" else 4, f"copy/{name}", reason)
    assert "word" not in done.stderr


def test_a_link_in_a_results_place_is_not_written_through(trained_run, copy, predict, tmp_path):
    (tmp_path / "precious").write_text("precious")
    for name in ("predictions.csv", "gallery.png"):
        (copy / name).symlink_to(tmp_path / "precious")
    done = predict("--data-dir", trained_run.data)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "precious").read_text() == "precious"
    assert not (copy / "predictions.csv").is_symlink()


@pytest.mark.parametrize(
    "name",
    [
        "train-images-idx3-ubyte.gz",
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in ("mnist.pkl.gz", "mnist_train.csv")
        ),
    ],
)
def test_a_pipe_in_the_data_folder_counts_as_nothing(train, tmp_path, name, small_data):
    folder = small_data(tmp_path / "data", training=40, test=20)
    others = folder / "mnist_test.csv"
    others.write_text("0,1\n1,2\n")
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    if name.startswith("train"):
        (folder / "mnist_train.csv").write_text("0,1\n1,2\n" * 20)
        others.write_text("0,1\n1,2\n" * 5)
    done = train("--defaults", "--epochs", 1, "--hidden-units", 2, data=folder)
    assert done.returncode == 0, done.stderr


# Bombs ------------------------------------------------------------------------------------------


def gzipped_lines(folder: Path) -> None:
    """Write half a gigabyte of a CSV that says nothing, in a megabyte."""
    row = b"0" + b",0" * 1023**2 + b"\n"
    with gzip.open(folder / "mnist_train.csv", "wb", 1) as stream:
        for _ in range(20):
            stream.write(row)
        stream.write(b",0" * 200_000_000)
        stream.write(b"x")
    (folder / "mnist_test.csv").write_text("0,1\n")


BOMBS: dict[str, Callable[[Path], object]] = {
    "lists in a pickle": lambda folder: (folder / "mnist.pkl.gz").write_bytes(
        gzip.compress(b"\x80\x02(" + b"]" * 100_000_000 + b"t.", 1)
    ),
    "a number in a pickle": lambda folder: (folder / "mnist.pkl.gz").write_bytes(
        pickle.dumps(1 << 8_000_000)
    ),
    "a column of lines": gzipped_lines,
    "a number of a million digits": lambda folder: [
        (folder / f"mnist_{part}.csv").write_text("0,1\n1," + "9" * 1_000_000 + "\n")
        for part in ("train", "test")
    ],
    "classes without end": lambda folder: [
        (folder / f"mnist_{part}.csv").write_text(
            "".join(f"{number * 40_000},0\n" for number in range(46_000))
        )
        for part in ("train", "test")
    ],
}


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(bomb, marks=[pytest.mark.long] if bomb == "a column of lines" else [])
        for bomb in BOMBS
    ],
)
def test_a_bomb_among_the_data_is_one_line_of_error(refused, run_program, tmp_path, bomb):
    (tmp_path / "data").mkdir()
    BOMBS[bomb](tmp_path / "data")
    done = run_program("train.py", "--defaults", cwd=tmp_path, before=little_memory)
    refused(done, 3, "mnist", "data/")
    assert not (tmp_path / "saved_files").exists()


# Names that would work the terminal --------------------------------------------------------------


def test_no_escape_sequence_in_a_name_reaches_the_terminal(
    train, trained_run, predict, copy, tmp_path
):
    hostile = tmp_path / f"data{ESCAPE}"
    shutil.copytree(trained_run.data, hostile)
    done = train("--defaults", "--epochs", 1, "--hidden-units", 2, data=hostile)
    assert done.returncode == 0, done.stderr
    settings = next(tmp_path.glob("saved_files/*/settings.yaml")).read_text()
    renamed = copy.rename(copy.with_name(f"run{ESCAPE}"))
    shown = predict("--run", renamed, "--data-dir", hostile)
    assert shown.returncode == 0, shown.stderr
    picture = predict("--run", renamed, "--image", tmp_path / f"{ESCAPE}.png")
    output = "".join((settings, *(part.stdout + part.stderr for part in (done, shown, picture))))
    assert "owned" in output
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", output)
    page = next(tmp_path.glob("saved_files/*/report.html")).read_text(encoding="utf-8")
    assert "\x1b" not in page


@pytest.mark.long
def test_a_name_that_is_no_text_is_no_trouble(train, trained_run, tmp_path):
    """Names on a disk are bytes; these are no UTF-8."""
    hostile = tmp_path / os.fsdecode(b"data\xff\xfe")
    shutil.copytree(trained_run.data, hostile)
    done = train("--defaults", "--epochs", 1, "--hidden-units", 2, data=hostile)
    assert done.returncode == 0, done.stderr
    (settings,) = tmp_path.glob("saved_files/*/settings.yaml")
    again = train("--config", settings, "--save-dir", tmp_path / "again", data=hostile)
    assert again.returncode == 0, again.stderr
