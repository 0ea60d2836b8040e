"""Curves of each layer's health over the epochs: `layers_history.png`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nn.reports.figure import (
    MOST_CURVES,
    curve_style,
    finite,
    name_axes,
    picture,
    scale_values,
)
from nn.training.layer_health import LayerRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RULE_OF_THUMB = 1e-3
_PANELS = {
    "dead": "dead ReLU units (%)",
    "saturated": "saturated sigmoids (%)",
    "update_ratio": "update / weights\n(usual: 0.001)",
    "weight_norm": "norm of the weights",
    "gradient_norm": "norm of the gradient",
}


def plot_layers_history(path: Path, records: Sequence[LayerRecord], title: str) -> None:
    """Draw each figure of the layers over the epochs, a curve for each layer.

    Args:
        path: The PNG file to write.
        records: At least one.
        title: The data's and the run's name.

    Raises:
        OSError: The file cannot be written.
    """
    layers = sorted({record.layer for record in records})[:MOST_CURVES]
    absent = {
        name for name in ("dead", "saturated") if not np.isfinite(_values(records, name)).any()
    }
    panels = [name for name in _PANELS if name not in absent]
    with picture(path, 10, 3.4 * ((len(panels) + 1) // 2), "Layers", title) as figure:
        axes = figure.subplots((len(panels) + 1) // 2, 2, squeeze=False).ravel()
        for each, name in zip(axes, panels, strict=False):
            _draw(each, records, layers, name)
        for each in axes[len(panels) :]:
            each.remove()
        lines, labels = axes[0].get_legend_handles_labels()
        columns = min(len(layers), 6)
        figure.legend(lines, labels, loc="outside lower center", frameon=False, ncols=columns)


def _draw(axes: "Axes", records: Sequence[LayerRecord], layers: Sequence[int], name: str) -> None:
    """Draw one figure of all layers."""
    epochs = sorted({record.epoch for record in records})
    is_share = name in ("dead", "saturated")
    for number, layer in enumerate(layers):
        of_layer = [record for record in records if record.layer == layer]
        values = _values(of_layer, name) * (100 if is_share else 1)
        marker = "o" if len(epochs) <= 40 else ""
        axes.plot(
            [record.epoch for record in of_layer], values,
            marker=marker, label=f"layer {layer}", **curve_style(number),
        )  # fmt: skip
    if is_share:
        axes.set_ylim(-2, 102)
    elif name == "update_ratio":
        axes.axhline(_RULE_OF_THUMB, color="#555555", linewidth=1, linestyle=":")
        axes.set_yscale("log", nonpositive="mask")
        lowest, highest = axes.get_ylim()
        axes.set_ylim(min(lowest, _RULE_OF_THUMB / 20), max(highest, _RULE_OF_THUMB * 20))
    else:
        scale_values(axes, _values(records, name))
    name_axes(axes, epochs, _PANELS[name])
    axes.yaxis.set_minor_formatter("")


def _values(records: Sequence[LayerRecord], name: str) -> NDArray[np.float64]:
    return finite([getattr(record, name) for record in records])
