"""The pictures of a finished run, drawn from the CSV files in its folder.

So they can be drawn again at any time without training again.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.files.file_errors import writing
from nn.network import Network
from nn.reports.confusion_plots import plot_confusion_matrix
from nn.reports.first_layer_picture import PICTURE, draw_first_layer
from nn.reports.history_plots import NATS, plot_history, plot_learning_rate
from nn.reports.layers_plot import plot_layers_history
from nn.runs.class_names_file import read_class_names
from nn.runs.first_layer import LAST
from nn.runs.layers_history import read_layers_history
from nn.runs.run_folder import RunFolder


def draw_run(
    folder: Path,
    title: str,
    on_picture: Callable[[str], None] = lambda name: None,
    network: Network | None = None,
    loss_unit: str = NATS,
) -> None:
    """Draw histories, layers, confusion matrix and first layer, each beside its CSV file.

    Args:
        folder: A finished run's folder. A run that was stopped in its first epoch has no
            histories to draw.
        title: The data's and the run's name.
        on_picture: Told each picture's name before it is drawn.
        network: The run's network, if it is still in memory; else its first layer is read.
        loss_unit: That of the run's loss.

    Raises:
        RunFolderError: the folder cannot be written.
    """
    with writing(folder, advice="The CSV files are complete."):
        _draw_histories(folder, title, on_picture, loss_unit)
        layers = read_layers_history(folder)
        if layers:
            on_picture("layers_history.png")
            plot_layers_history(folder / "layers_history.png", layers, title)
        on_picture("confusion_matrix.png")
        matrix = np.loadtxt(folder / "confusion_matrix.csv", delimiter=",", ndmin=2)
        names = read_class_names(folder, len(matrix))
        plot_confusion_matrix(folder / "confusion_matrix.png", matrix.astype(int), title, names)
        if (folder / LAST).exists():
            on_picture(PICTURE)
            draw_first_layer(RunFolder(folder), title, network)


def _draw_histories(
    folder: Path, title: str, on_picture: Callable[[str], None], loss_unit: str
) -> None:
    for kind in ("loss", "accuracy"):
        on_picture(f"{kind}_history.png")
        epochs, training, validation = history_columns(folder / f"{kind}_history.csv", 3)
        if epochs.size:
            plot_history(
                folder / f"{kind}_history.png",
                kind,
                epochs.astype(int).tolist(),
                training=training.tolist(),
                validation=validation.tolist(),
                title=title,
                loss_unit=loss_unit,
            )
    on_picture("learning_rate_history.png")
    epochs, rates = history_columns(folder / "learning_rate_history.csv", 2)
    if epochs.size:
        path = folder / "learning_rate_history.png"
        plot_learning_rate(path, epochs.astype(int).tolist(), rates.tolist(), title)


def history_columns(path: Path, count: int) -> NDArray[np.float64]:
    """Return the columns of a CSV file without its header, each (rows,)."""
    rows = path.read_text(encoding="ascii").splitlines()[1:]
    table = [[float(number) for number in row.split(",")] for row in rows]
    columns: NDArray[np.float64] = np.array(table, dtype=np.float64).reshape(-1, count).T
    return columns
