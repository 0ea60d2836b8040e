"""The live window: its curves on a canvas in memory, and the whole of it on a real display."""

import os
import subprocess
import sys
import textwrap

import pytest

from nn.reports.live_plot import LivePlot
from nn.training.history import EpochRecord


@pytest.fixture
def plot(monkeypatch) -> LivePlot:
    """Return an observer whose window is in memory, and not drawn, which takes most of the time."""
    import matplotlib
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    matplotlib.use("agg")
    monkeypatch.setattr(FigureCanvasAgg, "draw", lambda canvas: None)
    monkeypatch.setattr(plt, "show", lambda block: None)
    yield LivePlot("Training")
    plt.close("all")


def end_epoch(plot: LivePlot, epoch: int) -> None:
    plot.on_epoch_start(epoch, 3, 100)
    plot.on_progress(100, 0.5, 0.8)
    plot.on_epoch_end(EpochRecord(epoch, 0.001, 0.5 / epoch, 0.8, 0.6 / epoch, 0.7, 1.0))


def test_each_epoch_adds_a_point_to_every_curve(plot):
    import matplotlib.pyplot as plt

    for epoch in (1, 2, 3):
        end_epoch(plot, epoch)
        loss, accuracy = plt.gcf().axes
        training, validation = loss.lines
        assert list(training.get_xdata()) == list(range(1, epoch + 1))
        assert validation.get_ydata()[-1] == pytest.approx(0.6 / epoch)
        assert accuracy.lines[0].get_ydata()[-1] == pytest.approx(80)
        assert loss.get_ylabel() == "loss (per example)"
        assert accuracy.get_ylabel() == "accuracy (%)"
        assert "so far" in validation.get_label()
    assert plt.get_fignums() == [1]


def test_at_the_end_the_window_says_that_it_must_be_closed(plot):
    import matplotlib.pyplot as plt

    end_epoch(plot, 1)
    plot.hold()
    assert "close this window" in plt.gcf().get_suptitle()
    assert "at the end" in plt.gcf().axes[0].lines[0].get_label()


def test_training_goes_on_when_the_window_is_closed(plot):
    import matplotlib.pyplot as plt

    end_epoch(plot, 1)
    plt.close("all")
    end_epoch(plot, 2)
    assert plt.get_fignums() == []
    plot.hold()


@pytest.mark.parametrize(
    ("closed_in", "printed"),
    [
        ("on_progress", ["1 1", "left []"]),
        pytest.param("hold", ["1 1", "1 2", "still open [1]", "left []"], marks=pytest.mark.long),
    ],
)
def test_a_real_window_follows_until_it_is_closed(display, closed_in, printed):
    code = """
        import sys
        import time
        import matplotlib.pyplot as plt
        from nn.reports.live_plot import LivePlot
        from nn.training.history import EpochRecord

        plot = LivePlot("Training")
        for epoch in (1, 2):
            plot.on_epoch_start(epoch, 2, 100)
            plot.on_progress(100, 0.5, 0.8)
            plot.on_epoch_end(EpochRecord(epoch, 0.001, 0.5, 0.8, 0.6, 0.7, 1.0))
            if not plt.get_fignums():
                break
            widget = plt.gcf().canvas.get_tk_widget()
            window = widget.winfo_toplevel()
            # What Tk does when the cross in the window's corner is clicked.
            close = lambda: window.tk.call(window.protocol("WM_DELETE_WINDOW"))
            print(widget.winfo_viewable(), len(plt.gcf().axes[0].lines[0].get_xdata()))
            if sys.argv[1] == "on_progress":
                widget.after(10, close)
                time.sleep(0.2)
        if sys.argv[1] == "hold":
            widget.after(300, lambda: print("still open", plt.get_fignums(), flush=True))
            widget.after(600, close)
        plot.hold()
        print("left", plt.get_fignums())
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), closed_in],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stderr == ""
    assert ended.stdout.splitlines() == printed


def test_the_curves_of_a_resumed_run_begin_with_its_first_epoch(plot):
    import matplotlib.pyplot as plt

    plot.on_resume([EpochRecord(number, 0.001, 0.5, 0.8, 0.6, 0.7, 1.0) for number in (1, 2)])
    end_epoch(plot, 3)
    assert list(plt.gcf().axes[0].lines[0].get_xdata()) == [1, 2, 3]
