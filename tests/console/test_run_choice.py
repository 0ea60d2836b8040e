"""Which runs are meant: by name, from a list, from standard input, or all."""

import io
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from nn.console import run_choice
from nn.console.interview import BACK
from nn.console.run_choice import choose_run, choose_runs
from nn.errors import RunFolderError, StoppedError
from nn.runs.run_folder import Result, RunFolder


@pytest.fixture
def save_dir(tmp_path) -> Path:
    """Return a folder with three finished runs, of which `c` is the newest."""
    for number, name in enumerate("abc"):
        run = RunFolder.create(tmp_path, name)
        run.write_result(Result(number + 1, 9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.75, 60))
        os.utime(run.path / "result.csv", (number, number))
    return tmp_path


@pytest.fixture
def at_terminal(monkeypatch):
    """Return a function that answers every list; returns the choices that were shown."""

    def answer(value) -> list:
        shown: list = []

        def show(message, choices, suggested=None):
            shown.append([(choice.value, choice.explain) for choice in choices])
            return value

        @contextmanager
        def asker():
            yield SimpleNamespace(choose=show, tick=show)

        monkeypatch.setattr(run_choice, "is_terminal", lambda stream: True)
        monkeypatch.setattr(run_choice, "open_asker", asker)
        return shown

    return answer


def names(runs: list[RunFolder]) -> list[str]:
    return [run.name for run in runs]


def test_a_run_is_found_by_name_and_without_a_terminal_the_newest_one(save_dir) -> None:
    assert choose_run("a", save_dir).name == "a"
    assert choose_run("", save_dir).name == "c"
    assert choose_run(None, save_dir).name == "c"


def test_at_a_terminal_a_run_is_chosen_from_a_list_with_their_results(save_dir, at_terminal):
    (save_dir / "b" / "result.csv").write_text("damaged")
    os.utime(save_dir / "b" / "result.csv", (1, 1))
    shown = at_terminal("a")
    assert choose_run(None, save_dir).name == "a"
    (newest, damaged, oldest) = shown[0]
    assert newest == ("c", "test accuracy 75.00% after 3 epochs")
    assert "result.csv" in damaged[1]
    assert oldest == ("a", "test accuracy 75.00% after 1 epoch")


def test_named_runs_keep_their_order_and_are_taken_once(save_dir) -> None:
    wanted = ["b", str(save_dir / "a"), "b", "a/../b"]
    assert names(choose_runs(wanted, "", save_dir, print)) == ["b", "a"]


def test_a_study_adds_its_runs_and_an_empty_one_is_rejected(save_dir) -> None:
    study = save_dir / "study"
    study.mkdir()
    with pytest.raises(RunFolderError, match="there is no finished run in it"):
        choose_runs([], "study", save_dir, print)
    (save_dir / "a").rename(study / "a")
    assert names(choose_runs(["b"], "study", save_dir, print)) == ["b", "a"]


def test_runs_are_ticked_at_a_terminal(save_dir, at_terminal) -> None:
    at_terminal(["a", "c"])
    assert names(choose_runs([], "", save_dir, print)) == ["c", "a"]
    at_terminal(BACK)
    with pytest.raises(StoppedError, match="nothing was written"):
        choose_runs([], "", save_dir, print)


def test_standard_input_names_runs_and_none_means_all(save_dir, monkeypatch) -> None:
    said: list[str] = []
    for text, expected in (("b\n\n a \n", ["b", "a"]), ("\n", ["c", "b", "a"])):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert names(choose_runs([], "", save_dir, said.append)) == expected
    assert said == [f"No runs named on standard input: comparing all 3 of {save_dir}."]


def test_without_any_run_the_command_that_trains_one_is_named(tmp_path) -> None:
    with pytest.raises(RunFolderError, match="Train one with"):
        choose_runs([], "", tmp_path, print)
