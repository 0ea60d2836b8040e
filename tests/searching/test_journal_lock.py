"""The journal's lock among the living, the dead, and other machines."""

import multiprocessing
import os
import time
from types import SimpleNamespace

import pytest

pytest.importorskip("optuna")
from optuna.storages import JournalStorage

from nn.searching import journal_lock
from nn.searching.journal_lock import TurnLock, WholeLinesBackend


def hold(path, turns, seconds):
    lock = TurnLock(path)
    for _ in range(turns):
        lock.acquire()
        number = int(path.read_text() or 0)
        time.sleep(seconds)
        path.write_text(str(number + 1))
        lock.release()


def test_only_one_process_at_a_time_has_the_turn(tmp_path):
    path = tmp_path / "counter"
    path.write_text("")
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=hold, args=(path, 20, 0.001)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert path.read_text() == "60"


def die_holding(path):
    TurnLock(path).acquire()
    os._exit(9)


def test_the_turn_of_the_dead_is_free_at_once(tmp_path, monkeypatch):
    process = multiprocessing.get_context("fork").Process(
        target=die_holding, args=(tmp_path / "j",)
    )
    process.start()
    process.join()
    assert (tmp_path / "j.turn").is_symlink()
    pauses = fake_clock(monkeypatch)
    TurnLock(tmp_path / "j").acquire()
    assert pauses == []


def test_another_machine_is_waited_for_but_not_for_ever(tmp_path, monkeypatch):
    (tmp_path / "j.turn").symlink_to("another-machine:1")
    pauses = fake_clock(monkeypatch)
    TurnLock(tmp_path / "j").acquire()
    assert 30 < sum(pauses) < 31


def fake_clock(monkeypatch) -> list[float]:
    """Let pauses take no time, and return the list that they are written into."""
    pauses: list[float] = []
    clock = SimpleNamespace(monotonic=lambda: sum(pauses), sleep=pauses.append)
    monkeypatch.setattr(journal_lock, "time", clock)
    return pauses


def test_a_line_cut_short_is_forgotten_and_the_journal_goes_on(tmp_path):
    path = tmp_path / "study.journal"
    storage = JournalStorage(WholeLinesBackend(path))
    storage.create_new_study([1], "first")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code":0,"worker')
    JournalStorage(WholeLinesBackend(path)).create_new_study([1], "second")
    names = [
        study.study_name for study in JournalStorage(WholeLinesBackend(path)).get_all_studies()
    ]
    assert names == ["first", "second"]
    assert path.read_bytes().startswith(whole)
