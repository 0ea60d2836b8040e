"""`layers_history.png`: a panel for each figure that the layers have, a curve for each layer."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from nn.reports.layers_plot import plot_layers_history
from nn.training.layer_health import LayerRecord

NAN = math.nan
RELU = LayerRecord(1, 1, 0.25, NAN, 10.0, 0.5, 2e-3)
LAST = LayerRecord(1, 2, NAN, NAN, 5.0, 0.25, 1e-3)


def labels(figure) -> list[str]:
    return [axes.get_ylabel().replace("\n", " ").split(" (")[0] for axes in figure.axes]


def test_each_figure_has_a_panel_and_each_layer_a_curve(tmp_path: Path, drawn) -> None:
    records = [RELU, LAST, replace(RELU, epoch=2, dead=0.5), replace(LAST, epoch=2)]
    plot_layers_history(tmp_path / "layers.png", records, "MNIST, run 7")
    (figure,) = drawn
    assert figure.get_suptitle() == "Layers\nMNIST, run 7"
    assert labels(figure) == [
        *("dead ReLU units", "update / weights", "norm of the weights", "norm of the gradient"),
    ]
    dead, ratio, *_ = figure.axes
    assert dead.lines[0].get_ydata().tolist() == [25, 50]
    assert [line.get_label() for line in dead.lines] == ["layer 1", "layer 2"]
    assert ratio.get_yscale() == "log"
    assert ratio.lines[0].get_xdata().tolist() == [1, 2]


def test_networks_with_sigmoids_have_a_panel_for_these(tmp_path: Path, drawn) -> None:
    plot_layers_history(tmp_path / "layers.png", [replace(RELU, dead=NAN, saturated=0.5), LAST], "")
    assert labels(drawn[0])[0] == "saturated sigmoids"
    plot_layers_history(tmp_path / "layers.png", [RELU, replace(LAST, saturated=0.5)], "")
    assert len(drawn[1].axes) == 5


def test_without_activations_there_is_a_panel_less(tmp_path: Path, drawn) -> None:
    plot_layers_history(tmp_path / "layers.png", [LAST], "")
    assert labels(drawn[0]) == ["update / weights", "norm of the weights", "norm of the gradient"]


@pytest.mark.parametrize("value", [math.inf, NAN, 0.0])
def test_whatever_was_measured_can_be_drawn(tmp_path: Path, value: float) -> None:
    record = LayerRecord(1, 1, NAN, NAN, value, value, value)
    plot_layers_history(tmp_path / "layers.png", [record], "")
    assert (tmp_path / "layers.png").read_bytes().startswith(b"\x89PNG")
