"""Pictures are checked by what stands in them: texts, colours, sizes, bytes."""

import errno
import os
import subprocess
import sys
import textwrap
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text

from nn.reports import plots
from nn.runs.predictions import Predictions

NAN, INF = float("nan"), float("inf")


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible()]


def heading_of(figure: Figure) -> Text:
    (heading,) = (text for text in figure.texts if text.get_text() == figure.get_suptitle())
    return heading


def history(path: Path, kind="loss", training=(0.5, 0.3), validation=(0.4, 0.35), title="a run"):
    epochs = list(range(1, len(training) + 1))
    plots.plot_history(path, kind, epochs, training=training, validation=validation, title=title)


def ink(path: Path, colour: str) -> int:
    """Count the pixels of about one colour in a picture; thin lines are blended with the white."""
    from matplotlib.colors import to_rgb

    return int((np.abs(imread(path)[..., :3] - to_rgb(colour)) < 0.3).all(axis=2).sum())


def test_a_loss_is_drawn_in_nats_over_whole_epochs(tmp_path, drawn):
    history(tmp_path / "loss.png", title="MNIST, run 7")
    (axes,) = drawn[0].axes
    assert axes.get_xlabel() == "epoch"
    assert axes.get_ylabel() == "loss (nats per example)"
    assert drawn[0].get_suptitle() == "Loss\nMNIST, run 7"
    assert [line.get_ydata().tolist() for line in axes.lines] == [[0.5, 0.3], [0.4, 0.35]]
    ticks = axes.get_xticks()
    assert (ticks == np.rint(ticks)).all()
    assert "validation: 0.35 at the end, best 0.35 in epoch 2" in texts(drawn[0])


def test_an_accuracy_is_drawn_in_percent_and_its_best_is_the_highest(tmp_path, drawn):
    history(tmp_path / "a.png", "accuracy", (0.9, 0.95, 0.99), (0.91, 0.975, 0.97))
    (axes,) = drawn[0].axes
    assert axes.get_ylabel() == "accuracy (%)"
    assert axes.lines[0].get_ydata().tolist() == pytest.approx([90, 95, 99])
    assert "validation: 97 % at the end, best 97.5 % in epoch 2" in texts(drawn[0])


def test_one_epoch_is_visible_even_where_both_values_are_the_same(tmp_path):
    history(tmp_path / "one.png", training=[0.3], validation=[0.3])
    # Without values only the legend holds the two colours.
    history(tmp_path / "none.png", training=[NAN], validation=[NAN])
    for colour in (plots.TRAINING, plots.VALIDATION):
        assert ink(tmp_path / "one.png", colour) >= ink(tmp_path / "none.png", colour) + 10


@pytest.mark.parametrize(
    ("training", "validation"),
    [
        ([2.3, 8.0, 1e9, NAN], [2.4, 20.0, INF, NAN]),
        ([NAN], [NAN]),
        ([0.0, 0.0], [0.0, 0.0]),
        ([1e-12, 1e300], [0.0, -INF]),
        ([1e308, -1e308], [1.0, 2.0]),
    ],
)
@pytest.mark.parametrize("kind", ["loss", "accuracy"])
def test_a_history_that_went_wrong_is_still_drawn(tmp_path, kind, training, validation):
    history(tmp_path / "wrong.png", kind, training, validation)
    assert imread(tmp_path / "wrong.png").shape[1] == 880


def test_a_diverged_loss_is_told_and_drawn_on_a_logarithmic_axis(tmp_path, drawn):
    history(tmp_path / "d.png", training=[2.3, 8.0, 1e9, NAN], validation=[2.4, 9.0, INF, NAN])
    (axes,) = drawn[0].axes
    assert axes.get_yscale() == "log"
    assert axes.get_ylabel() == "loss (nats per example), log scale"
    assert "training: no finite value in epoch 4" in texts(drawn[0])
    assert "validation: no finite value in epoch 3, best 2.4 in epoch 1" in texts(drawn[0])


def test_a_thousand_epochs_are_drawn_without_marks(tmp_path, drawn):
    values = np.exp(-np.arange(1000) / 300)
    history(tmp_path / "long.png", training=values, validation=values + 0.1)
    assert {line.get_marker() for line in drawn[0].axes[0].lines} == {""}
    assert len(drawn[0].axes[0].get_xticks()) <= 12


def test_a_constant_learning_rate_is_a_level_line_above_zero(tmp_path, drawn):
    plots.plot_learning_rate(tmp_path / "rate.png", [1, 2, 3], [0.001] * 3, "a run")
    (axes,) = drawn[0].axes
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylim()[1] > 0.001
    assert axes.get_ylabel() == "learning rate"
    assert "0.001" in texts(drawn[0])


def test_long_and_strange_names_stay_inside_the_picture(tmp_path, drawn):
    for title in ("x" * 300, "long-name-" * 30, "costs $5$ or 10^{", "数字"):
        history(tmp_path / "t.png", title=title)
    for figure in drawn:
        heading = heading_of(figure)
        box = heading.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width
        assert len(heading.get_text().splitlines()) <= 3
    assert not heading_of(drawn[2]).get_parse_math()  # or $5$ would lose its signs
    assert drawn[0].get_suptitle().endswith("…")


