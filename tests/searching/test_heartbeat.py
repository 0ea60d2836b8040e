"""Trials of processes that died are abandoned, on this machine and on others."""

import os
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("optuna")

from nn.searching import heartbeat
from nn.searching.heartbeat import HeartbeatMonitor, holder
from nn.searching.study import HEARTBEAT
from tests.searching.trials import id_of


def test_the_trial_of_a_process_that_died_is_abandoned_at_once(make, monkeypatch):
    study = make()
    study.fill_slots()
    with (
        subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process,
        monkeypatch.context() as patch,
    ):
        patch.setattr(os, "getpid", lambda: process.pid)
        gone = holder()
    dead, alive = study.claim(gone), study.claim(holder())
    HeartbeatMonitor(study, dead_after=60).check()
    assert not study.is_running(id_of(dead))
    assert study.is_running(id_of(alive))
    assert study.claim("b").params == dead.params


def test_a_process_number_used_again_is_not_taken_for_the_dead_one(make):
    machine, process, started = holder().rsplit(":", 2)
    assert heartbeat._is_gone(f"{machine}:{process}:{int(started) - 1}")
    assert not heartbeat._is_gone(holder())
    assert not heartbeat._is_gone("another-machine:1:1")


def test_a_process_that_has_ended_but_was_not_waited_for_is_gone():
    with subprocess.Popen(["true"], stdout=subprocess.PIPE) as process:
        process.stdout.read()  # ends when the process does
        while (state := Path(f"/proc/{process.pid}/stat").read_text().split()[2]) != "Z":
            assert state in "RSD"
        assert heartbeat._started(process.pid) == ""


def test_a_lost_slot_is_filled_by_the_next_check(make):
    study = make(trials=3)
    assert len(HeartbeatMonitor(study, dead_after=60).check().trials) == 3


def test_another_machines_trial_is_abandoned_after_its_silence(make):
    now = [100.0]
    study = make()
    study.fill_slots()
    silent, talking = study.claim("far:1:1"), study.claim("far:2:2")
    watch = HeartbeatMonitor(study, dead_after=60, clock=lambda: now[0])
    abandoned = []
    for second in range(0, 90, 15):
        now[0] = 100.0 + second
        study.note(id_of(talking), **{HEARTBEAT: second})
        watch.check()
        abandoned.append(not study.is_running(id_of(silent)))
    assert abandoned == [False, False, False, False, False, True]
    assert study.is_running(id_of(talking))
