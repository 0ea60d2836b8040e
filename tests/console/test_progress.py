import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pexpect
import pytest

from nn.console.progress import DownloadProgress, FileProgress, Progress, epoch_line
from nn.training.history import EpochRecord
from nn.training.stopping import StopTraining
from tests.screens import what_remains

ROOT = Path(__file__).parents[2]
RECORD = EpochRecord(
    epoch=3,
    learning_rate=0.001,
    training_loss=0.123456,
    training_accuracy=0.964242,
    validation_loss=0.1,
    validation_accuracy=1.0,
    seconds=1.94,
)

# The clock says that enough time has passed for the bar to be drawn each time.
SCRIPT = """
import itertools
from contextlib import closing
from types import SimpleNamespace
from nn.console import progress as module
from nn.console.progress import DownloadProgress, Progress
from nn.training.history import EpochRecord
clock = itertools.count()
module.time = SimpleNamespace(monotonic=lambda: next(clock))
with closing(Progress()) as progress:
    for epoch in (1, 2):
        progress.on_epoch_start(epoch, 2, 58_000)
        for done in range(0, 58_001, 2_000):
            progress.on_progress(done, 0.5, 0.8765)
        progress.on_epoch_end(EpochRecord(epoch, 0.001, 0.5, 0.8765, 0.4, 0.9, 0.3))
download = DownloadProgress()
for done in range(0, 1001, 100):
    download("train-images.gz", done, 1000)
"""


@pytest.fixture
def start(tmp_path, on_terminal):
    """Return a function that starts a script on a terminal of some width."""

    def start(script, columns, **variables):
        (tmp_path / "script.py").write_text(script)
        return on_terminal(tmp_path / "script.py", columns=columns, rows=24, env=variables)

    return start


@pytest.fixture
def shown(start):
    """Return a function that returns what the script writes to a terminal of some width."""

    def shown(columns, chart="", script=SCRIPT, **variables):
        child = start(script.replace("Progress())", f"Progress({chart}))"), columns, **variables)
        child.expect(pexpect.EOF)
        assert child.wait() == 0
        return child.before

    return shown


def test_an_epoch_is_one_line():
    assert epoch_line(RECORD, 10) == (
        "epoch  3/10  loss 0.1235  accuracy 96.42%  validation 0.1000  100.00%  1.9 s"
    )


def test_a_terminal_shows_a_bar_with_time_loss_and_accuracy(shown):
    text = shown(100)
    assert re.search(r"epoch 1/2 +\d+%, .* left, loss 0\.5000, accuracy 87\.65%", text)
    assert "train-images.gz" in text


LINES = [
    "epoch 1/2  loss 0.5000  accuracy 87.65%  validation 0.4000  90.00%  0.3 s",
    "epoch 2/2  loss 0.5000  accuracy 87.65%  validation 0.4000  90.00%  0.3 s",
]
CHART = [
    "loss      training    ███  0.5000",
    "          validation  ▁▁▁  0.4000",
    "accuracy  training    ▁▁▁  87.65%",
    "          validation  ███  90.00%",
]


@pytest.mark.parametrize("columns", [20, 50, 100])
def test_bar_and_chart_never_wrap_and_leave_nothing_behind(shown, columns):
    text = shown(columns)
    written = re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|[78])", "", text)
    assert max(len(part) for part in re.split(r"[\r\n]", written)) <= columns
    assert " ".join(what_remains(text)).split() == " ".join(LINES).split()


def test_the_chart_of_the_epochs_before_stands_under_the_bar(shown):
    text = shown(100)
    while_training = text[: text.index("epoch 2/2  loss")]
    first, bar, *below = what_remains(while_training[: while_training.rindex("left")])
    assert first == LINES[0]
    assert bar.startswith("epoch 2/2 ")
    assert below == CHART


@pytest.mark.parametrize(
    "how", [{"chart": "chart=False"}, pytest.param({"TERM": "dumb"}, marks=pytest.mark.long)]
)
def test_the_chart_can_be_turned_off(shown, how):
    assert "training" in shown(100)
    text = shown(100, **how)
    assert "training" not in text
    assert what_remains(text) == LINES


