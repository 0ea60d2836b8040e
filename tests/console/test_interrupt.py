"""Real signals, sent to this process or to a small training on a pseudo-terminal."""

import math
import os
import signal
from pathlib import Path

import pexpect
import pytest

from nn.console.interrupt import Interrupt
from nn.console.program import interrupt
from nn.training.stopping import StopTraining

ROOT = Path(__file__).parents[2]

TRAINING = """
import sys, time
from contextlib import closing
from nn.console.interrupt import Interrupt
from nn.console.progress import Progress
from nn.training.stopping import StopTraining
with closing(Progress()) as progress, \
        Interrupt(ask=True, before_asking=progress.pause) as interrupt:
    progress.on_epoch_start(1, 1, 10_000)
    interrupt.on_epoch_start(1, 1, 10_000)
    try:
        for done in range(10_000):
            progress.on_progress(done, 0.5, 0.9)
            interrupt.on_progress(done, 0.5, 0.9)
            time.sleep(0.005)
            if done == 20:
                print("RUNNING", flush=True)
    except StopTraining as stop:
        print("STOPPED", stop.save, interrupt.happened, flush=True)
"""


def answer(monkeypatch, read):
    """Answer the question by `read` instead of the keyboard, in a terminal that prints lines."""
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("builtins.input", read)


def stopped_by(interrupt, number):
    with interrupt:
        interrupt.on_epoch_start(1, 1, 10)
        os.kill(os.getpid(), number)
        with pytest.raises(StopTraining) as stop:
            interrupt.on_progress(1, 0.5, 0.9)
    return stop.value.save


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_without_a_terminal_a_signal_stops_and_saves(number):
    interrupt = Interrupt(ask=False)
    assert stopped_by(interrupt, number)
    assert interrupt.happened


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_before_the_first_epoch_a_signal_stops_at_once(number, monkeypatch):
    monkeypatch.setattr(interrupt, "last", -math.inf)
    with Interrupt(ask=True), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("typed", "save"),
    [("s", True), ("SAVE", True), ("stop and save", True), ("d", False), ("Discard", False)],
)
def test_in_a_terminal_ctrl_c_asks(monkeypatch, typed, save):
    answer(monkeypatch, lambda prompt: typed)
    assert stopped_by(Interrupt(ask=True), signal.SIGINT) is save


def test_going_on_forgets_the_signal(monkeypatch):
    lines = iter(["what?", "g"])
    answer(monkeypatch, lambda prompt: next(lines))
    with Interrupt(ask=True) as interrupt:
        interrupt.on_epoch_start(1, 1, 10)
        os.kill(os.getpid(), signal.SIGINT)
        interrupt.on_progress(1, 0.5, 0.9)
        interrupt.on_progress(2, 0.5, 0.9)
    assert not interrupt.happened
    assert list(lines) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_while_asking_stops_and_saves(monkeypatch, number):
    answer(monkeypatch, lambda prompt: os.kill(os.getpid(), number))
    assert stopped_by(Interrupt(ask=True), signal.SIGINT)


def test_a_closed_terminal_while_asking_stops_and_saves(monkeypatch):
    def closed(prompt):
        raise EOFError

    answer(monkeypatch, closed)
    assert stopped_by(Interrupt(ask=True), signal.SIGINT)


def test_kill_is_not_asked_about_even_after_ctrl_c(monkeypatch):
    monkeypatch.delattr("builtins.input")
    with Interrupt(ask=True) as interrupt:
        interrupt.on_epoch_start(1, 1, 10)
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StopTraining):
            interrupt.on_progress(1, 0.5, 0.9)


def test_a_signal_after_the_last_step_stops_as_soon_as_the_numbers_are_saved(monkeypatch):
    monkeypatch.setattr(interrupt, "last", -math.inf)
    late = Interrupt(ask=True).__enter__()
    late.on_epoch_start(1, 1, 10)
    os.kill(os.getpid(), signal.SIGINT)  # noted: now the numbers are saved
    with pytest.raises(KeyboardInterrupt):
        late.__exit__(None, None, None)
    assert not late.happened


def test_signals_are_given_back():
    before = signal.getsignal(signal.SIGINT)
    with Interrupt(ask=False):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_a_signal_that_was_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupt(ask=False) as interrupt:
            interrupt.on_epoch_start(1, 1, 10)
            os.kill(os.getpid(), signal.SIGHUP)
            interrupt.on_progress(1, 0.5, 0.9)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.fixture
def training(tmp_path, on_terminal):
    """A small training that runs on a real terminal."""
    (tmp_path / "training.py").write_text(TRAINING)
    child = on_terminal(tmp_path / "training.py")
    child.expect_exact("RUNNING")
    return child


CTRL_C, QUESTION = "\x03", "Stop training?"


@pytest.mark.parametrize(("typed", "saved"), [("s", True), ("d", False)])
def test_ctrl_c_in_the_middle_of_an_epoch(training, typed, saved):
    training.send(CTRL_C)
    training.expect_exact(QUESTION)
    training.send(f"{typed}\r")
    training.expect_exact(f"STOPPED {saved} True")
    training.expect(pexpect.EOF)
    assert "Traceback" not in training.before


def test_arrow_keys_move_to_another_answer(training):
    training.send(CTRL_C)
    training.expect_exact("save what was learned")
    training.send("\x1b[B")
    training.expect_exact("nothing")  # "stop, and save " stays
    assert "^[[B" not in training.before
    training.send("\r")
    training.expect_exact("STOPPED False True")


def test_kill_while_asking_stops_and_saves(training):
    training.send(CTRL_C)
    training.expect_exact("save what was learned")
    training.program.send(signal.SIGTERM)
    training.expect_exact("STOPPED True True")


def test_going_on_and_then_ctrl_c_twice(training):
    training.send(CTRL_C)
    training.expect_exact(QUESTION)
    training.send("g\r")
    training.expect("epoch 1/1")
    training.send(CTRL_C)
    training.expect_exact(QUESTION)
    training.send(CTRL_C)
    training.expect_exact("STOPPED True True")
    training.expect(pexpect.EOF)
    assert "Traceback" not in training.before
