"""The window is driven by keys: on a canvas in memory everywhere, in a real window where one is."""

import os
import socket
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.backend_bases import KeyEvent, MouseEvent
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from nn.reports import window
from nn.reports.figure import RIGHT, TRAINING, WRONG
from nn.runs.predictions import Predictions, View


@pytest.fixture
def fifty() -> Predictions:
    """Fifty images of the digits 0 1 2 ... 9 0 1 ...; every seventh is a mistake."""
    true = np.arange(50) % 10
    predicted = np.where(np.arange(50) % 7 == 0, (true + 1) % 10, true)
    images = np.random.default_rng(0).integers(0, 256, (50, 28, 28), np.uint8)
    return Predictions(images, true, np.eye(10, dtype=np.float32)[predicted], "data, run $1$")


def press(canvas: FigureCanvasAgg, *keys: str) -> None:
    for key in keys:
        canvas.callbacks.process("key_press_event", KeyEvent("key_press_event", canvas, key))


class Canvas(FigureCanvasAgg):
    """Counts when a window would be drawn, which takes most of the time, instead of drawing it."""

    asked = 0

    def draw_idle(self) -> None:
        self.asked += 1


@pytest.fixture
def canvas(fifty) -> Canvas:
    canvas = Canvas(Figure())
    window.show_pages(canvas.figure, fifty)
    return canvas


def labels(canvas: FigureCanvasAgg) -> list[str]:
    return [text.get_text() for text in canvas.figure.axes[0].texts]


def position(canvas: FigureCanvasAgg) -> str:
    return canvas.figure.axes[0].get_title()


def test_the_first_page_shows_images_with_predicted_and_true_label(canvas, fifty):
    assert position(canvas) == "1-18 of 50"
    assert labels(canvas)[:2] == ["✗ predicted 1\ntrue 0", "✓ predicted 1\ntrue 1"]
    axes = canvas.figure.axes[0]
    assert [text.get_color() for text in axes.texts[:2]] == [WRONG, RIGHT]
    assert (axes.images[1].get_array() == fifty.images[1]).all()
    assert len(axes.images) == 18
    canvas.draw()


def test_arrows_turn_pages_and_the_old_page_is_gone(canvas, fifty):
    press(canvas, "right", "right")
    assert canvas.asked == 3
    assert position(canvas) == "37-50 of 50"
    axes = canvas.figure.axes[0]
    assert len(axes.images) == len(labels(canvas)) == 14
    assert (axes.images[0].get_array() == fifty.images[36]).all()
    press(canvas, "left", "left", "left")
    assert position(canvas) == "1-18 of 50"


def test_m_and_digits_choose_and_choose_again_all(canvas):
    assert "m mistakes only" in canvas.figure.texts[-1].get_text()
    press(canvas, "m")
    assert "m all images" in canvas.figure.texts[-1].get_text()
    assert position(canvas) == "1-8 of 8 (mistakes)"
    assert all(label.startswith("✗") for label in labels(canvas))
    press(canvas, "5")
    assert position(canvas) == "1 of 1 (mistakes, class 5)"
    press(canvas, "m")
    assert position(canvas) == "1-5 of 5 (class 5)"
    press(canvas, "5", "x", "home")
    assert position(canvas) == "19-36 of 50"  # where image 35 is, the mistake of before


def test_an_empty_page_says_so_and_can_be_left(canvas):
    press(canvas, "m", "6")
    assert position(canvas) == "0 of 0 (mistakes, class 6)"
    assert labels(canvas) == []
    press(canvas, "6")
    assert position(canvas) == "1-8 of 8 (mistakes)"


def bars(canvas: FigureCanvasAgg) -> dict[str, tuple[float, str]]:
    """Return the width and the colour of each class's bar."""
    axes = canvas.figure.axes[1]
    names = [label.get_text() for label in axes.get_yticklabels()]
    found = [
        (round(float(bar.get_width()), 1), to_hex(bar.get_facecolor())) for bar in axes.patches
    ]
    return dict(zip(names, found, strict=True))


