import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

from nn.console.progress import DownloadProgress, Progress, epoch_line
from nn.training.history import EpochRecord
from nn.training.stopping import StopTraining

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

SCRIPT = """
import time
from contextlib import closing
from nn.console.progress import DownloadProgress, Progress
from nn.training.history import EpochRecord
with closing(Progress()) as progress:
    for epoch in (1, 2):
        progress.on_epoch_start(epoch, 2, 58_000)
        for done in range(0, 58_001, 2_000):
            progress.on_progress(done, 0.5, 0.8765)
            time.sleep(0.01)
        progress.on_epoch_end(EpochRecord(epoch, 0.001, 0.5, 0.8765, 0.4, 0.9, 0.3))
download = DownloadProgress()
for done in range(0, 1001, 100):
    download("train-images.gz", done, 1000)
"""


def on_terminal(tmp_path, columns):
    """Return what the script writes to a terminal of that width."""
    (tmp_path / "script.py").write_text(SCRIPT)
    child = pexpect.spawn(
        sys.executable,
        [str(tmp_path / "script.py")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        dimensions=(24, columns),
        encoding="utf-8",
        timeout=30,
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    return child.before


def test_an_epoch_is_one_line():
    assert epoch_line(RECORD, 10) == (
        "epoch  3/10  loss 0.1235  accuracy 96.42 %  validation 0.1000  100.00 %  1.9 s"
    )


def test_a_terminal_shows_a_bar_with_time_loss_and_accuracy(tmp_path):
    text = on_terminal(tmp_path, 100)
    assert re.search(r"epoch 1/2 +\d+% .* left, loss 0\.5000, accuracy 87\.65%", text)
    assert "train-images.gz" in text


def what_remains(text):
    """Return the lines that stand on a terminal after all of `text` was written to it."""
    lines, column = [""], 0
    for char in re.sub(r"\x1b\[[0-9;?]*[a-z]", "", text):
        if char == "\n":
            lines.append("")
        elif char == "\r":
            column = 0
        else:
            lines[-1] = lines[-1][:column].ljust(column) + char + lines[-1][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines if line.strip()]


@pytest.mark.parametrize("columns", [20, 100])
def test_the_bar_never_wraps_and_leaves_nothing_behind(tmp_path, columns):
    text = on_terminal(tmp_path, columns)
    bars = [part for part in re.split(r"[\r\n]", text) if "validation" not in part]
    assert max(len(bar) for bar in bars) <= columns
    assert what_remains(text) == [
        "epoch 1/2  loss 0.5000  accuracy 87.65 %  validation 0.4000  90.00 %  0.3 s",
        "epoch 2/2  loss 0.5000  accuracy 87.65 %  validation 0.4000  90.00 %  0.3 s",
    ]


def test_a_log_file_gets_nothing_but_the_lines(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert done.stderr == ""
    assert [line[:9] for line in done.stdout.splitlines()] == ["epoch 1/2", "epoch 2/2"]


def test_a_report_costs_microseconds():
    progress = Progress()
    progress.on_epoch_start(1, 10, 58_000)
    started = time.perf_counter()
    for done in range(1000):
        progress.on_progress(done, 0.5, 0.9)
    assert (time.perf_counter() - started) / 1000 < 1e-4
    progress.close()


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
