"""What is left for looking at later, where neither a window nor a terminal is at hand."""

from pathlib import Path

from nn.reports.plots import plot_gallery
from nn.runs.predictions import Predictions, write_predictions

_PER_BLOCK = 40


def write_gallery(folder: Path, predictions: Predictions) -> list[Path]:
    """Write `gallery.png` and `predictions.csv` into a run's folder.

    The picture holds the first test images, as a fair sample, and below them the mistakes the
    network was surest of, which teach the most about it.

    Args:
        folder: must exist.
        predictions: of the whole test set.

    Returns:
        The paths of the two files.

    Raises:
        OSError: the folder cannot be written.
    """
    picture, table = folder / "gallery.png", folder / "predictions.csv"
    mistakes = predictions.mistakes
    surest = mistakes[(-predictions.confidence[mistakes]).argsort(kind="stable")][:_PER_BLOCK]
    first = predictions.selection(False, None)[:_PER_BLOCK]
    share = f"{100 * predictions.accuracy:.2f} % of all are read right"
    blocks = {
        f"The first {len(first)} of {len(predictions.images)}; {share}": first,
        f"Mistakes: the {len(surest)} surest of {len(mistakes)}": surest,
    }
    write_predictions(table, predictions)
    plot_gallery(picture, predictions, blocks, predictions.title)
    return [picture, table]
