"""The style of all pictures: bytes, names, and nothing left behind."""

import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image

from nn.reports.figure import MOST_CURVES, curve_style, finite, ignore_unknown_backend
from nn.reports.history_plots import plot_learning_rate


def draw(path: Path, rate: float = 0.1, title: str = "a run") -> None:
    plot_learning_rate(path, [1, 2], [rate, rate / 2], title)


def test_long_and_strange_names_stay_inside_the_picture(tmp_path, written):
    for title in ("x" * 300, "long-name-" * 30, "costs $5$ or 10^{", "数字"):
        draw(tmp_path / "t.png", title=title)
    for figure in written:
        heading = figure._suptitle
        box = heading.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width
        assert len(heading.get_text().splitlines()) <= 3
    assert not written[2]._suptitle.get_parse_math()  # or $5$ would lose its signs
    assert written[0].get_suptitle().endswith("…")


def test_the_same_numbers_give_the_same_bytes(tmp_path):
    for name in ("one.png", "two.png"):
        draw(tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert b"Software" not in (tmp_path / "one.png").read_bytes()


def test_a_figure_is_drawn_once_with_the_pixels_that_savefig_writes(tmp_path, written, monkeypatch):
    draws = []
    draw_figure = Figure.draw
    monkeypatch.setattr(Figure, "draw", lambda *given: draws.append(given) or draw_figure(*given))
    draw(tmp_path / "p.png")
    assert len(draws) == 1
    plot_learning_rate(tmp_path / "p.png", [1, 2], [0.1, 0.05], "a run")
    written[-1].savefig(tmp_path / "saved.png")
    with Image.open(tmp_path / "p.png") as ours, Image.open(tmp_path / "saved.png") as theirs:
        assert np.array_equal(np.asarray(ours), np.asarray(theirs.convert("RGB")))
        assert ours.info["dpi"] == theirs.info["dpi"]


def test_a_picture_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    draw(tmp_path / "p.png")
    before = (tmp_path / "p.png").read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        draw(tmp_path / "p.png", rate=9.0)
    assert (tmp_path / "p.png").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["p.png"]


def test_pictures_leave_neither_open_figures_nor_changed_settings_behind(tmp_path):
    import matplotlib
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    draw(tmp_path / "p.png")
    assert plt.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


def test_nothing_is_said_where_the_home_folder_cannot_be_written(tmp_path):
    code = f"""
        from pathlib import Path
        from nn.reports.history_plots import plot_learning_rate
        plot_learning_rate(Path({str(tmp_path / "p.png")!r}), [1], [0.1], "a run")
    """
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file" / "below")  # not even root can make a folder there
    environment = os.environ | {
        "HOME": nowhere, "MPLCONFIGDIR": nowhere, "XDG_CACHE_HOME": nowhere,
        "XDG_CONFIG_HOME": nowhere, "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    environment.pop("DISPLAY", None)
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert (tmp_path / "p.png").stat().st_size > 1000


def test_a_persons_own_matplotlibrc_changes_no_picture(tmp_path):

    draw(tmp_path / "one.png")
    with rc_context({"axes.facecolor": "black", "font.size": 3, "savefig.dpi": 30}):
        draw(tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


@pytest.mark.parametrize("name", ["nonsense", "agg", "module://not.installed"])
def test_a_backend_of_the_environment_is_ignored_only_if_matplotlib_does_not_know_it(
    monkeypatch, name
):
    monkeypatch.setenv("MPLBACKEND", name)
    with rc_context():
        ignored = ignore_unknown_backend()
    assert ignored == ("nonsense" if name == "nonsense" else "")
    assert os.environ.get("MPLBACKEND") == (None if ignored else name)


def test_importing_the_pictures_does_not_import_matplotlib():
    code = "import sys, nn.reports.window, nn.reports.gallery; print('matplotlib' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "False"


def test_curves_are_solid_until_the_colours_run_out_and_then_dashed():
    styles = [curve_style(number) for number in range(MOST_CURVES)]
    assert [style["linestyle"] for style in styles] == ["-"] * 7 + ["--"] * 7
    assert len({(style["color"], style["linestyle"]) for style in styles}) == MOST_CURVES


def test_numbers_too_large_for_an_axis_are_limited_and_infinite_ones_left_out():
    drawn = finite([2.0, 1e300, -1e300, np.inf, np.nan])
    np.testing.assert_array_equal(drawn, [2, 1e30, -1e30, np.nan, np.nan])
