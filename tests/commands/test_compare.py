"""compare.py as its users start it: how runs are named, what is printed, what is left."""

import csv
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import sketch

SPACE, CTRL_A, CTRL_C, ESCAPE, DOWN = " ", "\x01", "\x03", "\x1b", "\x1b[B"


@pytest.fixture
def save_dir(trained_run, tmp_path) -> Path:
    """Return a save folder with four runs made from one: two settings, two seeds each."""
    folder = tmp_path / "saved_files"
    for number, (optimizer, seed) in enumerate(
        [("momentum", 0), ("momentum", 1), ("sgd", 0), ("sgd", 1)]
    ):
        make_run(trained_run.folder, folder / f"{optimizer}-{seed}", number, optimizer, seed)
    return folder


def make_run(original: Path, folder: Path, number: int, optimizer: str, seed: int) -> None:
    """Copy a run under other settings and with other accuracies; a larger number is newer."""
    shutil.copytree(original, folder)
    settings = (folder / "settings.yaml").read_text()
    settings = settings.replace("optimizer: momentum", f"optimizer: {optimizer}")
    (folder / "settings.yaml").write_text(settings.replace("seed: 0\n", f"seed: {seed}\n"))
    header, row = (folder / "result.csv").read_text().splitlines()
    cells = dict(zip(header.split(","), row.split(","), strict=True))
    cells["validation_accuracy"] = f"{0.9 - (optimizer == 'sgd') / 4 - seed / 100:.9g}"
    (folder / "result.csv").write_text(f"{header}\n{','.join(cells.values())}\n")
    os.utime(folder / "result.csv", (number, number))


@pytest.fixture
def compare(run_program, tmp_path) -> Callable:
    """Return a function that runs compare.py in the folder of the test, with tiny pictures."""
    return lambda *flags, before=sketch, **words: run_program(
        "compare.py", *flags, cwd=tmp_path, before=before, **words
    )


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_without_any_input_all_runs_are_compared_and_that_is_said(compare, save_dir):
    done = compare("--name", "mine", before=None)
    assert done.returncode == 0, done.stderr
    assert "comparing all 4 of saved_files" in done.stdout
    lines = done.stdout.splitlines()
    heading = next(line for line in lines if line.startswith("optimizer"))
    columns = ["optimizer", "seeds", "training", "validation", "test", "loss"]
    assert heading.split() == [*columns, "epochs", "seconds", "parameters"]
    best = lines[lines.index(heading) + 1]
    assert re.match(r"momentum +2 .* 89\.50% ±0\.71\* ", best)
    assert lines[-1] == f"Saved in {Path('saved_files') / 'comparisons' / 'mine'}"
    folder = save_dir / "comparisons" / "mine"
    files = {"table.csv", "runs.csv", "curves.png", "comparison.html"}
    assert {path.name for path in folder.iterdir()} == files
    assert (folder / "curves.png").stat().st_size > 10_000
    first, second = rows(folder / "table.csv")
    assert (first["optimizer"], first["seeds"], first["validation_accuracy_verdict"]) == (
        "momentum", "2", "best",
    )  # fmt: skip
    assert float(first["validation_accuracy"]) == pytest.approx(0.895)
    assert float(second["validation_accuracy_deviation"]) == pytest.approx(0.00707106781)
    assert float(first["seconds"]) > 0
    each = rows(folder / "runs.csv")
    assert [(row["run"], row["seed"]) for row in each[:2]] == [
        ("momentum-1", "1"), ("momentum-0", "0"),
    ]  # fmt: skip


def test_runs_are_named_by_flag_by_piped_lines_and_by_study(compare, save_dir):
    two = ("momentum-0", "sgd-1")
    by_flag = compare("--runs", *two, "--name", "x")
    piped = compare("--name", "y", typed="\n".join(two) + "\n\n")
    (save_dir / "study").mkdir()
    for name in two:
        shutil.copytree(save_dir / name, save_dir / "study" / name)
    by_study = compare("--study", "study")
    for done, name in ((by_flag, "x"), (piped, "y"), (by_study, "study")):
        assert done.returncode == 0, done.stderr
        folder = save_dir / "comparisons" / name
        assert [row["run"] for row in rows(folder / "runs.csv")] == list(two)
        assert (folder / "confusion_difference.csv").exists()
        assert (folder / "confusion_difference.png").exists()
    assert by_flag.stdout.replace("/x", "/y") == piped.stdout


@pytest.mark.long
def test_a_name_in_use_gets_a_number(compare, save_dir):
    for _ in range(2):
        assert compare("--runs", "sgd-0", "--name", "x").returncode == 0
    assert {path.name for path in (save_dir / "comparisons").iterdir()} == {"x", "x-2"}


@pytest.mark.long
def test_older_runs_get_their_weights_drawn_on_request(compare, save_dir):
    for run in ("sgd-0", "sgd-1"):
        (save_dir / run / "first_layer.png").unlink()
    (save_dir / "sgd-0" / "first_layer_epoch_1.csv").unlink()
    assert compare("--runs", "sgd-0").returncode == 0
    assert not (save_dir / "sgd-0" / "first_layer.png").exists()
    done = compare("--runs", "sgd-0", "momentum-0", "--weights")
    assert "Saved saved_files/sgd-0/first_layer.png" in done.stdout
    assert "momentum-0/weights" not in done.stdout
    assert (save_dir / "sgd-0" / "first_layer.png").read_bytes().startswith(b"\x89PNG")