def click(canvas: FigureCanvasAgg, x: float, y: float) -> None:
    """Click at a place of the grid, in images."""
    canvas.figure.axes[0].apply_aspect()  # as drawing does
    place = canvas.figure.axes[0].transData.transform((x, y))
    event = MouseEvent("button_press_event", canvas, *place, button=1)
    canvas.callbacks.process("button_press_event", event)


def selected(canvas: FigureCanvasAgg) -> str:
    return canvas.figure.axes[1].get_title()


def test_the_selected_images_probabilities_stand_beside_the_page(canvas, fifty):
    fifty.probabilities[1] = [0.02, 0.7, 0.1, 0.1, 0.08, 0, 0, 0, 0, 0]
    assert selected(canvas) == "index 0\n✗ predicted 1, true 0"
    assert bars(canvas)["1"] == (100.0, WRONG.lower())
    assert bars(canvas)["0"] == (0.0, RIGHT.lower())
    press(canvas, "down")
    assert selected(canvas) == "index 1\n✓ predicted 1, true 1"
    assert bars(canvas)["1"] == (70.0, RIGHT.lower())
    assert bars(canvas)["4"] == (8.0, TRAINING.lower())
    assert "70.0%" in [text.get_text() for text in canvas.figure.axes[1].texts]


def test_a_click_selects_the_image_under_it_and_frames_it(canvas):
    click(canvas, 2.5, 1.42 + 0.9)
    assert selected(canvas).startswith("index 8\n")
    (frame,) = canvas.figure.axes[0].patches
    assert frame.get_bbox().contains(2.5, 1.42 + 0.9)
    assert frame.get_bbox().width < 1
    press(canvas, "right", "right")
    click(canvas, 3.5, 2.9)  # where the last page has no image any more
    assert selected(canvas).startswith("index 36\n")
    click(canvas, -0.5, 0.5)
    click(canvas, 9.5, 0.5)  # on the bars
    assert selected(canvas).startswith("index 36\n")


def test_without_images_there_are_no_bars(canvas):
    press(canvas, "m", "6")
    click(canvas, 0.5, 0.5)
    assert not canvas.figure.axes[1].get_visible()
    press(canvas, "6")
    assert canvas.figure.axes[1].get_visible()


def test_of_many_classes_the_likeliest_have_a_bar():
    probabilities = np.full((1, 40), 0.01, np.float32)
    probabilities[0, [3, 38]] = 0.2, 0.42
    canvas = Canvas(Figure())
    images = np.zeros((1, 28, 28), np.uint8)
    window.show_pages(canvas.figure, Predictions(images, np.array([38]), probabilities, ""))
    assert len(bars(canvas)) == 12
    assert bars(canvas)["38"][0] == 42.0
    assert bars(canvas)["3"][0] == 20.0


def test_the_window_can_begin_with_the_surest_mistakes(fifty):
    canvas = Canvas(Figure())
    view = View(only_mistakes=True, surest=3)
    window.show_pages(canvas.figure, fifty, view)
    assert position(canvas) == "1-3 of 3 (most confident mistakes)"


def test_an_event_without_a_key_is_no_error(canvas):
    press(canvas, None)
    assert position(canvas) == "1-18 of 50"


def test_the_keys_of_the_help_line_lose_their_other_meaning_while_the_window_is_open(
    fifty, monkeypatch
):
    import matplotlib
    import matplotlib.pyplot as plt

    matplotlib.use("agg")
    seen = {}

    def show(block):
        seen.update({k: v for k, v in matplotlib.rcParams.items() if k.startswith("keymap.")})
        seen["title"] = plt.gcf().get_suptitle(), plt.gcf()._suptitle.get_parse_math()
        press(plt.gcf().canvas, "m", "q")
        seen["open"] = plt.get_fignums()

    monkeypatch.setattr(plt, "show", show)
    before = dict(matplotlib.rcParams)
    window.browse_in_window(fifty)
    keys = {key for name, keys in seen.items() if name.startswith("keymap.") for key in keys}
    assert not keys & set(window.KEYS)
    assert "f" in keys
    assert seen["title"] == ("data, run $1$", False)
    assert seen["open"] == []
    assert dict(matplotlib.rcParams) == before


