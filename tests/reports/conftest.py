"""A display in memory for the tests of windows.

It needs Xvfb and a Python with tkinter; tests that ask for it are skipped where either is missing.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest
from matplotlib.figure import Figure

from nn.reports import figure


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the name of a display in memory, its own for this test."""
    pytest.importorskip("tkinter", reason="this Python has no tkinter, so no window")
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is missing: apt-get install xvfb")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1366x768x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as stream:
        name = f":{stream.readline().strip()}"
    monkeypatch.setenv("DISPLAY", name)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("MPLBACKEND", "TkAgg")
    yield name
    server.terminate()
    server.wait(10)


@pytest.fixture
def drawn(monkeypatch) -> list[Figure]:
    """Collect the figures, to look into them, without the pixels that take most of the time."""
    figures: list[Figure] = []
    monkeypatch.setattr(figure, "_write_png", lambda path, canvas: figures.append(canvas.figure))
    return figures


@pytest.fixture
def written(monkeypatch) -> list[Figure]:
    """Collect the figures, to measure what stands in them; they are drawn and written, too."""
    figures: list[Figure] = []
    write = figure._write_png

    def collect(path, canvas):
        figures.append(canvas.figure)
        write(path, canvas)

    monkeypatch.setattr(figure, "_write_png", collect)
    return figures


@pytest.fixture
def texts() -> Callable[[Figure], list[str]]:
    """Return a function that returns the visible texts of a figure."""
    from matplotlib.text import Text

    return lambda figure: [text.get_text() for text in figure.findobj(Text) if text.get_visible()]