def test_other_data_and_damaged_runs_are_said(compare, save_dir):
    facts = save_dir / "sgd-0" / "data.csv"
    facts.write_text(re.sub(r",\d+\n$", ",12345\n", facts.read_text()))
    (save_dir / "sgd-1" / "loss_history.csv").unlink()
    (save_dir / "momentum-1" / "data.csv").write_text("")
    done = compare()
    assert done.returncode == 0, done.stderr
    assert "used different images" in done.stdout
    assert "Without histories, so not in the curves: sgd-1." in done.stdout
    assert "Left out: saved_files/momentum-1/data.csv" in done.stdout


@pytest.mark.parametrize(
    "case",
    [
        (("--runs", "sgd-00"), 4, ("'sgd-00'", "Did you mean sgd-0?")),
        (("--runs",), 2, ("--runs",)),
        (("--study", "none"), 4, ("'none'", "neither a study in saved_files nor a folder")),
        (("--study", "empty"), 4, ("saved_files/empty", "no finished run")),
        (("--name", "a/b"), 2, ("--name is 'a/b'", "no slashes")),
        (("--save-dir", "nowhere"), 4, ("nowhere", "no finished run", "python train.py")),
        (("--rnus", "sgd-0"), 2, ("--rnus", "--runs?")),
    ],
)
def test_what_cannot_be_compared_is_one_line_of_error(refused, compare, save_dir, case):
    flags, code, words = case
    (save_dir / "empty").mkdir()
    refused(compare(*flags), code, *words)
    assert not (save_dir / "comparisons").exists()


def test_a_piped_line_that_is_no_run_ends_the_program(refused, compare, save_dir):
    refused(compare(typed="sgd-0\nmomentmu-0\n"), 4, "'momentmu-0'", "momentum-0?")


def test_in_a_terminal_runs_are_ticked_the_newest_first(on_terminal, save_dir, tmp_path):
    child = on_terminal("compare.py", "--name", "x", cwd=str(tmp_path), before=sketch)
    child.expect("Which runs")
    child.expect("sgd-1.*sgd-0.*momentum-1.*momentum-0")
    child.expect(r"test accuracy [\d.]+%")
    child.send(SPACE + DOWN + DOWN + SPACE + "\r")
    child.expect("Saved in")
    child.expect_exact("comparisons/x")
    names = [row["run"] for row in rows(save_dir / "comparisons" / "x" / "runs.csv")]
    assert names == ["momentum-1", "sgd-1"]


def test_a_terminal_that_only_prints_lines_takes_the_runs_numbers(on_terminal, save_dir, tmp_path):
    how = {"cwd": str(tmp_path), "before": sketch, "env": {"TERM": "dumb"}}
    child = on_terminal("compare.py", "--name", "x", **how)
    child.expect(r"Which runs\?\r\n  1: sgd-1 .*  3: momentum-1 .*Enter: all, or numbers")
    assert "\x1b" not in child.before + child.after
    child.sendline("3, sgd-1")
    child.expect_exact("comparisons/x")
    names = [row["run"] for row in rows(save_dir / "comparisons" / "x" / "runs.csv")]
    assert names == ["momentum-1", "sgd-1"]


def test_in_a_narrow_terminal_no_line_of_the_table_is_broken(on_terminal, save_dir, tmp_path):
    child = on_terminal("compare.py", "--runs", "sgd-0", "sgd-1", "momentum-0",
                        columns=44, cwd=str(tmp_path), before=sketch)  # fmt: skip
    child.expect("optimizer[^\r]*\r\n")
    assert len(child.match[0].strip()) <= 44
    assert "validation" in child.match[0]
    child.expect("Saved in")


@pytest.mark.parametrize("key", [CTRL_C, ESCAPE])
def test_leaving_the_list_writes_nothing(on_terminal, save_dir, tmp_path, key):
    child = on_terminal("compare.py", cwd=str(tmp_path))
    child.expect("Which runs")
    child.send(key)
    child.expect("nothing was written")
    child.wait()
    assert child.exitstatus == 130
    assert not (save_dir / "comparisons").exists()


@pytest.mark.long
def test_of_many_runs_the_best_are_shown_and_the_rest_counted(compare, trained_run, tmp_path):
    folder = tmp_path / "saved_files"
    for number in range(80):
        optimizer = ("momentum", "sgd")[number % 2]
        make_run(trained_run.folder, folder / f"run {number}", number, optimizer, number // 2)
        path = folder / f"run {number}" / "settings.yaml"
        path.write_text(path.read_text().replace("batch_size: 4", f"batch_size: {number // 4 + 1}"))
    done = compare()
    assert done.returncode == 0, done.stderr
    assert "... and 10 more, in table.csv" in done.stdout
    assert len(done.stdout.splitlines()) < 45
