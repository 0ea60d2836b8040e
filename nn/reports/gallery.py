"""What is left for looking at later, where neither a window nor a terminal is at hand."""

from pathlib import Path

from nn.reports.plots import plot_gallery
from nn.runs.file_names import GALLERY, PREDICTIONS
from nn.runs.predictions import Predictions, View, write_predictions

_PER_BLOCK = 40
_MOST = 400  # images in one picture; more would take it minutes


def write_gallery(folder: Path, predictions: Predictions, view: View | None = None) -> list[Path]:
    """Write `gallery.png` and `predictions.csv` into a run's folder.

    The picture holds the first test images, as a fair sample, and below them the mistakes the
    network was surest of, which teach the most about it.

    Args:
        folder: must exist.
        predictions: of the whole test set.
        view: which of them to draw: the fair sample is left out of a view of mistakes, and
            `surest` says how many of those there are to be, up to 400.

    Returns:
        The paths of the two files.

    Raises:
        OSError: the folder cannot be written.
    """
    picture, table = folder / GALLERY, folder / PREDICTIONS
    view = view or View()
    chosen = predictions.selection(View(digit=view.digit))
    mistakes = predictions.selection(View(only_mistakes=True, digit=view.digit))
    most = min(_PER_BLOCK if view.surest is None else view.surest, _MOST)
    surest = predictions.selection(View(only_mistakes=True, digit=view.digit, surest=most))
    first = chosen[:_PER_BLOCK]
    share = f"{100 * (1 - len(mistakes) / max(1, len(chosen))):.2f} % of all are read right"
    which = "" if view.digit is None else f" of digit {view.digit}"
    blocks = {f"Mistakes: the {len(surest)} surest of {len(mistakes)}{which}": surest}
    if not view.only_mistakes:
        blocks = {f"The first {len(first)} of {len(chosen)}{which}; {share}": first, **blocks}
    write_predictions(table, predictions)
    plot_gallery(picture, predictions, blocks, predictions.title)
    return [picture, table]