def test_the_confusion_matrix_shows_every_count_and_the_share_of_each_row(tmp_path, drawn):
    matrix = np.array([[90, 10, 0], [0, 200, 0], [3, 0, 0]])
    plots.plot_confusion_matrix(tmp_path / "m.png", matrix, "a run")
    shown = texts(drawn[0])
    assert {"90", "10", "200", "3", "90.0 %", "100.0 %", "0.0 %"} <= set(shown)
    assert drawn[0].axes[0].get_xlabel() == "predicted class"
    assert drawn[0].axes[0].get_ylabel() == "true class"
    places = {text.get_text(): text.get_position() for text in drawn[0].axes[0].texts}
    assert places["10"] == (1, 0)


def test_a_few_mistakes_stand_out_beside_thousands_read_right(tmp_path, drawn):
    matrix = np.diag([5000] * 10)
    matrix[4, 9] = 2
    plots.plot_confusion_matrix(tmp_path / "m.png", matrix, "a run")
    mistakes = drawn[0].axes[0].images[0]
    red, green, blue, _ = mistakes.cmap(mistakes.norm(2))
    assert min(red, green, blue) < 0.7
    assert mistakes.get_array().mask.sum() == 99


@pytest.mark.parametrize("classes", [1, 2, 26, 100])
def test_a_confusion_matrix_of_any_size_is_drawn_without_touching_texts(tmp_path, drawn, classes):
    matrix = np.random.default_rng(0).integers(0, 2000, (classes, classes))
    plots.plot_confusion_matrix(tmp_path / "m.png", matrix, "a run")
    axes = drawn[0].axes[0]
    assert len(axes.texts) == (0 if classes > 30 else (matrix > 0).sum())
    cell = axes.transData.transform((1, 0))[0] - axes.transData.transform((0, 0))[0]
    assert all(text.get_window_extent().width < cell for text in axes.texts)


def test_a_class_without_images_and_a_matrix_without_mistakes_are_no_error(tmp_path, drawn):
    plots.plot_confusion_matrix(tmp_path / "m.png", np.array([[60000, 0], [0, 0]]), "a run")
    assert "none" in texts(drawn[0])


def ten(size=(28, 28), classes=10) -> Predictions:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (10, *size), np.uint8)
    true = np.arange(10) % classes
    predicted = true.copy()
    predicted[7] = 1
    return Predictions(images, true, np.eye(classes, dtype=np.float32)[predicted], "ten")


def test_the_gallery_labels_right_and_wrong_by_colour_and_by_sign(tmp_path, drawn):
    blocks = {"some": np.array([1, 7]), "no group": np.array([], int)}
    plots.plot_gallery(tmp_path / "g.png", ten(), blocks, "a run")
    (axes,) = drawn[0].axes
    labels = {text.get_text(): text.get_color() for text in axes.texts}
    assert labels == {
        "✓ predicted 1\ntrue 1": plots.RIGHT,
        "✗ predicted 1\ntrue 7": plots.WRONG,
    }
    assert (axes.images[1].get_array() == ten().images[7]).all()


@pytest.mark.parametrize("size", [(8, 8), (3, 40), (200, 150), (1, 1)])
def test_images_of_any_size_and_two_digit_classes_fit_their_places(tmp_path, drawn, size):
    predictions = ten(size, classes=26)
    plots.plot_gallery(tmp_path / "g.png", predictions, {"all": np.arange(10)}, "a run")
    axes = drawn[0].axes[0]
    boxes = [text.get_window_extent() for text in axes.texts]
    assert all(not a.overlaps(b) for a, b in pairwise(boxes))
    left, right, bottom, top = axes.images[0].get_extent()
    assert (right - left) / (bottom - top) == pytest.approx(size[1] / size[0])


def test_the_same_numbers_give_the_same_bytes(tmp_path):
    for name in ("one.png", "two.png"):
        history(tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert b"Software" not in (tmp_path / "one.png").read_bytes()


def test_a_picture_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    history(tmp_path / "p.png")
    before = (tmp_path / "p.png").read_bytes()

    def full(self, stream, **_):
        stream.write(b"half")
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(Figure, "savefig", full)
    with pytest.raises(OSError, match="no space"):
        history(tmp_path / "p.png", training=(9.0, 9.0))
    assert (tmp_path / "p.png").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["p.png"]


def test_pictures_leave_neither_open_figures_nor_changed_settings_behind(tmp_path):
    import matplotlib
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    history(tmp_path / "p.png")
    plots.plot_confusion_matrix(tmp_path / "m.png", np.eye(3, dtype=int), "a run")
    assert plt.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


def test_nothing_is_said_where_the_home_folder_cannot_be_written(tmp_path):
    code = f"""
        from pathlib import Path
        from nn.reports.plots import plot_learning_rate
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
    from matplotlib import rc_context

    history(tmp_path / "one.png")
    with rc_context({"axes.facecolor": "black", "font.size": 3, "savefig.dpi": 30}):
        history(tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_importing_the_pictures_does_not_import_matplotlib():
    code = "import sys, nn.reports.window, nn.reports.gallery; print('matplotlib' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "False"


def test_axes_are_given_by_the_caller_and_keep_their_scale():
    axes = Figure().subplots()
    assert isinstance(axes, Axes)
    plots.draw_images(axes, ten(), np.arange(3), columns=5, rows=2)
    assert len(axes.images) == 3
    assert axes.get_xlim() == (0, 5)