RESIZED = """
import time
from nn.console.progress import Progress
from nn.training.history import EpochRecord
progress = Progress()
for epoch in (1, 2, 3):
    progress.on_epoch_start(epoch, 90, 100)
    print("SIZE?" if epoch == 2 else "", end="", flush=True)
    if epoch == 2:
        input()
    progress.on_epoch_end(EpochRecord(epoch, 0.001, 0.5, 0.9, 0.4, 0.9, 0.3))
progress.on_epoch_start(4, 90, 100)
print("DONE", flush=True)
time.sleep(1)
"""


GONE = """
import os, sys
from nn.console.progress import Progress
from nn.training.history import EpochRecord
progress = Progress()
os.close(2)
for epoch in (1, 2):
    progress.on_epoch_start(epoch, 2, 100)
    progress.on_epoch_end(EpochRecord(epoch, 0.001, 0.5, 0.8765, 0.4, 0.9, 0.3))
"""


def test_a_terminal_that_is_gone_stops_no_training(start):
    child = start(GONE, 100)
    child.expect(pexpect.EOF)
    assert what_remains(child.before) == LINES


def test_a_resize_is_followed_at_the_next_epoch(start):
    child = start(RESIZED, 100)
    child.expect_exact("SIZE?")
    assert "training" in child.before
    child.setwinsize(24, 20)
    child.sendline("")
    child.expect("epoch  2/90  loss")
    child.expect("epoch  3/90  loss")
    assert "training" not in child.before  # 20 columns have no room for it


MID_EPOCH = """
import time
from contextlib import closing
from nn.console.progress import Progress
from nn.training.history import EpochRecord
print(8 * "before\\n")
with closing(Progress()) as progress:
    progress.on_epoch_start(1, 2, 1000)
    progress.on_epoch_end(EpochRecord(1, 0.001, 0.5, 0.8765, 0.4, 0.9, 0.3))
    progress.on_epoch_start(2, 2, 1000)
    while True:
        progress.on_progress(500, 0.5, 0.8765)
        time.sleep(0.02)
"""