def test_without_a_display_there_is_none_and_nothing_is_started(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(subprocess, "run", None)
    assert window.why_no_window() == window.NO_DISPLAY


def test_a_missing_display_is_noticed(monkeypatch, capfd):
    monkeypatch.setenv("DISPLAY", ":987")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("MPLBACKEND", raising=False)
    monkeypatch.setattr(window, "import_module", lambda name: "it is there")
    assert window.why_no_window() == "the display refuses windows"
    assert capfd.readouterr() == ("", "")


def test_a_missing_toolkit_is_named_with_how_to_install_it(monkeypatch):
    """On a screen whose Python has no tkinter, matplotlib falls back to drawing in memory."""
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("MPLBACKEND", raising=False)
    drawn_in_memory = SimpleNamespace(returncode=0, stdout=b"0\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: drawn_in_memory)
    monkeypatch.setitem(sys.modules, "tkinter", None)
    reason = window.why_no_window()
    assert reason.startswith("this Python has no tkinter")
    assert "apt install python3-tk" in reason


def test_a_display_that_never_answers_counts_as_missing(monkeypatch):
    with socket.socket() as listener:
        for number in range(200, 300):
            try:
                listener.bind(("127.0.0.1", 6000 + number))
                break
            except OSError:
                continue
        listener.listen()
        monkeypatch.setenv("DISPLAY", f"127.0.0.1:{number}")
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        assert window.why_no_window(patience=1.5) == "the display does not answer"


def test_a_backend_without_windows_is_named(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":987")
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert window.why_no_window() == "MPLBACKEND=agg opens no window"


@pytest.mark.long
def test_a_real_window_is_driven_by_real_keys(display, tmp_path):
    assert window.why_no_window() == ""
    # Tk itself delivers each key to the window, one after the other, and `q` must end the loop.
    code = """
        import numpy as np
        import matplotlib.pyplot as plt
        from nn.reports.window import browse_in_window
        from nn.runs.predictions import Predictions

        true = np.arange(50) % 10
        probabilities = np.eye(10, dtype=np.float32)[np.where(true == 7, 1, true)]
        images = np.full((50, 28, 28), 128, np.uint8)
        shows = plt.show

        def show(block):
            figure = plt.gcf()
            widget = figure.canvas.get_tk_widget()

            def press(key, *others):
                selected = figure.axes[1].get_title().partition("\\n")[0]
                print(key, figure.axes[0].get_title(), selected, flush=True)
                widget.focus_force()
                widget.update()  # on a busy machine the focus comes late
                if key == "click":  # the second image of the second row
                    x, y = figure.axes[0].transData.transform((1.5, 2.3))
                    widget.event_generate("<Button-1>", x=x, y=widget.winfo_height() - y)
                else:
                    widget.event_generate(f"<Key-{key}>")
                if others:
                    widget.after(300, press, *others)

            widget.after(400, press, "Right", "Down", "click", "Left", "m", "7", "q")
            shows(block=block)

        plt.show = show
        browse_in_window(Predictions(images, true, probabilities, "data, run"))
        print("left", plt.get_fignums())
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stderr == ""
    assert ended.stdout.splitlines() == [
        "Right 1-18 of 50 index 0",
        "Down 19-36 of 50 index 18",
        "click 19-36 of 50 index 19",
        "Left 19-36 of 50 index 25",
        "m 1-18 of 50 index 0",
        "7 1-5 of 5 (mistakes) index 7",
        "q 1-5 of 5 (mistakes, class 7) index 7",
        "left []",
    ]
