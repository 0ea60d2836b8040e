"""One bar for all epochs, with the figures of the latest one behind it."""

import io
import sys

import pytest
from tqdm.std import tqdm

from nn.console.notebook_progress import NotebookProgress
from nn.training.history import EpochRecord


@pytest.mark.parametrize("in_a_kernel", [False, True])
def test_the_bar_goes_from_the_first_epoch_to_the_last(monkeypatch, in_a_kernel: bool) -> None:
    written = io.StringIO()
    written.isatty = lambda: not in_a_kernel
    if in_a_kernel:
        monkeypatch.setitem(sys.modules, "ipykernel", sys)
    else:
        monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    progress = NotebookProgress()
    progress._tqdm = lambda **words: tqdm(file=written, ncols=150, mininterval=0, **words)
    for epoch in (1, 2):
        progress.on_epoch_start(epoch, 2, 60)
        for examples in (20, 60):
            progress.on_progress(examples, 0.5, 0.9)
        progress.on_epoch_end(EpochRecord(epoch, 0.1, 0.4321, 0.9, 0.3456, 0.8765, 1.0))
    progress.close()
    last = written.getvalue().splitlines()[-1].rpartition("\r")[2]
    assert last.startswith("epoch 2/2: 100%")
    assert "120/120" in last
    assert "validation 0.3456 (87.65%)" in last


def test_a_log_file_gets_no_bar(monkeypatch, capsys) -> None:
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    progress = NotebookProgress()
    progress.on_epoch_start(1, 1, 10)
    progress.on_progress(10, 0.5, 0.9)
    progress.on_epoch_end(EpochRecord(1, 0.1, 0.4, 0.9, 0.3, 0.8, 1.0))
    progress.close()
    assert capsys.readouterr() == ("", "")


def test_without_any_epoch_there_is_nothing_to_close() -> None:
    NotebookProgress().close()