@pytest.fixture
def tmux(tmp_path):
    """Return a function that calls tmux: a terminal that breaks its lines anew when resized."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is missing; Debian's package of that name has it")

    def call(*words: str) -> str:
        command = ["tmux", "-S", str(tmp_path / "socket"), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout

    yield call
    call("kill-server")


def test_a_resize_in_the_middle_of_an_epoch_leaves_bar_and_chart_whole(tmp_path, tmux):
    (tmp_path / "script.py").write_text(MID_EPOCH)
    command = shlex.join([sys.executable, str(tmp_path / "script.py")])
    utf8 = [word for name in ("PYTHONIOENCODING=utf-8", f"PYTHONPATH={ROOT}", "TERM=xterm")
            for word in ("-e", name)]  # fmt: skip
    tmux("-u", "new-session", "-d", "-x", "100", "-y", "30", *utf8, command)
    for width in (100, 60, 45, 110):
        tmux("resize-window", "-x", str(width), "-y", "30")
        line = "\n".join(LINES[0][i : i + width].rstrip() for i in range(0, len(LINES[0]), width))
        whole = (
            r"(before\n)+\n"
            + re.escape(line)
            + r"\nepoch 2/2 .*\n"
            + re.escape("\n".join(CHART))
            + r"\s*"
        )
        for _ in range(600):  # long enough for a busy machine
            screen = tmux("capture-pane", "-p", "-S", "-")
            if re.fullmatch(whole, screen):
                break
            time.sleep(0.1)
        else:
            pytest.fail(f"{width} columns:\n{screen}")


def test_a_question_in_the_middle_of_an_epoch_finds_an_empty_screen_and_the_bar_comes_back(start):
    shown = "            progress.on_progress(done, 0.5, 0.8765)\n"
    script = SCRIPT.replace(
        shown, f"{shown}            if epoch == 2 and done == 30_000:\n"
        "                progress.pause()\n                print('Stop?')\n"
    )  # fmt: skip
    assert script != SCRIPT
    child = start(script, 100)
    child.expect_exact("Stop?")
    assert what_remains(child.before) == LINES[:1]
    child.expect("epoch 2/2 .*left")
    child.expect(pexpect.EOF)


def test_a_log_file_gets_nothing_but_the_lines(tmp_path, run_program):
    (tmp_path / "script.py").write_text(SCRIPT)
    done = run_program(tmp_path / "script.py", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    assert [line[:9] for line in done.stdout.splitlines()] == ["epoch 1/2", "epoch 2/2"]


def test_the_bar_is_drawn_ten_times_a_second_however_often_progress_is_reported(
    monkeypatch, capsys
):
    now = [0.0]
    monkeypatch.setattr("nn.console.progress.time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    progress = Progress(chart=False)
    progress.on_epoch_start(1, 10, 58_000)
    for done in range(1000):
        now[0] = done / 1000
        progress.on_progress(done, 0.5, 0.9)
    progress.close()
    assert 9 <= capsys.readouterr().err.count("loss 0.5000") <= 12


def test_when_nobody_reads_the_lines_the_training_stops_and_saves(monkeypatch):
    def closed(*args, **kwargs):
        raise BrokenPipeError

    monkeypatch.setattr("builtins.print", closed)
    with pytest.raises(StopTraining) as stop:
        Progress().on_epoch_end(RECORD)
    assert stop.value.save


def test_a_download_that_ends_early_leaves_no_bar():
    download = DownloadProgress()
    download("a", 10, 100)
    download("b", 100, 100)
    download.close()
    download.close()


def test_many_pictures_are_read_with_a_bar_that_says_how_long_and_then_goes(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("nn.console.progress.REFRESH", 0)
    bars = DownloadProgress()
    bars("pictures", 1, 100)
    bars("pictures", 50, 100)
    shown = capsys.readouterr().err
    assert "pictures  50%" in shown
    assert " left " in shown
    bars("pictures", 100, 100)
    assert capsys.readouterr().err.endswith("\r")


def test_the_chart_of_a_resumed_run_begins_with_its_first_epoch(shown):
    resumed = "progress.on_resume([EpochRecord(1, 0.001, 0.6, 0.8, 0.1234, 0.85, 0.3)])"
    script = SCRIPT.replace("    for epoch in (1, 2):", f"    {resumed}\n    for epoch in (2,):")
    assert "0.1234" in shown(100, script=script)  # of no line but the chart's, under epoch 2


def test_time_left_is_right_when_the_clock_is_set_back(monkeypatch, capsys):
    monkeypatch.setattr("tqdm.std.time", lambda: 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    progress = Progress(chart=False)
    progress.on_epoch_start(1, 1, 100)
    monkeypatch.setattr("tqdm.std.time", lambda: -3600.0)
    time.sleep(0.1)
    progress.on_progress(50, 0.5, 0.9)
    progress.close()
    assert "00:00 left" in capsys.readouterr().err


def test_the_time_left_is_that_of_the_whole_run(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    progress = Progress(chart=False)
    progress.on_epoch_start(3, 10, 100)  # a resumed run: two of ten epochs are done
    now[0] = 60.0
    progress.on_epoch_end(EpochRecord(3, 0.5, 0.9, 0.4, 0.9, 0.001, 60.0))
    progress.on_epoch_start(4, 10, 100)
    now[0] = 90.0
    progress.on_progress(50, 0.5, 0.9)
    progress.close()
    assert "06:30 left" in capsys.readouterr().err  # 6.5 epochs of a minute


def test_the_wait_for_an_answer_does_not_lengthen_the_time_left(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    progress = Progress(chart=False)
    progress.on_epoch_start(1, 1, 100)
    now[0] = 30.0
    progress.pause()
    now[0] = 1000.0
    progress.on_progress(50, 0.5, 0.9)
    progress.close()
    assert "00:30 left" in capsys.readouterr().err


@pytest.mark.parametrize("terminal", [True, False])
def test_the_file_that_is_being_made_is_named_and_leaves_nothing_behind(
    monkeypatch, capsys, terminal
):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    progress = FileProgress()
    progress("loss_history.png")
    shown = capsys.readouterr().err
    assert ("drawing loss_history.png" in shown) == terminal
    progress("report.html")
    progress.close()
    assert what_remains(shown + capsys.readouterr().err) == []
