"""Every format from strangers, tried with a few hundred damaged files; and the guard that watches.

The long form, guided by what the inputs reach, is `python -m fuzzing all --inputs 100000`.
"""

import os
import runpy
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from fuzzing.attempt import Attempts, BrokenPromiseError
from fuzzing.formats import Format
from fuzzing.formats.every import FORMATS
from fuzzing.mutations import inputs
from nn.errors import DataError


@pytest.mark.parametrize("examples", [30, pytest.param(300, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", FORMATS)
def test_any_file_ends_in_data_or_in_an_error_that_names_it(name, examples, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    attempts = Attempts(FORMATS[name], tmp_path)
    read = [seed for seed in attempts.seeds if attempts.attempt(seed) == "data"]
    assert read, "no seed is valid"

    @hypothesis.settings(
        max_examples=examples, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    @hypothesis.given(inputs(FORMATS[name].tokens, attempts.seeds))
    def run(content: bytes) -> None:
        attempts.attempt(content)

    run()
    # Some data were read, some were refused; of a mapping, lines of another form are ignored.
    assert len(attempts.outcomes) >= (1 if name == "mapping" else 2)


def reading(what: Callable[[Path], object]) -> Callable[[Path], Attempts]:
    """Return what makes attempts of a format whose reading does the given thing."""
    return lambda folder: Attempts(
        Format("made up", lambda folder: [b""], lambda content, folder: lambda: what(folder)),
        folder,
    )


def deprecated() -> None:
    warnings.warn("soon gone", DeprecationWarning, stacklevel=1)


def wrong(message: str) -> None:
    raise DataError(message)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda folder: 1 / 0, "ZeroDivisionError"),
        (lambda folder: deprecated(), "soon gone"),
        (lambda folder: wrong("something is wrong"), "names no file"),
        (lambda folder: wrong(f"{folder}/a: " + "x" * 5000), "5,0.. letters"),
        (lambda folder: wrong(f"{folder}/a: one\ntwo"), "several lines"),
        (lambda folder: (folder / "new").write_bytes(b""), "opened for writing"),
        (lambda folder: (folder / "new").mkdir(), "os.mkdir"),
        (lambda folder: (folder.parent / "x").symlink_to("y"), "os.symlink"),
        (lambda folder: os.system("true"), "os.system"),
        (lambda folder: subprocess.run(["true"], check=False), "subprocess.Popen"),
        (lambda folder: socket.create_connection(("127.0.0.1", 1)), "socket."),
        (lambda folder: Path("/etc/passwd").read_bytes(), "/etc/passwd is read"),
        (lambda folder: exec(compile("1", "stranger.py", "exec")), "code of stranger.py is run"),
    ],
)
def test_what_no_file_may_do_is_noticed(what, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    attempts = reading(what)(tmp_path)
    with pytest.raises(BrokenPromiseError, match=words):
        attempts.attempt(b"")


@pytest.mark.parametrize(
    ("limit", "words"),
    [("MOST_SECONDS", "reading took .* seconds"), ("MOST_MEGABYTES", "reading took .* MB")],
)
def test_what_takes_too_long_or_too_much_is_noticed(limit, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(f"fuzzing.attempt.{limit}", -1.0)
    with pytest.raises(BrokenPromiseError, match=words):
        reading(lambda folder: None)(tmp_path).attempt(b"")


def test_what_was_kept_before_an_input_is_not_counted_for_it(tmp_path, monkeypatch):
    kept: list[bytes] = []
    peak = [500]
    monkeypatch.setattr("fuzzing.attempt.peak_megabytes", lambda: max(peak))
    monkeypatch.setattr("fuzzing.attempt.resident_megabytes", lambda: 400 + 500 * len(kept))
    attempts = reading(lambda folder: peak.append(peak[-1] + 500))(tmp_path)
    for _ in range(3):
        attempts.attempt(b"")
        kept.append(b"")
    monkeypatch.setattr("fuzzing.attempt.resident_megabytes", lambda: 400)
    with pytest.raises(BrokenPromiseError, match="reading took 2100 MB"):
        attempts.attempt(b"")


def test_the_command_prints_what_it_tried(tmp_path, monkeypatch, capsys):
    """The long form in short, by the driver that is everywhere."""
    monkeypatch.chdir(tmp_path)
    words = ("csv", "--inputs", "30", "--driver", "hypothesis", "--failures", "failures")
    monkeypatch.setattr(sys, "argv", ["fuzzing", *words])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("fuzzing", run_name="__main__")
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "csv: 30 inputs by hypothesis" in said
    assert "0 kinds of failure" in said
    assert not (tmp_path / "failures").exists()
